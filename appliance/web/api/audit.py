"""`/v1/audit`: who did what to which object (manual § 20.8.1)."""

import struct
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.responses import StreamingResponse

from appliance.control import audit, scope
from appliance.control.audit import AuditClass, AuditFilter, ChainedEntry
from appliance.control.caller import Caller, Right
from appliance.control.changes import Change
from appliance.control.errors import Invalid
from appliance.control.owners import owner
from appliance.store.conditions import Condition
from appliance.store.database import Database
from appliance.store.errors import UnreadableKey
from appliance.store.keys import KeyRing, place
from appliance.store.moments import to_number
from appliance.web.api.csv_text import csv_lines
from appliance.web.api.operation import OPERATORS, PLATFORM, Answer, Call, Family
from appliance.web.api.pages import Page, PageQuery, page_of

family = Family("Audit")

LIST = "/v1/audit"
CURSOR: Final = place("audit", "cursor", 0)
ROWS_AT_ONCE: Final = 500
COLUMNS: Final = (
    *("number", "when", "actor", "action", "target", "scope", "address", "detail"),
    *("previous_hash", "hash"),
)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Words = Annotated[str, msgspec.Meta(max_length=100)]


class AuditView(msgspec.Struct):
    """`id` is the beginning of the entry's hash; `number`, its place in the whole log, is for the
    platform alone: it would tell how much goes on elsewhere. `scope` is `platform`, `reseller …` or
    `tenant …`; `detail` are facts, never secrets."""

    id: str
    number: int | None
    when: datetime
    actor: str
    action: str
    target: str
    scope: str
    address: str
    detail: dict[str, Any]


class AuditQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`from` is included, `to` is not. `q` searches action and target. The newest come first."""

    from_: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    class_: AuditClass | None = msgspec.field(name="class", default=None)
    actor: Words = ""
    tenant: Words = ""
    reseller: Words = ""


class ExportQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """As the list's; `format` csv or jsonl, in which each hash is SHA-256 of the hash before and
    the row as a JSON array of number, at, actor, action, target, scope, reseller, tenant, address
    and detail (a string)."""

    format: Literal["csv", "jsonl"] = "csv"
    from_: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    class_: AuditClass | None = msgspec.field(name="class", default=None)
    actor: Words = ""
    q: Words = ""
    tenant: Words = ""
    reseller: Words = ""


class VerdictView(msgspec.Struct):
    """`broken` is the number of the first row that does not fit, null where all do; `head` the
    last hash, in hexadecimal."""

    rows: int
    whole: bool
    broken: int | None
    head: str


def shown(caller: Caller, row: ChainedEntry) -> AuditView:
    entry = row.entry
    return AuditView(
        row.hash.hex()[:16],
        entry.number if caller.tier in PLATFORM else None,
        entry.at,
        entry.actor,
        entry.action,
        entry.target,
        entry.scope,
        entry.address,
        dict(entry.detail),
    )


@family.get(
    LIST,
    "The audit log, within scope",
    tiers=OPERATORS,
    right=Right.AUDIT_READ,
    query=AuditQuery,
    answer=Page[AuditView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    query: AuditQuery = call.query
    keys = call.control.store.keys

    def ask(database: Database) -> Page[AuditView]:
        wanted = audit.wanted(call.caller, _filter(call.caller, database, query))
        total = audit.count(database, wanted)
        if query.cursor:
            wanted &= Condition("number < ?", _opened(keys, query.cursor))
        rows = audit.newest(database, wanted, query.limit + 1)
        numbers = {row.hash.hex()[:16]: row.entry.number for row in rows}
        views = [shown(call.caller, row) for row in rows]
        return page_of(views, query.limit, total, lambda row: _sealed(keys, numbers[row.id]))

    return Answer(await call.control.read(ask))


@family.get(
    f"{LIST}/export",
    "The audit log as a file, with its hashes; the export is in the log itself",
    tiers=OPERATORS,
    right=Right.AUDIT_READ,
    query=ExportQuery,
    errors=(404,),
    content_type="text/csv",
    other_types=("application/jsonl",),
)
async def export(call: Call) -> Answer:
    query: ExportQuery = call.query

    def begin(change: Change) -> Condition:
        filter_ = _filter(change.caller, change.database, query)
        detail = {"format": query.format, "tenant": query.tenant, "reseller": query.reseller}
        _record_export(change, detail)
        return audit.wanted(change.caller, filter_)

    wanted = await call.control.change(call.caller, begin)
    kind = "text/csv" if query.format == "csv" else "application/jsonl"
    headers = {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-disposition": f'attachment; filename="audit.{query.format}"',
    }
    lines = _lines(call, wanted, query.format)
    return Answer(StreamingResponse(lines, headers=headers, media_type=kind))


@family.get(
    f"{LIST}/verify",
    "Whether the log's chain of hashes is whole",
    tiers=PLATFORM,
    right=Right.AUDIT_READ,
    answer=VerdictView,
)
async def verify(call: Call) -> Answer:
    verdict = await call.control.read(audit.verify)
    whole = verdict.broken is None
    return Answer(VerdictView(verdict.rows, whole, verdict.broken, verdict.head.hex()))


def _sealed(keys: KeyRing, number: int) -> str:
    """A cursor that tells nobody the number."""
    return keys.seal(str(number), CURSOR).hex()


def _opened(keys: KeyRing, cursor: str) -> int:
    """Raises Invalid."""
    try:
        return int(keys.open(bytes.fromhex(cursor), CURSOR))
    except (ValueError, UnreadableKey, struct.error):
        raise Invalid.of(cursor="This is no cursor of this list.") from None


def _filter(caller: Caller, database: Database, query: AuditQuery | ExportQuery) -> AuditFilter:
    """Raises Forbidden, NotFound for a tenant or reseller that is not the caller's."""
    tenant = scope.enter_tenant(caller, database, query.tenant).key if query.tenant else None
    reseller = (
        scope.enter_reseller(caller, database, query.reseller).key if query.reseller else None
    )
    return AuditFilter(query.from_, query.to, query.class_, query.actor, query.q, tenant, reseller)


