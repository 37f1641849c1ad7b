"""How often somebody may be wrong: per login by the policy, per address besides (manual § 20.5).

A login's try is counted before it is looked at, so that many at once are no more tries than the
same ones after each other; who was right has it taken back. Names that nobody has are counted too.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from appliance.control.errors import TooMany

MOST_NAMES: Final = 20_000
"""Of those not counted for longest, more are forgotten."""

ADDRESS_FAILS: Final = 30
ADDRESS_SECONDS: Final = 300.0
"""So many wrong tries in so long from one address; an office behind one address is not locked out
by those who sign in rightly."""


class Standing(Enum):
    """LOCKS: this try, if wrong, locks the login. LOCKED: it is, whatever the try is."""

    OPEN = "open"
    LOCKS = "locks"
    LOCKED = "locked"


@dataclass(slots=True)
class _Tries:
    """Moments of tries that were not right, and until when all are refused."""

    at: deque[float] = field(default_factory=deque)
    locked_until: float = 0.0


class Lockout:
    """Of logins, by whatever names them. `now`: monotonic seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tries: OrderedDict[Hashable, _Tries] = OrderedDict()

    def begin(self, who: Hashable, fails: int, minutes: int) -> Standing:
        """Count a try, as wrong until `right` says otherwise."""
        now, span = self._now(), minutes * 60.0
        tries = self._of(who)
        while tries.at and tries.at[0] <= now - span:
            tries.at.popleft()
        if now < tries.locked_until:
            return Standing.LOCKED
        if tries.locked_until:
            tries.at.clear()
            tries.locked_until = 0.0
        tries.at.append(now)
        if len(tries.at) < fails:
            return Standing.OPEN
        tries.locked_until = now + span
        return Standing.LOCKS

    def right(self, who: Hashable) -> None:
        """The try was right: nothing is counted against the login any more."""
        self._tries.pop(who, None)

    def undone(self, who: Hashable) -> None:
        """The try was not looked at after all."""
        tries = self._tries.get(who)
        if tries is not None and tries.at:
            tries.at.pop()
            tries.locked_until = 0.0

    def _of(self, who: Hashable) -> _Tries:
        tries = self._tries.setdefault(who, _Tries())
        self._tries.move_to_end(who)
        while len(self._tries) > MOST_NAMES:
            self._tries.popitem(last=False)
        return tries


class AddressThrottle:
    """Wrong tries by address: a bucket each, which empties evenly."""

    def __init__(
        self,
        now: Callable[[], float],
        fails: int = ADDRESS_FAILS,
        seconds: float = ADDRESS_SECONDS,
    ) -> None:
        self._now = now
        self._fails = fails
        self._rate = fails / seconds
        self._wrong: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By address how many tries count against it, and when that was so."""

    def check(self, address: str) -> None:
        """Raises TooMany for an address that was wrong too often."""
        wrong = self._count(address)
        if wrong + 1 > self._fails:
            wait = (wrong + 1 - self._fails) / self._rate
            raise TooMany("Too many attempts. Try again later.", wait)

    def wrong(self, address: str) -> None:
        self._wrong[address] = (self._count(address) + 1, self._now())
        self._wrong.move_to_end(address)
        while len(self._wrong) > MOST_NAMES:
            self._wrong.popitem(last=False)

    def _count(self, address: str) -> float:
        wrong, at = self._wrong.get(address, (0.0, 0.0))
        return max(0.0, wrong - (self._now() - at) * self._rate)
