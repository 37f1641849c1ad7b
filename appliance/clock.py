"""The two clocks of the box: wall time for records, monotonic time for protocols.

Protocol code takes `now` as an argument; everything async asks the clock it was given.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where async code reads time; tests pass one that follows a virtual event loop."""

    def now(self) -> float:
        """Monotonic seconds, the event loop's own time."""

    def wall(self) -> datetime:
        """The present moment in UTC."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> datetime:
        return datetime.now(UTC)
