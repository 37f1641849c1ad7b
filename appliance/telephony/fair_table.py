"""A table by source and name in which no source pushes out what another one holds."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class FairTable(Generic[V]):
    """Who keeps it within bounds asks for the `fullest` source: of those with as many names the one
    that had them first. Each call costs the same however much the table holds."""

    def __init__(self) -> None:
        self._shares: dict[str, OrderedDict[str, V]] = {}
        self._by_size: dict[int, OrderedDict[str, None]] = {}
        """The sources with so many names; as there are few sizes, the largest is soon found."""
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def values(self) -> list[V]:
        return [value for share in self._shares.values() for value in share.values()]

    def get(self, name: str, source: str) -> V | None:
        share = self._shares.get(source)
        return None if share is None else share.get(name)

    def put(self, name: str, source: str, value: V) -> None:
        """As the newest of its source."""
        share = self._shares.setdefault(source, OrderedDict())
        before = len(share)
        share[name] = value
        share.move_to_end(name)
        self._resized(source, before, len(share))

    def pop(self, name: str, source: str) -> V | None:
        share = self._shares.get(source)
        if share is None or name not in share:
            return None
        value = share.pop(name)
        self._resized(source, len(share) + 1, len(share))
        if not share:
            del self._shares[source]
        return value

    def names(self, source: str) -> list[str]:
        """The oldest first."""
        return list(self._shares.get(source, ()))

    def oldest(self, source: str) -> str:
        return next(iter(self._shares[source]))

    def fullest(self) -> tuple[str, int]:
        """The source with the most names, and how many. Raises ValueError when there is none."""
        most = max(self._by_size)
        return next(iter(self._by_size[most])), most

    def _resized(self, source: str, before: int, after: int) -> None:
        if before == after:
            return
        self._length += after - before
        if before:
            there = self._by_size[before]
            del there[source]
            if not there:
                del self._by_size[before]
        if after:
            self._by_size.setdefault(after, OrderedDict())[source] = None
