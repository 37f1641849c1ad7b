"""Rows that go to the disk in groups: one transaction for all that came within a short time.

A row that comes again before its commit replaces the earlier one. A commit that fails (a full
disk, say) is logged and tried again; nothing newer is overwritten by it.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import msgspec
from peewee import SqliteDatabase as Database

from appliance.store.writer import Writer

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 500
"""Encoding so many rows holds the event loop for about 2 ms."""
PAUSE_SECONDS = 0.02
"""Between the parts of a larger group, for the phones' sake."""
RETRY_SECONDS = 1.0
MOST_WAITING = 50_000
"""Rows kept while the disk refuses them; beyond it the oldest are lost, and logged."""


def to_json(rows: object) -> str:
    """For SQLite's `json_each`. What no UTF-8 can say (a phone's stray bytes) becomes `?`."""
    try:
        return msgspec.json.encode(rows).decode()
    except UnicodeEncodeError:
        return json.dumps(rows, ensure_ascii=False).encode(errors="replace").decode()


class GroupCommit(Generic[Key, Row]):
    """`encode` turns rows into one parameter in the event loop; `write` runs in the writer."""

    def __init__(
        self,
        writer: Writer,
        encode: Callable[[Sequence[Row]], str],
        write: Callable[[Database, str], None],
        delay: float,
    ) -> None:
        self._writer = writer
        self._encode = encode
        self._write = write
        self._delay = delay
        self._waiting: dict[Key, Row] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._committing: set[asyncio.Future[None]] = set()

    def put(self, key: Key, row: Row) -> None:
        """Have the row committed `delay` seconds from the first that waits."""
        self._waiting[key] = row
        self._set_timer(self._delay)

    def replace(self, key: Key, row: Row) -> bool:
        """Put the row only in place of one that still waits; whether there was one."""
        if key not in self._waiting:
            return False
        self._waiting[key] = row
        return True

    def forget(self, key: Key) -> None:
        """Drop the row if it still waits."""
        self._waiting.pop(key, None)

    async def flush(self) -> None:
        """Commit all that waits now, and return when it is on the disk or has failed."""
        while self._waiting:
            self._commit()
        while self._committing:
            await asyncio.wait(self._committing)

    def _set_timer(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._waiting:
            self._commit()
        if self._waiting:
            self._set_timer(PAUSE_SECONDS)

    def _commit(self) -> None:
        keys = list(self._waiting)[:ROWS_AT_ONCE]
        rows = {key: self._waiting.pop(key) for key in keys}
        parameter = self._encode(list(rows.values()))
        future = asyncio.wrap_future(self._writer.call(lambda db: self._write(db, parameter)))
        self._committing.add(future)
        future.add_done_callback(lambda done: self._committed(done, rows))

    def _committed(self, future: "asyncio.Future[None]", rows: dict[Key, Row]) -> None:
        self._committing.discard(future)
        error = future.exception()
        if error is None:
            return
        log.error(
            "rows not committed, trying again", extra={"rows": len(rows), "error": str(error)}
        )
        self._waiting = {**rows, **self._waiting}
        self._drop_oldest()
        self._set_timer(RETRY_SECONDS)

    def _drop_oldest(self) -> None:
        surplus = len(self._waiting) - MOST_WAITING
        if surplus > 0:
            log.error("rows lost: the disk has refused them for too long", extra={"rows": surplus})
            for key in list(self._waiting)[:surplus]:
                del self._waiting[key]
