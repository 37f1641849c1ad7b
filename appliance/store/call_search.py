"""Finding call records: by party, extension, time and outcome, newest first, by the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.model.calls import CallRecord, Disposition
from appliance.model.tenants import TenantKey
from appliance.store.calls import load_calls
from appliance.store.conditions import Condition, like
from appliance.store.database import Database, connection
from appliance.store.moments import to_number

PARTIES = ("caller_number", "dialled", "answered_number")


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls of a tenant. `party`: part of a number or of the caller's name; `extension`: who
    called, was dialled, answered or was rung; `since` and `until` bound the start, the latter not
    included. `after`: start (as stored) and key of the last record seen."""

    party: str = ""
    extension: str = ""
    since: datetime | None = None
    until: datetime | None = None
    disposition: Disposition | None = None
    open: bool | None = None
    after: tuple[int, str] | None = None
    limit: int = 50


def find_calls(
    database: Database, tenant: TenantKey, query: CallQuery
) -> tuple[list[CallRecord], int]:
    """Up to `limit` + 1 records, and how many there are on all pages."""
    wanted = _wanted(tenant, query)
    file = connection(database)
    count = f"SELECT count(*) FROM calls {wanted.where}"  # noqa: S608 - our own words
    total = int(file.execute(count, wanted.values).get)
    return _page(database, wanted, query), total


def next_calls(database: Database, tenant: TenantKey, query: CallQuery) -> list[CallRecord]:
    """As `find_calls` without the count, for exports."""
    return _page(database, _wanted(tenant, query), query)


def call_of_key(database: Database, tenant: TenantKey, call_key: str) -> CallRecord | None:
    """The one record, if it is that tenant's."""
    wanted = Condition("tenant = ? AND call_key = ?", tenant, call_key)
    return next(iter(load_calls(database, wanted)), None)


def place(record: CallRecord) -> tuple[int, str]:
    """What `after` wants of the last record seen."""
    return to_number(record.started_at), record.call_key


def _page(database: Database, wanted: Condition, query: CallQuery) -> list[CallRecord]:
    if query.after is not None:
        started_at, key = query.after
        wanted &= Condition(
            "started_at < ? OR (started_at = ? AND call_key < ?)", started_at, started_at, key
        )
    return load_calls(database, wanted, query.limit + 1)


def _wanted(tenant: TenantKey, query: CallQuery) -> Condition:
    wanted = Condition("tenant = ?", tenant)
    if query.since is not None:
        wanted &= Condition("started_at >= ?", to_number(query.since))
    if query.until is not None:
        wanted &= Condition("started_at < ?", to_number(query.until))
    if query.disposition is not None:
        wanted &= Condition("disposition = ?", query.disposition.value)
    if query.open is not None:
        wanted &= Condition(f"ended_at IS {'' if query.open else 'NOT '}NULL")
    if query.extension:
        wanted &= _extension(query.extension)
    for word in query.party.split():
        wanted &= _party(word)
    return wanted


def _extension(number: str) -> Condition:
    own = " OR ".join(f"{column} = ?" for column in PARTIES)
    rung = "EXISTS (SELECT 1 FROM legs WHERE legs.call_key = calls.call_key AND number = ?)"
    return Condition(f"{own} OR {rung}", *([number] * (len(PARTIES) + 1)))


def _party(word: str) -> Condition:
    """Every word of what is sought is part of some number, or of the caller's name."""
    columns: Sequence[str] = (*PARTIES, "caller_name")
    any_of = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
    return Condition(any_of, *([f"%{like(word)}%"] * len(columns)))
