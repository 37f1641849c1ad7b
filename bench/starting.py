"""From the start of the process to its ready line, with the demo and 10,000 extensions more."""

from bench.figures import Aim, Figures
from bench.plan import Plan
from bench.targets import box

AIMS = {"start to ready, s": Aim(1.5), "start to ready with 10,000 extensions, s": Aim(3)}


def measure(plan: Plan) -> Figures:
    del plan
    with box.start(0) as small:
        empty = small.ready_seconds
    with box.start(10_000) as large:
        return {
            "start to ready, s": empty,
            "start to ready with 10,000 extensions, s": large.ready_seconds,
            "memory with 10,000 extensions, MB": large.server.resident_bytes() / 1e6,
        }
