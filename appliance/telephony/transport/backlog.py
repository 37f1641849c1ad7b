"""Whether a socket brings more than the box has time for.

As long as each turn of the event loop, or one soon after it, empties the socket, nobody waits and
everybody may be heard. A backlog that stands tells that there is too much; then the rates of
`Admission` bind. They are taken off again after a while, and after longer each time if that brings
the backlog back: a flood gets less and less of the time, a site that powers up gets all of it soon.
"""

from typing import Final

RELAPSE_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 64.0


class Backlog:
    """Seconds of one monotonic clock. `stands_after` of turns that did not empty the socket it
    stands; it is over once the socket was emptied and `shortest` has passed since it last was
    not, or up to LONGEST_SECONDS where it keeps coming back."""

    def __init__(self, stands_after: float, shortest: float = 1.0) -> None:
        self._stands_after = stands_after
        self._shortest = shortest
        self._hold = shortest
        self._undrained_since: float | None = None
        self._undrained_at = 0.0
        self._over_at = float("-inf")
        self.stands = False
        self.times = 0
        """How often it came to stand."""

    def drained(self, now: float) -> None:
        """A turn emptied the socket."""
        self._undrained_since = None
        if self.stands and now - self._undrained_at >= self._hold:
            self.stands = False
            self._over_at = now

    def undrained(self, now: float) -> None:
        """A turn ended with its budget, and the socket may hold more."""
        self._undrained_at = now
        if self._undrained_since is None:
            self._undrained_since = now
        if not self.stands and now - self._undrained_since >= self._stands_after:
            relapse = now - self._over_at < RELAPSE_SECONDS
            self._hold = min(2 * self._hold, LONGEST_SECONDS) if relapse else self._shortest
            self.stands = True
            self.times += 1
