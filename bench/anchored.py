"""Anchored G.711: loss, added delay and CPU at numbers of calls, alone and beside SIP load."""

import tempfile
from pathlib import Path
from typing import Protocol

from bench import generators
from bench.figures import Aim, Figures
from bench.generators import Media, Offer
from bench.phones import address_of
from bench.plan import Plan
from bench.processes import Server
from bench.targets import MediaTarget, SipTarget

PHONES = 3000  # callers, callees, and those that register beside the calls
AIMS = {
    "lost of 1,000, packets": Aim(0),
    "p99 added at 1,000, ms": Aim(1),
    "lost of 1,000 beside SIP, packets": Aim(0),
    "p99 added at 1,000 beside SIP, ms": Aim(1),
}
_FULL_RATE = (
    8000.0  # registrations/s offered: what is left of the core beside RTP falls short of it
)
_EDGE_RATE = 500.0
_RTP_PORT = 4000


class SwitchTarget(SipTarget, MediaTarget, Protocol):
    """One that registers phones and anchors their calls too."""


def measure(target: MediaTarget, plan: Plan) -> Figures:
    """50 packets a second and direction, 172 bytes each, in bursts every 100 µs."""
    figures: dict[str, float] = {}
    for count in plan.anchored:
        baseline = direct(count, plan).p99_ms
        with target.anchor(count) as legs:
            run = _sent(legs, target.server, plan)
        figures |= _named(f"{count:,}", run, baseline)
        figures[f"CPU per call at {count:,}, %"] = run.server_cpu / count
    return figures


def measure_beside_registrations(target: SwitchTarget, plan: Plan) -> Figures:
    """The most calls of the plan while other phones register, first at full rate, then modestly.

    The second gives the SIP edge: p99 of registrations while all those calls send RTP.
    """
    count = plan.anchored[-1]
    baseline = direct(count, plan).p99_ms
    with target.anchor(count) as legs:
        run, full = _sent_beside(target, legs, _FULL_RATE, plan)
        _, edge = _sent_beside(target, legs, _EDGE_RATE, plan)
    return {
        **_named(f"{count:,} beside SIP", run, baseline),
        "registrations/s beside RTP": full.done_in_window / plan.media_seconds,
        f"SIP p50 at {_EDGE_RATE:,.0f}/s beside RTP, ms": edge.p50_ms or 0,
        f"SIP p99 at {_EDGE_RATE:,.0f}/s beside RTP, ms": edge.p99_ms or 0,
    }


def _sent_beside(
    target: SwitchTarget, legs: Path, rate: float, plan: Plan
) -> tuple[Media, generators.Registrations]:
    phones = target.phones[2 * PHONES // 3 : PHONES]
    offer = Offer(rate, plan.media_seconds)
    with generators.registering(target.address, phones, offer) as registered:
        run = _sent(legs, target.server, plan)
    return run, registered[0]


def direct(count: int, plan: Plan) -> Media:
    """The baseline: the same packets from phone to phone with nothing between."""
    ends = ((address_of(2 * n), address_of(2 * n + 1)) for n in range(count))
    lines = (f"{a} {b} {_RTP_PORT}\n{b} {a} {_RTP_PORT}\n" for a, b in ends)
    with tempfile.TemporaryDirectory(prefix="bench-direct-") as folder:
        legs = Path(folder) / "legs"
        legs.write_text("".join(lines))
        return generators.send_media(legs, min(plan.media_seconds, 5), lambda: 0.0)


def _sent(legs: Path, server: Server, plan: Plan) -> Media:
    return generators.send_media(legs, plan.media_seconds, server.cpu_seconds)


def _named(what: str, run: Media, baseline: float) -> dict[str, float]:
    return {
        f"lost of {what}, packets": float(run.lost),
        f"p99 added at {what}, ms": max(run.p99_ms - baseline, 0.0),
        f"p99 transit at {what}, ms": run.p99_ms,
        f"longest transit at {what}, ms": run.max_ms,
        f"CPU at {what}, %": run.server_cpu,
    }
