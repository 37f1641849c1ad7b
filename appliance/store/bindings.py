"""Bindings over a restart: new and removed ones on the disk within 250 ms, refreshes within 5 s.

Memory holds the truth while the box runs (the registrar's); this only writes behind it. A batch is
one statement over one JSON parameter, so the writer works without Python's lock, and a burst of
registrations costs the phones no delay.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from peewee import SqliteDatabase as Database

from appliance.model.bindings import StoredBinding
from appliance.model.devices import DeviceKey
from appliance.store.database import connection
from appliance.store.group_commit import PAUSE_SECONDS, ROWS_AT_ONCE, GroupCommit, to_json
from appliance.store.moments import from_number, to_number
from appliance.store.tables import Bindings
from appliance.store.writer import Writer

BindingKey = tuple[DeviceKey, str, str, int]
Refreshed = Callable[[int], Sequence[StoredBinding]]
"""The next refreshed bindings, so many at most."""
Change = tuple[BindingKey, StoredBinding | None]
"""A binding as it now is, or None where it has gone."""

CHANGE_SECONDS: Final = 0.1
REFRESH_SECONDS: Final = 3.0
KEPT_AFTER_EXPIRY: Final = timedelta(days=7)
"""So long a lapsed device reads as expired; after that as idle: it has fully lapsed (§ 9.6.1)."""

COLUMNS: Final = tuple(field.column_name for field in Bindings._meta.sorted_fields)  # noqa: SLF001
_VALUES = ", ".join(f"value ->> {number}" for number in range(len(COLUMNS)))
_REPLACE = f"""
    INSERT OR REPLACE INTO bindings ({", ".join(COLUMNS)})
    SELECT {_VALUES} FROM json_each(?, '$.put')"""  # noqa: S608 - made of our own column names
_DELETE = """
    DELETE FROM bindings WHERE (device, contact, instance, reg_id) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?, '$.gone'))"""


def binding_key(binding: StoredBinding) -> BindingKey:
    """What makes two bindings the same: device, Contact, and flow (RFC 5626 § 4.2)."""
    return binding.device, binding.contact, binding.instance, binding.reg_id


class BindingRepository:
    """Returns at once; call from the event loop's thread."""

    def __init__(self, writer: Writer, stored: Sequence[StoredBinding]) -> None:
        self.stored = stored
        """The bindings that the last run left, those that have expired since included."""
        self._changes: GroupCommit[BindingKey, Change] = GroupCommit(
            writer, _encode, _write, CHANGE_SECONDS
        )
        self._refreshes: GroupCommit[BindingKey, Change] = GroupCommit(
            writer, _encode, _write, CHANGE_SECONDS
        )
        self._fetch: asyncio.TimerHandle | None = None
        self._refreshed: Refreshed = _nothing

    @property
    def failing(self) -> bool:
        """Whether bindings wait because the disk refuses them."""
        return self._changes.failing or self._refreshes.failing

    def added(self, binding: StoredBinding) -> None:
        """A new binding, or one whose flow or path has changed."""
        key = binding_key(binding)
        self._refreshes.forget(key)
        self._changes.put(key, (key, binding))

    def fetch_refreshed(self, refreshed: Refreshed) -> None:
        """There are bindings that only live longer; `refreshed` is asked for them in a while."""
        self._refreshed = refreshed
        if self._fetch is None:
            self._fetch_in(REFRESH_SECONDS)

    def removed(self, binding: StoredBinding) -> None:
        """A binding taken back or replaced. One that expires is left: it shows as expired."""
        key = binding_key(binding)
        self._refreshes.forget(key)
        self._changes.put(key, (key, None))

    async def flush(self) -> None:
        """Commit all that waits."""
        if self._fetch is not None:
            self._fetch.cancel()
            self._fetch = None
        while self._take_refreshed():
            pass
        await self._changes.flush()
        await self._refreshes.flush()

    def _fetch_in(self, seconds: float) -> None:
        self._fetch = asyncio.get_running_loop().call_later(seconds, self._fetch_some)

    def _fetch_some(self) -> None:
        self._fetch = None
        if self._take_refreshed():
            self._fetch_in(PAUSE_SECONDS)

    def _take_refreshed(self) -> bool:
        """Take over a part of what was refreshed; whether there may be more."""
        taken = self._refreshed(ROWS_AT_ONCE)
        for binding in taken:
            key = binding_key(binding)
            if not self._changes.replace(key, (key, binding)):
                self._refreshes.put(key, (key, binding))
        return len(taken) == ROWS_AT_ONCE


def _nothing(_most: int) -> Sequence[StoredBinding]:
    return ()


def load_bindings(database: Database) -> list[StoredBinding]:
    """Every stored binding, those that have expired included."""
    query = f"SELECT {', '.join(COLUMNS)} FROM bindings"  # noqa: S608 - our own column names
    return [_binding(row) for row in connection(database).execute(query)]


def drop_lapsed(database: Database, now: datetime) -> None:
    """Delete the bindings that expired long ago."""
    before = to_number(now - KEPT_AFTER_EXPIRY)
    connection(database).execute("DELETE FROM bindings WHERE expires_at < ?", (before,))


def _encode(changes: Sequence[Change]) -> str:
    put = [_row(binding) for _, binding in changes if binding is not None]
    gone = [key for key, binding in changes if binding is None]
    return to_json({"put": put, "gone": gone})


def _write(database: Database, changes: str) -> None:
    file = connection(database)
    file.execute(_REPLACE, (changes,))
    file.execute(_DELETE, (changes,))


def _binding(row: tuple[Any, ...]) -> StoredBinding:
    facts: tuple[Any, ...] = (*row[:-2], *(from_number(moment) for moment in row[-2:]))
    return StoredBinding(*facts)


def _row(binding: StoredBinding) -> tuple[object, ...]:
    return (
        binding.device,
        binding.contact,
        binding.instance,
        binding.reg_id,
        binding.transport,
        binding.remote_host,
        binding.remote_port,
        binding.local_host,
        binding.local_port,
        binding.path,
        binding.user_agent,
        binding.call_id,
        binding.cseq,
        to_number(binding.registered_at),
        to_number(binding.expires_at),
    )
