"""How long and how often things are measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of a search's step, of a measured window, of sending media; runs; call counts."""

    step_seconds: float = 5.0
    window_seconds: float = 10.0
    media_seconds: float = 20.0
    idle_calls: int = 120
    runs: int = 3
    anchored: tuple[int, ...] = (100, 400, 1000)
    registered: tuple[int, ...] = (1000, 10_000)
    growth_minutes: float = 5.0
    precision: float = 0.03


FULL = Plan()
QUICK = Plan(
    step_seconds=2.5,
    window_seconds=4.0,
    media_seconds=5.0,
    idle_calls=20,
    runs=1,
    growth_minutes=1.0,
    precision=0.08,
)
