"""Memory: idle, per registration, per call, what is given back, and growth under registrations."""

import time

from bench import generators
from bench.figures import Aim, Figures
from bench.generators import Offer
from bench.plan import Plan
from bench.targets import SipTarget

PHONES = 10_000
CALL_PHONES = 2000
GROWTH_PHONES = 1000
AIMS = {
    "per registration at 10,000, kB": Aim(10),
    "per call at 1,000, kB": Aim(60),
    "growth per hour at 2,000 registrations/s, MB": Aim(1),
}
_CALLS = (100, 1000)
_CALL_RATE = 40.0
_REGISTER_RATE = 1000.0
_GROWTH_RATE = 2000.0
_SETTLE_SECONDS = 35.0  # ended transactions linger 32 s (RFC 3261, 64 * T1)


def measure_registrations(target: SipTarget, plan: Plan) -> Figures:
    """Idle, then a binding for each of so many phones, then after removing them all."""
    before = target.server.resident_bytes()
    figures = {"idle with 10,000 known, MB": before / 1e6}
    for count in plan.registered:
        _register(target, count)
        grown = target.server.resident_bytes() - before
        figures[f"per registration at {count:,}, kB"] = grown / count / 1e3
    _register(target, plan.registered[-1], "--expires", "0")
    figures["left after removal, MB"] = _settled_megabytes(target) - before / 1e6
    return figures


def measure_calls(target: SipTarget, plan: Plan) -> Figures:
    """Calls up without RTP, above what the phones' bindings take; all ended; as many again."""
    del plan
    figures: dict[str, float] = {}
    for count in _CALLS:
        generators.register_once(target.address, target.phones[: 2 * count], _REGISTER_RATE)
        before = _megabytes(target)
        first = _megabytes_with_calls(target, count)
        figures[f"per call at {count:,}, kB"] = 1e3 * (first - before) / count
        figures[f"left after {count:,} calls, MB"] = _settled_megabytes(target) - before
        second = _megabytes_with_calls(target, count)
        figures[f"growth by as many calls again at {count:,}, MB"] = second - first
    return figures


def measure_growth(target: SipTarget, plan: Plan) -> Figures:
    """2,000 registrations/s for so many minutes; growth is from the end of the first minute.

    The first minute fills what is bounded: caches, nonces, transactions that linger.
    """
    phones = target.phones[:GROWTH_PHONES]
    seconds = 60 * (plan.growth_minutes + 1)
    begun = time.monotonic()
    with generators.registering(target.address, phones, Offer(_GROWTH_RATE, seconds)) as registered:
        time.sleep(60)
        first, sampled = target.server.resident_bytes(), time.monotonic()
        time.sleep(max(begun + seconds - sampled - 1, 0))
        grown = target.server.resident_bytes() - first
        hours = (time.monotonic() - sampled) / 3600
    return {
        "after the first minute, MB": first / 1e6,
        f"growth in {60 * hours:.0f} min at 2,000 registrations/s, MB": grown / 1e6,
        "growth per hour at 2,000 registrations/s, MB": grown / 1e6 / hours,
        "failed during growth, %": 100 * registered[0].failed / max(registered[0].offered, 1),
    }


def _megabytes_with_calls(target: SipTarget, count: int) -> float:
    callers, callees = target.phones[:count], target.phones[count : 2 * count]
    with generators.calls_up(target.address, callers, callees, rate=_CALL_RATE):
        return _megabytes(target)


def _register(target: SipTarget, count: int, *flags: str) -> None:
    offer = Offer(_REGISTER_RATE, 0, 0)
    phones = target.phones[:count]
    found = generators.register(target.address, phones, offer, "--once", *flags)
    if found.failed:
        raise RuntimeError(f"{target.name}: {found.detail}")


def _megabytes(target: SipTarget) -> float:
    return target.server.resident_bytes() / 1e6


def _settled_megabytes(target: SipTarget) -> float:
    time.sleep(_SETTLE_SECONDS)
    return _megabytes(target)
