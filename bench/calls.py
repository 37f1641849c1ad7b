"""Calls a second with digest, set up and torn down through both legs; set-up time when idle."""

from collections.abc import Sequence

from bench import generators
from bench.figures import Aim, Figures
from bench.generators import Offer
from bench.phones import Phone
from bench.plan import Plan
from bench.search import highest_passing
from bench.targets import SipTarget

PHONES = 2000
AIMS = {"calls/s": Aim(250, at_least=True), "set-up idle p50, ms": Aim(4)}
_FIRST_RATE = 200.0
_IDLE_RATE = 4.0  # with a hold of 200 ms no two overlap


def measure(target: SipTarget, plan: Plan) -> Figures:
    """INVITE, 401, ACK, INVITE with digest, 100, 180, 200, ACK, 200 ms, BYE, 200."""
    register_callees(target)
    idle = _at(target, _IDLE_RATE, plan.idle_calls / _IDLE_RATE)

    def passes(rate: float) -> bool:
        return _at(target, rate, plan.step_seconds).passed

    highest = highest_passing(passes, _FIRST_RATE, plan.precision)
    at_80 = _at(target, 0.8 * highest, plan.window_seconds)
    return {
        "calls/s": highest,
        "set-up at 80 % p50, ms": at_80.setup_p50_ms or 0,
        "set-up at 80 % p99, ms": at_80.setup_p99_ms or 0,
        "set-up idle p50, ms": idle.setup_p50_ms or 0,
        "set-up idle p99, ms": idle.setup_p99_ms or 0,
    }


def register_callees(target: SipTarget) -> None:
    """Raises if a phone could not register: calls would measure nothing."""
    found = generators.register_once(target.address, _callees(target), rate=500)
    if found.failed:
        raise RuntimeError(f"{target.name}: callees did not register: {found.detail}")


def _callees(target: SipTarget) -> Sequence[Phone]:
    return target.phones[PHONES // 2 : PHONES]


def _at(target: SipTarget, rate: float, seconds: float) -> generators.Calls:
    callers = target.phones[: PHONES // 2]
    # A call needs its hold after it was offered: a short window gives calls of its end no time.
    offer = Offer(rate, max(seconds, 4.0))
    return generators.call(target.address, callers, _callees(target), offer)
