"""Call records: on the disk at most 100 ms after they come, in groups.

A record is kept once committed. One that a crash left open is closed at the next start.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from peewee import SqliteDatabase as Database

from appliance.model.calls import (
    CallRecord,
    Disposition,
    EndedBy,
    LegRecord,
    MediaFigures,
    TimelineEntry,
)
from appliance.model.tenants import TenantKey
from appliance.store.conditions import Condition
from appliance.store.database import connection
from appliance.store.group_commit import GroupCommit, to_json
from appliance.store.moments import from_number, to_number
from appliance.store.tables import Calls, Legs
from appliance.store.writer import Writer

COMMIT_SECONDS: Final = 0.04
"""Leaves 60 ms of the promised 100 for a commit that is under way and this one."""
RESTART: Final = "restart"
"""The reason of a call that ended with the box's own process."""

CALL_COLUMNS: Final = tuple(field.column_name for field in Calls._meta.sorted_fields)  # noqa: SLF001
LEG_COLUMNS: Final = tuple(field.column_name for field in Legs._meta.sorted_fields)  # noqa: SLF001


def _replace(table: str, columns: Sequence[str]) -> str:
    values = ", ".join(f"value ->> {number}" for number in range(len(columns)))
    return (
        f"INSERT OR REPLACE INTO {table} ({', '.join(columns)})"  # noqa: S608 - our own names
        f" SELECT {values} FROM json_each(?, '$.{table}')"
    )


_REPLACE_CALLS: Final = _replace("calls", CALL_COLUMNS)
_REPLACE_LEGS: Final = _replace("legs", LEG_COLUMNS)


class CallRepository:
    """Fills telephony's Records. `begin` and `finish` return at once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._records: GroupCommit[str, CallRecord] = GroupCommit(
            writer, _encode, _write, COMMIT_SECONDS
        )

    @property
    def failing(self) -> bool:
        """Whether records wait because the disk refuses them."""
        return self._records.failing

    def begin(self, record: CallRecord) -> None:
        """A call has arrived, or an open one has come further."""
        self._records.put(record.call_key, record)

    def finish(self, record: CallRecord) -> None:
        """A call has ended; nothing may follow for its key."""
        self._records.put(record.call_key, record)

    async def latest(self, tenant: TenantKey | None = None, limit: int = 50) -> list[CallRecord]:
        """The latest records, newest first, of one tenant or of the whole box."""
        return await self._writer.run(lambda database: latest_calls(database, tenant, limit))

    async def forget(self, tenant: TenantKey) -> int:
        """Delete a tenant's records; how many there were."""
        await self._records.flush()
        return await self._writer.run(lambda database: forget_tenant(database, tenant))

    async def flush(self) -> None:
        """Commit all that waits."""
        await self._records.flush()


def latest_calls(
    database: Database, tenant: TenantKey | None = None, limit: int = 50
) -> list[CallRecord]:
    """The latest records, newest first, of one tenant or of the whole box."""
    query = Calls.select().order_by(Calls.started_at.desc()).limit(limit)
    if tenant is not None:
        query = query.where(Calls.tenant == tenant)
    rows = list(query.dicts().execute(database))
    legs = _legs_of(database, [row["call_key"] for row in rows])
    return [_call(row, legs[row["call_key"]]) for row in rows]


def load_calls(database: Database, wanted: Condition, limit: int = 1) -> list[CallRecord]:
    """The records wanted, newest first, with their legs."""
    query = (
        f"SELECT {', '.join(CALL_COLUMNS)} FROM calls {wanted.where}"  # noqa: S608 - our own names
        " ORDER BY started_at DESC, call_key DESC LIMIT ?"
    )
    found = [
        dict(zip(CALL_COLUMNS, row, strict=True))
        for row in connection(database).execute(query, (*wanted.values, limit))
    ]
    for row in found:
        row |= {name: from_number(row[name]) for name in ("started_at", "answered_at", "ended_at")}
    legs = _legs_of(database, [row["call_key"] for row in found])
    return [_call(row, legs[row["call_key"]]) for row in found]


def count_calls(database: Database, tenant: TenantKey) -> int:
    """How many records a tenant has."""
    query = "SELECT count(*) FROM calls WHERE tenant = ?"
    return int(connection(database).execute(query, (tenant,)).get)


