"""What a peer said so far, and waiting for what it has not said yet: no test sleeps."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE = 8.0
"""Seconds after which what was expected is declared missing."""


class Journal(Generic[T]):
    """Entries in the order in which they came."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.entries: list[T] = []
        self._more = asyncio.Event()

    def __iter__(self) -> Iterator[T]:
        return iter(self.entries)

    @property
    def position(self) -> int:
        """Where the next entry will stand: a mark for `wait(after=…)`."""
        return len(self.entries)

    def append(self, entry: T) -> None:
        self.entries.append(entry)
        self._more.set()
        self._more = asyncio.Event()

    def find(self, wanted: Callable[[T], bool], after: int = 0) -> T | None:
        """The first entry from mark `after` on that is wanted, if it came already."""
        return next((entry for entry in self.entries[after:] if wanted(entry)), None)

    async def wait(
        self, wanted: Callable[[T], bool], what: str, *, after: int = 0, seconds: float = PATIENCE
    ) -> T:
        """The first wanted entry from mark `after` on; AssertionError where none comes in time."""
        try:
            async with asyncio.timeout(seconds):
                while (found := self.find(wanted, after)) is None:
                    await self._more.wait()
                return found
        except TimeoutError:
            seen = "\n".join(str(entry) for entry in self.entries[after:][-12:])
            raise AssertionError(
                f"{self.owner}: no {what} within {seconds} s; it saw:\n{seen}"
            ) from None


async def eventually(
    question: Callable[[], T],
    what: str | Callable[[], str],
    *,
    seconds: float = PATIENCE,
    every: float = 0.05,
) -> T:
    """Ask until the answer is true. For what nobody announces: a file that grows, a record. A
    function as `what` is asked for its words only when there are none."""
    try:
        async with asyncio.timeout(seconds):
            while not (answer := await asyncio.to_thread(question)):
                await asyncio.sleep(every)
            return answer
    except TimeoutError:
        words = what if isinstance(what, str) else what()
        raise AssertionError(f"not within {seconds} s: {words}") from None
