"""From the start of the process to its ready line, with the demo and 10,000 extensions more."""

from bench.figures import Aim, Figures
from bench.plan import Plan
from bench.targets import box

AIMS = {
    "idle, MB": Aim(90),
    "start to ready, s": Aim(1.5),
    "start to ready with 10,000 extensions, s": Aim(3),
}


def measure(plan: Plan) -> Figures:
    del plan
    with box.start(0) as small:
        figures = {
            "start to ready, s": small.ready_seconds,
            "idle, MB": small.server.resident_bytes() / 1e6,
        }
    with box.start(10_000) as large:
        return {
            **figures,
            "start to ready with 10,000 extensions, s": large.ready_seconds,
            "memory with 10,000 extensions, MB": large.server.resident_bytes() / 1e6,
        }
