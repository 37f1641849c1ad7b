"""`/v1/tenants/{slug}/calls`: call records, searched, read and exported (manual § 22.5, § 23.4)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import StreamingResponse

from appliance.control import calls, scope
from appliance.control.caller import Right
from appliance.control.live import Live
from appliance.model.calls import CallRecord, Disposition, EndedBy, LegRecord, MediaFigures
from appliance.model.tenants import Tenant
from appliance.store.call_search import CallQuery, find_calls, next_calls, place
from appliance.store.database import Database
from appliance.web.api.csv_text import csv_lines
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageInfo, PageQuery, cursor_of, key_of, order_of

family = Family("Calls")

LIST = "/v1/tenants/{slug}/calls"
LIVE = "/v1/tenants/{slug}/calls/live"
EXPORT = "/v1/tenants/{slug}/calls/export"
ONE = "/v1/tenants/{slug}/calls/{id}"

ROWS_AT_ONCE: Final = 500


class CallView(msgspec.Struct):
    """`seconds` is the time connected; `end` and `disposition` are null while it goes on."""

    id: str
    tenant: str
    from_: str = msgspec.field(name="from")
    from_name: str
    to: str
    direction: str
    start: datetime
    answered_at: datetime | None
    end: datetime | None
    seconds: int
    disposition: Disposition | None
    answered_by: str
    ended_by: EndedBy | None
    reason: str


class LegView(msgspec.Struct):
    """One dialog of the call. `received` is what came from the phone, `sent` what went to it."""

    direction: str
    number: str
    username: str
    address: str
    transport: str
    user_agent: str
    outcome: str
    codec: str
    secure_media: bool
    start: datetime | None
    answered_at: datetime | None
    end: datetime | None
    received: MediaFigures
    sent: MediaFigures


class TimelineView(msgspec.Struct):
    """`t`: seconds since the call arrived."""

    t: float
    event: str
    note: str


class CallDetail(CallView):
    """`media`: two-way, one-way or none, by what came from the legs that were answered."""

    media: str
    legs: list[LegView]
    timeline: list[TimelineView]


class CallFilter(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`party`: part of a number or of the caller's name. `extension`: who called, was dialled,
    answered or was rung. `since` and `until` bound the start; the latter is not included."""

    party: Annotated[str, msgspec.Meta(max_length=100)] = ""
    extension: Annotated[str, msgspec.Meta(max_length=40)] = ""
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    disposition: Disposition | None = None


class CallListQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """As the export's, by the page; `q` is another word for `party`. Newest first."""

    party: Annotated[str, msgspec.Meta(max_length=100)] = ""
    extension: Annotated[str, msgspec.Meta(max_length=40)] = ""
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    disposition: Disposition | None = None


class LiveCalls(msgspec.Struct):
    """The calls in progress, the oldest first."""

    data: list[CallView]
    count: int


@family.get(
    LIST,
    "A tenant's call records",
    tiers=OPERATORS,
    right=Right.CALLS_READ,
    query=CallListQuery,
    answer=Page[CallView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    given: CallListQuery = call.query
    order_of(given.sort, {"start": ""}, "")
    after = key_of(given.cursor, 2)
    query = replace(
        _query(given, " ".join((given.q, given.party))),
        after=None if after is None else (after[0], after[1]),
        limit=given.limit,
    )
    tenant = await _tenant(call)
    found, total = await call.control.read_records(
        lambda records: find_calls(records, tenant.key, query)
    )
    page = found[: query.limit]
    cursor = cursor_of(*place(page[-1])) if len(found) > query.limit else None
    return Answer(Page([_shown(one, tenant) for one in page], PageInfo(cursor, total)))


@family.get(
    LIVE,
    "A tenant's calls in progress",
    tiers=OPERATORS,
    right=Right.CALLS_READ,
    answer=LiveCalls,
    errors=(404,),
)
async def live(call: Call) -> Answer:
    tenant = await _tenant(call)
    going_on = call.part(Live).switch.calls(tenant.key)
    return Answer(LiveCalls([_shown(one, tenant) for one in going_on], len(going_on)))


@family.get(
    EXPORT,
    "A tenant's call records as CSV, newest first",
    tiers=OPERATORS,
    right=Right.CALLS_READ,
    query=CallFilter,
    answer=str,
    content_type="text/csv",
    errors=(404,),
)
async def export(call: Call) -> Answer:
    given: CallFilter = call.query
    query = replace(_query(given, given.party), limit=ROWS_AT_ONCE)
    slug = call.path["slug"]
    tenant = await call.control.change(
        call.caller, lambda change: calls.record_export(change, slug)
    )
    name = f'attachment; filename="calls-{tenant.slug}.csv"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    rows = _csv(call, tenant, query)
    return Answer(StreamingResponse(rows, headers=headers, media_type="text/csv; charset=utf-8"))


@family.get(
    ONE,
    "A call with its legs and its timeline",
    tiers=OPERATORS,
    right=Right.CALLS_READ,
    answer=CallDetail,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    tenant, key = await _tenant(call), call.path["id"]
    for going_on in call.part(Live).switch.calls(tenant.key):
        if going_on.call_key == calls.key_of(key):
            return Answer(_detail(going_on, tenant))
    found = await call.control.read_records(lambda records: calls.one(records, tenant, key))
    return Answer(_detail(found, tenant))


def _query(given: CallFilter | CallListQuery, party: str) -> CallQuery:
    return CallQuery(
        party.strip(), given.extension.strip(), given.since, given.until, given.disposition
    )


async def _tenant(call: Call) -> Tenant:
    """Raises Forbidden, NotFound."""

    def ask(database: Database) -> Tenant:
        return scope.enter_tenant(call.caller, database, call.path["slug"])

    return await call.control.read(ask)


async def _csv(call: Call, tenant: Tenant, query: CallQuery) -> AsyncIterator[str]:
    """Some hundred rows at a time, so that neither memory nor a reader is taken for long."""
    yield csv_lines([calls.COLUMNS])
    left = calls.LARGEST_EXPORT
    while left > 0:
        now = query
        found = await call.control.read_records(
            lambda records, now=now: next_calls(records, tenant.key, now)  # type: ignore[misc]
        )
        page = found[: min(query.limit, left)]
        if page:
            yield csv_lines(calls.rows(page, tenant.slug))
        if len(found) <= query.limit:
            return
        left -= len(page)
        query = replace(query, after=place(page[-1]))


def _facts(record: CallRecord, tenant: Tenant) -> dict[str, Any]:
    facts = dict(calls.summary(record, tenant.slug))
    facts["from_"] = facts.pop("from")
    return facts


def _shown(record: CallRecord, tenant: Tenant) -> CallView:
    return CallView(**_facts(record, tenant))


def _detail(record: CallRecord, tenant: Tenant) -> CallDetail:
    return CallDetail(
        **_facts(record, tenant),
        media=calls.media_seen(record.legs),
        legs=[_leg(leg) for leg in record.legs],
        timeline=[TimelineView(line.at, line.event, line.note) for line in record.timeline],
    )


def _leg(leg: LegRecord) -> LegView:
    return LegView(
        leg.direction,
        leg.number,
        leg.username,
        leg.remote_address,
        leg.transport,
        leg.user_agent,
        leg.outcome,
        leg.codec,
        leg.secure_media,
        leg.started_at,
        leg.answered_at,
        leg.ended_at,
        leg.received,
        leg.sent,
    )
