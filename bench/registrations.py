"""Registrations a second with digest: the highest passing rate, and p99 at 80 % of it."""

from bench import generators
from bench.figures import Aim, Figures
from bench.generators import Offer
from bench.plan import Plan
from bench.search import highest_passing
from bench.targets import SipTarget

PHONES = 1000
AIMS = {"registrations/s": Aim(8000, at_least=True), "p99 at 80 %, ms": Aim(20)}
_FIRST_RATE = 6000.0


def measure(target: SipTarget, plan: Plan) -> Figures:
    """REGISTER, 401, REGISTER with digest, 200, each counted once; phones cycled."""

    def passes(rate: float) -> bool:
        return _at(target, rate, plan.step_seconds).passed

    highest = highest_passing(passes, _FIRST_RATE, plan.precision)
    before = target.server.cpu_seconds()
    at_80 = _at(target, 0.8 * highest, plan.window_seconds)
    cpu = target.server.cpu_seconds() - before
    return {
        "registrations/s": highest,
        "p50 at 80 %, ms": at_80.p50_ms or 0,
        "p99 at 80 %, ms": at_80.p99_ms or 0,
        "failed at 80 %, %": 100 * at_80.failed / max(at_80.offered, 1),
        "CPU per registration, µs": 1e6 * cpu / max(at_80.offered, 1),
    }


def _at(target: SipTarget, rate: float, seconds: float) -> generators.Registrations:
    phones = target.phones[:PHONES]
    return generators.register(target.address, phones, Offer(rate, seconds))
