"""`/v1/overview`: the figures of a scope, and what this box is (manual § 3.2, § 4.4, § 9.2)."""

import msgspec

from appliance.control import overview, scope
from appliance.control.caller import Right
from appliance.control.feed import Feed
from appliance.control.live import Live
from appliance.control.overview import Figures, Place, TenantFigures
from appliance.control.registrations import StateCounts
from appliance.model.bindings import RegistrationState
from appliance.model.tenants import Tenant
from appliance.store.database import Database
from appliance.web.api.operation import OPERATORS, Answer, Call, Family

family = Family("Overview")


class BoxView(msgspec.Struct):
    """`environment` is `PROD` or `STAGING`; `configuration` counts the changes ever made."""

    brand: str
    environment: str
    version: str
    region: str
    build: str
    configuration: int


class OverviewView(msgspec.Struct):
    """`resellers` is null but for the platform. `live_calls` are those in progress,
    `registered_devices` those online. `status` is `operational` or `degraded`."""

    box: BoxView
    resellers: int | None
    tenants: int
    suspended_tenants: int
    extensions: int
    devices: int
    users: int
    registered_devices: int
    live_calls: int
    status: str


class CapView(msgspec.Struct):
    """`cap` 0: unlimited."""

    used: int
    cap: int


class TenantOverviewView(msgspec.Struct):
    """`devices_by_status` counts devices, `extensions_by_status` extensions by how they stand."""

    tenant: str
    name: str
    extensions: CapView
    devices: CapView
    live_calls: CapView
    users: int
    devices_by_status: dict[RegistrationState, int]
    extensions_by_status: dict[RegistrationState, int]


@family.get(
    "/v1/overview",
    "The figures of the caller's scope",
    tiers=OPERATORS,
    right=Right.TENANCY_READ,
    answer=OverviewView,
)
async def of_scope(call: Call) -> Answer:
    def ask(database: Database) -> tuple[Place, Figures]:
        return overview.place(database), overview.figures(call.caller, database)

    place, figures = await call.control.read(ask)
    live = call.part(Live)
    counts = call.part(Feed).counts_seen(call.caller)
    facts = live.facts
    healthy = all(one.state == "up" for one in live.components())
    box = BoxView(
        facts.brand,
        place.environment,
        facts.version,
        place.region,
        facts.build,
        place.configuration,
    )
    return Answer(
        OverviewView(
            box,
            figures.resellers,
            figures.tenants,
            figures.suspended_tenants,
            figures.extensions,
            figures.devices,
            figures.users,
            counts["registered"],
            counts["live_calls"],
            "operational" if healthy else "degraded",
        )
    )


@family.get(
    "/v1/tenants/{slug}/overview",
    "The figures of a tenant",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=TenantOverviewView,
    errors=(404,),
)
async def of_tenant(call: Call) -> Answer:
    live = call.part(Live)
    standings = live.edge.states()

    def ask(database: Database) -> tuple[Tenant, TenantFigures]:
        tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
        return tenant, overview.tenant_figures(database, tenant, standings)

    tenant, found = await call.control.read(ask)
    figures = found.figures
    states = dict(call.part(StateCounts).of(tenant.key))
    states[RegistrationState.IDLE] = figures.devices - sum(states.values())
    return Answer(
        TenantOverviewView(
            tenant.slug,
            tenant.name,
            CapView(figures.extensions, found.extensions_cap),
            CapView(figures.devices, found.devices_cap),
            CapView(live.switch.count(tenant.key), found.concurrent_calls_cap),
            figures.users,
            {state: states.get(state, 0) for state in RegistrationState},
            found.extensions_by_status,
        )
    )