def _record_export(change: Change, detail: Mapping[str, object]) -> None:
    where = owner(change, "")
    change.record(
        "audit",
        "Exported audit log",
        "audit log",
        tenant=where.tenant,
        reseller=where.reseller,
        detail=detail,
    )


async def _lines(call: Call, wanted: Condition, kind: str) -> AsyncIterator[str]:
    """Some rows at a time: nobody waits for a long log."""
    numbered = call.caller.tier in PLATFORM
    if kind == "csv":
        yield csv_lines([COLUMNS])
    last = 0
    while True:
        rows = await call.control.read(_after(wanted, last))
        if not rows:
            return
        last = rows[-1].entry.number
        shown = [row if numbered else _unnumbered(row) for row in rows]
        yield csv_lines(map(_cells, shown)) if kind == "csv" else _json_lines(shown)


def _after(wanted: Condition, last: int) -> Callable[[Database], list[ChainedEntry]]:
    here = wanted & Condition("number > ?", last)
    return lambda database: audit.oldest(database, here, ROWS_AT_ONCE)


def _unnumbered(row: ChainedEntry) -> ChainedEntry:
    return replace(row, entry=replace(row.entry, number=0))


def _cells(row: ChainedEntry) -> Sequence[object]:
    entry = row.entry
    return (
        *(entry.number or None, entry.at, entry.actor, entry.action, entry.target, entry.scope),
        *(entry.address, msgspec.json.encode(entry.detail, order="sorted").decode()),
        *(row.previous_hash.hex(), row.hash.hex()),
    )


def _json_lines(rows: Iterable[ChainedEntry]) -> str:
    return "".join(f"{msgspec.json.encode(_json(row)).decode()}\n" for row in rows)


def _json(row: ChainedEntry) -> dict[str, object]:
    entry = row.entry
    return {
        "number": entry.number or None,
        "at": to_number(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "scope": entry.scope,
        "reseller": entry.reseller,
        "tenant": entry.tenant,
        "address": entry.address,
        "detail": msgspec.json.encode(entry.detail, order="sorted").decode(),
        "previous_hash": row.previous_hash.hex(),
        "hash": row.hash.hex(),
    }
