"""Call records as operators read them (manual § 22.5, § 23.4, § 25.4)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, NotFound
from appliance.model.calls import CallRecord, LegRecord
from appliance.model.tenants import Tenant
from appliance.store.call_search import call_of_key
from appliance.store.database import Database

INTERNAL: Final = "internal"
"""The only direction there is until numbers of the public network are."""
COLUMNS: Final = (
    *("id", "start", "direction", "from", "from_name", "to", "answered_by", "seconds"),
    *("disposition", "ended_by", "reason"),
)
LARGEST_EXPORT: Final = 100_000
"""Records in one CSV."""


def summary(record: CallRecord, tenant: str) -> Mapping[str, object]:
    """One record as lists, exports and the feed show it; the names are those of manual § 25.4."""
    return {
        "id": f"cdr_{record.call_key}",
        "tenant": tenant,
        "from": record.caller_number,
        "from_name": record.caller_name,
        "to": record.dialled,
        "direction": INTERNAL,
        "start": record.started_at,
        "answered_at": record.answered_at,
        "end": record.ended_at,
        "seconds": seconds(record),
        "disposition": record.disposition,
        "answered_by": record.answered_number,
        "ended_by": record.ended_by,
        "reason": record.reason,
    }


def seconds(record: CallRecord) -> int:
    """How long the parties were connected; 0 for a call that is open or was not answered."""
    if record.answered_at is None or record.ended_at is None:
        return 0
    return max(0, round((record.ended_at - record.answered_at).total_seconds()))


def key_of(call_id: str) -> str:
    """The record's key in its name in the API."""
    return call_id.removeprefix("cdr_")


def one(database: Database, tenant: Tenant, call_id: str) -> CallRecord:
    """From records.db. Raises NotFound."""
    found = call_of_key(database, tenant.key, key_of(call_id))
    if found is None:
        raise NotFound(NOT_HERE)
    return found


def media_seen(legs: Sequence[LegRecord]) -> str:
    """Whether audio came from both sides: `two-way`, `one-way` or `none` (manual § 23.4). Where the
    box itself answered, as at the echo test, it is the other side."""
    answered = [leg for leg in legs if leg.answered_at is not None]
    came = [leg.received.packets > 0 for leg in answered]
    if len(answered) == 1:
        came.append(answered[0].sent.packets > 0)
    if len(came) > 1 and all(came):
        return "two-way"
    return "one-way" if any(came) else "none"


def rows(records: Sequence[CallRecord], tenant: str) -> Iterator[Sequence[object]]:
    """As a table, under COLUMNS."""
    for record in records:
        fact = summary(record, tenant)
        yield [fact[column] for column in COLUMNS]


def record_export(change: Change, slug: str) -> Tenant:
    """Exports are in the log. Raises Forbidden, NotFound."""
    tenant = change.tenant(slug)
    change.record("calls", "Exported calls", f"call records of {tenant.slug}", tenant=tenant)
    return tenant
