"""The timers of RFC 3261 § 17 and RFC 6026, and the one heap they wait in."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. The other timers of RFC 3261 follow from these (A = E = G = T1, K = I = T4, …)."""

    t1: float = 0.5
    t2: float = 4.0
    trying: float = 0.2  # an INVITE unanswered for so long gets a 100 (RFC 3261 § 17.2.1)

    @property
    def life(self) -> float:
        """64*T1: timers B, D, F, H, J, L and M."""
        return 64 * self.t1


class Sleeper(Protocol):
    """What can wait in the heap; `alarm` belongs to the heap."""

    alarm: "Alarm | None"


class Alarm:
    """One entry of the heap. A dead one holds no owner, so the heap keeps nothing alive."""

    __slots__ = ("at", "number", "owner")

    def __init__(self, at: float, number: int, owner: Sleeper | None) -> None:
        self.at = at
        self.number = number
        self.owner = owner

    def __lt__(self, other: "Alarm") -> bool:
        return (self.at, self.number) < (other.at, other.number)


S = TypeVar("S", bound=Sleeper)


class TimerHeap(Generic[S]):
    """At most one alarm per owner. Cleared alarms stay as empty entries until due, or until they
    are most of the heap."""

    def __init__(self) -> None:
        self._heap: list[Alarm] = []
        self._number = count()
        self._dead = 0

    def __len__(self) -> int:
        """Alarms that will ring."""
        return len(self._heap) - self._dead

    def set(self, owner: S, at: float) -> None:
        """Wake `owner` at `at` instead of whenever it was to wake before."""
        self.clear(owner)
        owner.alarm = alarm = Alarm(at, next(self._number), owner)
        heappush(self._heap, alarm)

    def clear(self, owner: S) -> None:
        alarm = owner.alarm
        if alarm is None:
            return
        alarm.owner = owner.alarm = None
        self._dead += 1
        if self._dead > 1000 and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry.owner is not None]
            heapify(self._heap)
            self._dead = 0

    def next(self) -> float | None:
        """When the first alarm rings."""
        heap = self._heap
        while heap and heap[0].owner is None:
            heappop(heap)
            self._dead -= 1
        return heap[0].at if heap else None

    def pop(self, now: float) -> S | None:
        """An owner whose time has come, its alarm taken; None when nobody's has."""
        at = self.next()
        if at is None or at > now:
            return None
        owner = heappop(self._heap).owner
        assert owner is not None
        owner.alarm = None
        return owner  # type: ignore[return-value]
