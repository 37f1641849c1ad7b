"""A bounded memory for what is read again and again.

A phone repeats itself: the REGISTER after the challenge, the next refresh, every request of a
dialog carry the same addresses. The values are frozen, so that all messages may share them.
"""

from collections.abc import Callable
from typing import TypeVar

from appliance.telephony.sip._accelerated import Memory
from appliance.telephony.sip.errors import Malformed

T = TypeVar("T")

ENTRIES = 8192  # some 1.5 kB each with an address; a phone has three
LONGEST = 256  # characters; nobody fills the box's memory with more


def remembered(parse: Callable[[str], T]) -> "Memory[T]":
    """`parse`, which is pure and gives frozen values, with the latest results kept."""
    return Memory(parse, one, ENTRIES, LONGEST)


def one(lines: list[str]) -> str:
    """The value of a header that must be there once (RFC 4475 § 3.3.8)."""
    if len(lines) != 1:
        raise Malformed("Header Missing or Repeated")
    return lines[0]
