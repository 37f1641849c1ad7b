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
    """`encode` turns rows into one parameter in the event loop; `write` runs in the writer.

    One commit at a time is under way, so that a row which must be tried again never lands on a
    newer one.
    """

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
        """Rows whose time has not come."""
        self._due: dict[Key, Row] = {}
        """Rows of the group that is being committed, part by part."""
        self._under_way: dict[Key, Row] = {}
        self._commit: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.failing = False
        """Whether the disk refused the last group."""

    def put(self, key: Key, row: Row) -> None:
        """Have the row committed `delay` seconds from the first that waits."""
        self._waiting[key] = row
        self._set_timer(self._delay)

    def replace(self, key: Key, row: Row) -> bool:
        """Put the row only in place of one that is not yet under way; whether there was one."""
        for rows in (self._waiting, self._due):
            if key in rows:
                rows[key] = row
                return True
        return False

    def forget(self, key: Key) -> None:
        """Drop the row unless it is on its way to the disk already."""
        for rows in (self._waiting, self._due, self._under_way):
            rows.pop(key, None)

    async def flush(self) -> None:
        """Commit all that waits now; return when it is on the disk or the disk has refused it."""
        while self._waiting or self._due or self._commit:
            if self._commit is None:
                self._begin()
            commit = self._commit
            if commit is not None:
                await asyncio.wait([commit])
                if commit.exception() is not None:
                    return

    def _set_timer(self, seconds: float) -> None:
        if self._timer is None and self._commit is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)

    def _begin(self) -> None:
        """Commit the next part of the group; a new group is all that waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._due:
            self._due, self._waiting = self._waiting, {}
        if not self._due:
            return
        keys = list(self._due)[:ROWS_AT_ONCE]
        self._under_way = {key: self._due.pop(key) for key in keys}
        rows = self._encode(list(self._under_way.values()))
        self._commit = asyncio.wrap_future(self._writer.call(lambda db: self._write(db, rows)))
        self._commit.add_done_callback(self._end)

    def _end(self, commit: "asyncio.Future[None]") -> None:
        self._commit = None
        error = commit.exception()
        self.failing = error is not None
        if error is not None:
            count = len(self._under_way)
            log.error("rows not committed", extra={"rows": count, "error": str(error)})
            newer = self._waiting.keys() | self._due.keys()
            kept = {key: row for key, row in self._under_way.items() if key not in newer}
            self._due = {**kept, **self._due}
            self._drop_oldest()
            self._set_timer(RETRY_SECONDS)
        elif self._due:
            self._set_timer(PAUSE_SECONDS)
        elif self._waiting:
            self._set_timer(self._delay)
        self._under_way = {}

    def _drop_oldest(self) -> None:
        surplus = len(self._due) + len(self._waiting) - MOST_WAITING
        if surplus > 0:
            log.error("rows lost: the disk has refused them for too long", extra={"rows": surplus})
            for key in list(self._due)[:surplus]:
                del self._due[key]