def forget_tenant(database: Database, tenant: TenantKey) -> int:
    """Delete a tenant's records with their legs; how many there were."""
    file = connection(database)
    mine = "SELECT call_key FROM calls WHERE tenant = ?"
    file.execute(f"DELETE FROM legs WHERE call_key IN ({mine})", (tenant,))  # noqa: S608
    file.execute("DELETE FROM calls WHERE tenant = ?", (tenant,))
    return file.changes()


def forget_lost(database: Database, tenants: Collection[TenantKey]) -> int:
    """Delete the records of tenants that are no more: of a call that ended after its tenant, or
    where a crash came between (the two files share no transaction). How many tenants those were."""
    known = connection(database).execute("SELECT DISTINCT tenant FROM calls")
    lost = [TenantKey(key) for (key,) in known if key not in tenants]
    for tenant in lost:
        forget_tenant(database, tenant)
    return len(lost)


def close_open_calls(database: Database) -> int:
    """Close what a crash left open; how many there were.

    Nobody knows when they ended: the last moment known of each stands for it, so that no time is
    counted that may not have been talked.
    """
    file = connection(database)
    file.execute(
        "UPDATE calls SET ended_at = coalesce(answered_at, started_at), disposition = ?,"
        " ended_by = ?, reason = ? WHERE ended_at IS NULL",
        (Disposition.FAILED.value, EndedBy.SYSTEM.value, RESTART),
    )
    return file.changes()


def _encode(records: Sequence[CallRecord]) -> str:
    legs = [
        _leg_row(record.call_key, position, leg)
        for record in records
        for position, leg in enumerate(record.legs)
    ]
    return to_json({"calls": [_call_row(record) for record in records], "legs": legs})


def _write(database: Database, records: str) -> None:
    file = connection(database)
    file.execute(_REPLACE_CALLS, (records,))
    file.execute(_REPLACE_LEGS, (records,))


def _call_row(record: CallRecord) -> tuple[object, ...]:
    """In the order of CALL_COLUMNS."""
    return (
        record.call_key,
        record.tenant,
        record.caller_number,
        record.caller_name,
        record.dialled,
        to_number(record.started_at),
        to_number(record.answered_at),
        to_number(record.ended_at),
        record.disposition,
        record.ended_by,
        record.reason,
        record.answered_number,
        to_json([(entry.at, entry.event, entry.note) for entry in record.timeline]),
    )


def _leg_row(call_key: str, position: int, leg: LegRecord) -> tuple[object, ...]:
    """In the order of LEG_COLUMNS."""
    return (
        call_key,
        position,
        leg.direction,
        leg.number,
        leg.device,
        leg.username,
        leg.remote_address,
        leg.transport,
        leg.user_agent,
        leg.outcome,
        leg.codec,
        leg.secure_media,
        to_number(leg.started_at),
        to_number(leg.answered_at),
        to_number(leg.ended_at),
        *_figures_row(leg.received),
        *_figures_row(leg.sent),
    )


def _figures_row(figures: MediaFigures) -> tuple[object, ...]:
    return figures.packets, figures.bytes, figures.lost, figures.jitter_ms


def _legs_of(database: Database, call_keys: Iterable[str]) -> dict[str, list[LegRecord]]:
    columns = ", ".join(LEG_COLUMNS)
    query = (
        f"SELECT {columns} FROM legs"  # noqa: S608 - our own names
        " WHERE call_key IN (SELECT value FROM json_each(?)) ORDER BY call_key, position"
    )
    legs: dict[str, list[LegRecord]] = defaultdict(list)
    for row in connection(database).execute(query, (to_json(list(call_keys)),)):
        legs[str(row[0])].append(_leg(row))
    return legs


def _leg(row: tuple[Any, ...]) -> LegRecord:
    facts: tuple[Any, ...] = (
        *row[2:11],
        bool(row[11]),
        *(from_number(moment) for moment in row[12:15]),
        MediaFigures(*row[15:19]),
        MediaFigures(*row[19:23]),
    )
    return LegRecord(*facts)


def _call(row: dict[str, Any], legs: Sequence[LegRecord]) -> CallRecord:
    timeline = [TimelineEntry(*entry) for entry in msgspec.json.decode(row["timeline"])]
    return CallRecord(
        **{
            **row,
            "disposition": row["disposition"] and Disposition(row["disposition"]),
            "ended_by": row["ended_by"] and EndedBy(row["ended_by"]),
            "timeline": tuple(timeline),
        },
        legs=tuple(legs),
    )
