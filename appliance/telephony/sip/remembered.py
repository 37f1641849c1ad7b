"""A bounded memory for what is read again and again.

A phone repeats itself: the REGISTER after the challenge, the next refresh, every request of a
dialog carry the same addresses. The values are frozen, so that all messages may share them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

ENTRIES = 8192  # some 1.5 kB each with an address; a phone has three
LONGEST = 256  # characters; nobody fills the box's memory with more


def remembered(parse: Callable[[str], T]) -> Callable[[str], T]:
    """`parse`, which is pure and gives frozen values, with the latest results kept."""
    known = lru_cache(ENTRIES)(parse)

    def read(text: str) -> T:
        return known(text) if len(text) <= LONGEST else parse(text)

    return read
