"""`/v1/tenants/{slug}/extensions`: a tenant's lines (manual § 9.2, § 9.3, § 25.3.1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from appliance.control import extensions, numbers, scope
from appliance.control.caller import Right
from appliance.control.extensions import Contents
from appliance.control.live import Edge, Live
from appliance.control.numbers import Hint
from appliance.model.bindings import RegistrationState
from appliance.model.extensions import DEFAULT_RING_SECONDS, Extension
from appliance.model.registrations import Registration
from appliance.store.database import Database
from appliance.store.lines import ORDERS, RANKS, Line, LineQuery, find_lines, line_of
from appliance.store.rows import NewExtension
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageInfo, PageQuery, cursor_of, key_of, order_of

family = Family("Extensions")

LIST = "/v1/tenants/{slug}/extensions"
NEXT = "/v1/tenants/{slug}/extensions/next"
ONE = "/v1/tenants/{slug}/extensions/{number}"
CONTENTS = "/v1/tenants/{slug}/extensions/{number}/contents"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Number = Annotated[str, msgspec.Meta(max_length=20)]


class ExtensionView(msgspec.Struct):
    """`status` is that of its best device if one is registered, else of its worst one; `devices`
    counts them, `registered` tells whether one is. `users` are the names of who answers it, the
    one whose primary it is first. `direct_did` and `caller_id` await numbers of the public
    network."""

    extension: str
    name: str
    enabled: bool
    shared: bool
    ring_seconds: int
    voicemail: str
    direct_did: str | None
    caller_id: str | None
    devices: int
    registered_devices: int
    registered: bool
    status: RegistrationState
    last_registration: datetime | None
    users: list[str]
    version: int


class ExtensionBody(msgspec.Struct, forbid_unknown_fields=True):
    extension: Number
    name: Name
    enabled: bool = True
    shared: bool = False
    ring_seconds: int = DEFAULT_RING_SECONDS


class ExtensionEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | None = None
    enabled: bool | None = None
    shared: bool | None = None
    ring_seconds: int | None = None


class ExtensionQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`sort`: extension, name, devices, status. `free`: those alone that a user may be linked to,
    shared ones or without a user."""

    status: RegistrationState | None = None
    enabled: bool | None = None
    free: bool = False


class NextQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`extension`: the number that is being typed; without it, the next free one is sought."""

    extension: Number = ""


def shown(line: Line, edge: Edge) -> ExtensionView:
    """For the event loop: the registrar is asked about its devices."""
    extension = line.extension
    found = standing(line, edge)
    online = sum(one.state is RegistrationState.REGISTERED for one in found)
    seen = [one.last_seen for one in found if one.last_seen is not None]
    return ExtensionView(
        extension=extension.number,
        name=extension.name,
        enabled=extension.enabled,
        shared=extension.shared,
        ring_seconds=extension.ring_seconds,
        voicemail="provisioned",
        direct_did=None,
        caller_id=None,
        devices=len(line.devices),
        registered_devices=online,
        registered=online > 0,
        status=rolled_up(found),
        last_registration=max(seen, default=None),
        users=list(line.users),
        version=extension.version,
    )


def standing(line: Line, edge: Edge) -> list[Registration]:
    found = [edge.registration(device) for device in line.devices]
    return [one for one in found if one is not None]


def rolled_up(devices: Sequence[Registration]) -> RegistrationState:
    states = [one.state for one in devices]
    return min(states, key=RANKS.__getitem__, default=RegistrationState.IDLE)


@family.get(
    LIST,
    "The extensions of a tenant",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=ExtensionQuery,
    answer=Page[ExtensionView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    query, edge = _query(call.query), call.part(Live).edge
    standings = edge.states() if query.wants_standings else {}

    def ask(database: Database) -> tuple[list[Line], int]:
        tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
        return find_lines(database, tenant.key, query, standings)

    found, total = await call.control.read(ask)
    lines = found[: query.limit]
    more = len(found) > query.limit
    cursor = cursor_of(lines[-1].place, lines[-1].extension.key) if more else None
    return Answer(Page([shown(line, edge) for line in lines], PageInfo(cursor, total)))


@family.post(
    LIST,
    "Create an extension, with its mailbox",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=ExtensionBody,
    answer=ExtensionView,
    status=201,
    errors=(404, 409),
)
async def create(call: Call) -> Answer:
    body: ExtensionBody = call.body
    new = NewExtension(body.extension, body.name, body.enabled, body.ring_seconds, body.shared)
    made = await call.control.change(
        call.caller, lambda change: extensions.create(change, call.path["slug"], new)
    )
    return await _answer(call, made, 201)


@family.get(
    NEXT,
    "Whether a number is free, and which is next",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=NextQuery,
    answer=Hint,
    errors=(404,),
)
async def following(call: Call) -> Answer:
    query: NextQuery = call.query

    def ask(database: Database) -> Hint:
        tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
        return numbers.hint(database, tenant, query.extension)

    return Answer(await call.control.read(ask))


@family.get(
    ONE,
    "An extension",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=ExtensionView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    return await _answer(call, await call.control.read(lambda database: found(call, database)))


@family.patch(
    ONE,
    "Change an extension",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=ExtensionEdit,
    answer=ExtensionView,
    errors=(404, 409, 412),
)
async def edit(call: Call) -> Answer:
    wanted = msgspec.structs.asdict(call.body)
    made = await call.control.change(
        call.caller,
        lambda change: extensions.edit(
            change, call.path["slug"], call.path["number"], call.if_match, **wanted
        ),
    )
    return await _answer(call, made)


@family.get(
    CONTENTS,
    "What goes with an extension when it is deleted",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=Contents,
    errors=(404,),
)
async def contents(call: Call) -> Answer:
    def ask(database: Database) -> Contents:
        return extensions.contents(database, found(call, database))

    return Answer(await call.control.read(ask))


@family.delete(
    ONE,
    "Delete an extension with its devices and its mailbox",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    errors=(404, 412),
)
async def delete(call: Call) -> Answer:
    slug, number = call.path["slug"], call.path["number"]
    await call.control.change(
        call.caller, lambda change: extensions.delete(change, slug, number, call.if_match)
    )
    return Answer(status=204)


def found(call: Call, database: Database) -> Extension:
    """The extension that the path names. Raises Forbidden, NotFound."""
    tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
    return extensions.of_number(database, tenant, call.path["number"])


def _query(given: ExtensionQuery) -> LineQuery:
    """Raises Invalid."""
    order = order_of(given.sort, ORDERS, "extensions.key")
    after = key_of(given.cursor, 2)
    return LineQuery(
        q=given.q.strip(),
        status=given.status,
        enabled=given.enabled,
        free=given.free,
        sort=given.sort.removeprefix("-") or "extension",
        descending=order.descending,
        after=None if after is None else (after[0], after[1]),
        limit=given.limit,
    )


async def _answer(call: Call, extension: Extension, status: int = 200) -> Answer:
    line = await call.control.read(lambda database: line_of(database, extension))
    return Answer(shown(line, call.part(Live).edge), status, extension.version)
