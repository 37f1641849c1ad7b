"""A timing wheel: when to look at what, for many things that seldom are due.

A registration that is refreshed costs nothing here: it is left where it stands, and moved on when
its old moment comes. Heaps keep what was cancelled until then; this forgets it at once.
"""

from collections.abc import Hashable
from math import ceil
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Wheel(Generic[Item]):
    """Moments are seconds of the caller's clock, rounded up to whole ones."""

    def __init__(self) -> None:
        self._slots: dict[int, set[Item]] = {}
        self._slot_of: dict[Item, int] = {}
        self._next: int | None = None

    def __len__(self) -> int:
        return len(self._slot_of)

    def wake(self, item: Item, at: float) -> None:
        """See to it that `item` is due by `at`. One that is due earlier stays so: whoever is woken
        too early asks again."""
        slot, old = ceil(at), self._slot_of.get(item)
        if old is not None:
            if old <= slot:
                return
            self._take(item, old)
        self._slot_of[item] = slot
        self._slots.setdefault(slot, set()).add(item)
        if self._next is None or slot < self._next:
            self._next = slot

    def forget(self, item: Item) -> None:
        """Never wake for `item`; harmless when nothing was to be."""
        slot = self._slot_of.pop(item, None)
        if slot is not None:
            self._take(item, slot)

    def due(self, now: float) -> list[Item]:
        """What is due by now, the earliest first; it is forgotten."""
        if self._next is None or self._next > now:
            return []
        items: list[Item] = []
        for slot in sorted(slot for slot in self._slots if slot <= now):
            items += self._slots.pop(slot)
        for item in items:
            del self._slot_of[item]
        self._next = min(self._slots, default=None)
        return items

    def next(self) -> float | None:
        """The earliest moment at which something may be due; None when nothing ever is."""
        return self._next

    def _take(self, item: Item, slot: int) -> None:
        there = self._slots[slot]
        there.discard(item)
        if not there:
            del self._slots[slot]
