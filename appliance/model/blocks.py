"""A block: a device's name refused from one address after too many wrong passwords."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

EVERY_NAME: Final = "*"
"""The name in a block of everybody at an address."""


@dataclass(frozen=True, slots=True)
class Block:
    """`username` as it was tried, known to the box or not; `address` is without a port, an IPv6 one
    as its /64."""

    username: str
    address: str
    reason: str
    since: datetime
