"""Moments as the database keeps them: whole microseconds since 1970, UTC.

peewee's own DateTimeField hands APSW a value that it cannot bind; integers also sort and compare.
"""

from datetime import UTC, datetime, timedelta
from typing import overload

from peewee import BigIntegerField

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@overload
def to_number(moment: datetime) -> int: ...
@overload
def to_number(moment: None) -> None: ...
def to_number(moment: datetime | None) -> int | None:
    """Microseconds since 1970. `moment` must know its zone (else TypeError)."""
    return None if moment is None else (moment - EPOCH) // MICROSECOND


@overload
def from_number(number: int) -> datetime: ...
@overload
def from_number(number: None) -> None: ...
def from_number(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + number * MICROSECOND


class MomentField(BigIntegerField):
    """A column of moments: aware datetimes in Python, integers in the file."""

    def db_value(self, value: datetime | None) -> int | None:
        return to_number(value)

    def python_value(self, value: int | None) -> datetime | None:
        return from_number(value)
