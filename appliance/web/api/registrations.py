"""`/v1/registrations`: how devices stand with the registrar (manual § 22.2)."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from appliance.control import scope
from appliance.control.caller import Right
from appliance.control.live import Edge, Live
from appliance.model.bindings import RegistrationState
from appliance.model.devices import DeviceType
from appliance.store.conditions import Condition
from appliance.store.database import Database
from appliance.store.lines import Seat, SeatQuery, find_seats
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageInfo, PageQuery, cursor_of, key_of, order_of

family = Family("Registrations")

ALL = "/v1/registrations"
LIST = "/v1/tenants/{slug}/registrations"


class RegistrationView(msgspec.Struct):
    tenant: str
    extension: str
    display_name: str
    username: str
    name: str
    type: DeviceType
    status: RegistrationState
    address: str
    transport: str
    user_agent: str
    last_seen: datetime | None
    expires_at: datetime | None
    contacts: int
    rejection: str


class RegistrationQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """By tenant and extension; there is no other order."""

    status: RegistrationState | None = None


@family.get(
    ALL,
    "The devices of every tenant in scope, and how they stand",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=RegistrationQuery,
    answer=Page[RegistrationView],
)
async def listed(call: Call) -> Answer:
    return await _page(call, lambda _database: scope.tenants_in(call.caller))


@family.get(
    LIST,
    "The devices of a tenant, and how they stand",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=RegistrationQuery,
    answer=Page[RegistrationView],
    errors=(404,),
)
async def listed_of_tenant(call: Call) -> Answer:
    def within(database: Database) -> Condition:
        tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
        return Condition("tenants.key = ?", tenant.key)

    return await _page(call, within)


async def _page(call: Call, within: Callable[[Database], Condition]) -> Answer:
    query, edge = _query(call.query, call.part(Live).edge), call.part(Live).edge

    def ask(database: Database) -> tuple[list[Seat], int]:
        return find_seats(database, within(database), query)

    found, total = await call.control.read(ask)
    seats = found[: query.limit]
    more = len(found) > query.limit
    cursor = cursor_of(seats[-1].place, seats[-1].device.key) if more else None
    return Answer(Page([_shown(seat, edge) for seat in seats], PageInfo(cursor, total)))


def _query(given: RegistrationQuery, edge: Edge) -> SeatQuery:
    """Raises Invalid."""
    order_of(given.sort, {"extension": ""}, "")
    after = key_of(given.cursor, 2)
    idle = given.status is RegistrationState.IDLE
    devices = None
    if given.status is not None:
        states = edge.states().items()
        devices = [key for key, state in states if (state is given.status) is not idle]
    return SeatQuery(
        given.q.strip(),
        devices,
        idle,
        None if after is None else (after[0], after[1]),
        given.limit,
    )


def _shown(seat: Seat, edge: Edge) -> RegistrationView:
    device, now = seat.device, edge.registration(seat.device.key)
    return RegistrationView(
        tenant=seat.tenant,
        extension=seat.number,
        display_name=seat.extension,
        username=device.username,
        name=device.name,
        type=device.type,
        status=now.state if now else RegistrationState.IDLE,
        address=now.address if now else "",
        transport=now.transport if now else "",
        user_agent=now.user_agent if now else "",
        last_seen=now.last_seen if now else None,
        expires_at=now.expires_at if now else None,
        contacts=now.contacts if now else 0,
        rejection=now.rejection if now else "",
    )
