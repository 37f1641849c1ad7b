"""A block: a device's name refused from one address after too many wrong passwords."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Block:
    """`username` as it was tried, known to the box or not; `address` without a port."""

    username: str
    address: str
    reason: str
    since: datetime
