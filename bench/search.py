"""The highest rate that a target passes."""

from collections.abc import Callable

_STEP = 1.5
_PRECISION = 0.03


def highest_passing(
    passes: Callable[[float], bool], first: float, precision: float = _PRECISION
) -> float:
    """Climb or fall by half from `first` until a pass and a failure enclose it, then halve the gap.

    Ends when the gap is under `precision` of the passing rate; 0 if nothing down to 1 % of `first`
    passes.
    """
    passed, failed = 0.0, 0.0
    rate = first
    while not (passed and failed and failed - passed < precision * passed):
        if passes(rate):
            passed = rate
        else:
            failed = rate
        if failed and failed < first / 100:
            return 0.0
        rate = _next(passed, failed)
    return passed


def _next(passed: float, failed: float) -> float:
    if not failed:
        return passed * _STEP
    if not passed:
        return failed / _STEP
    return (passed + failed) / 2
