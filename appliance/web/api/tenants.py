"""`/v1/tenants`: customer organisations (manual ch. 6), and those of one reseller (§ 25.5.1)."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from appliance.control import contents, handles, scope, tenants
from appliance.control.caller import Right
from appliance.control.passwords import NewPassword, Passwords
from appliance.control.tenants import HIGHEST_CAP, NewTenant, TenantEdit, effective_status
from appliance.model.accounts import Account, AccountKey, AccountStatus, Tier
from appliance.model.tenants import Capability, TenantKey, TenantStatus
from appliance.store.conditions import Condition, like
from appliance.store.database import Database
from appliance.store.orders import page_of_keys
from appliance.store.tenancy import (
    EFFECTIVE_STATUS,
    WITH_RESELLERS,
    TenantCounts,
    TenantFacts,
    count_tenants,
    tenant_facts,
)
from appliance.web.api.operation import OPERATORS, PARTNERS, Answer, Call, Family
from appliance.web.api.pages import PageInfo, PageQuery, cursor_of, key_of, order_of, page_of
from appliance.web.api.resellers import Confirm, Email, LoginView, Name, Word, given

family = Family("Tenants")

LIST = "/v1/tenants"
ONE = "/v1/tenants/{slug}"
OF_RESELLER = "/v1/resellers/{code}/tenants"

Cap = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_CAP)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

SORTS = {
    "name": "lower(tenants.name)",
    "slug": "tenants.slug",
    "reseller": "coalesce(lower(resellers.name), '')",
    "status": EFFECTIVE_STATUS,
    "extensions": "(SELECT count(*) FROM extensions WHERE tenant_id = tenants.key)",
    "created": "tenants.created_at",
}


class TenantCapsView(msgspec.Struct):
    """The licence's ceilings; 0 is unlimited."""

    extensions: int
    devices: int
    numbers: int
    concurrent_calls: int


class TenantUsedView(msgspec.Struct):
    extensions: int
    devices: int


class TenantView(msgspec.Struct):
    """`tenant_id` is the slug. `reseller` is its code in lower case, null for a direct tenant.
    `effective_status` is suspended where its reseller is, whatever its own `status`."""

    tenant_id: str
    slug: str
    name: str
    status: TenantStatus
    effective_status: TenantStatus
    reseller: str | None
    reseller_name: str | None
    dial_prefix: str
    country: str
    time_zone: str
    caps: TenantCapsView
    used: TenantUsedView
    capabilities: dict[Capability, bool]
    users: int
    owner: LoginView | None
    created_at: datetime
    version: int


class TenantCountsView(msgspec.Struct):
    """Over the caller's whole scope, whatever the list is narrowed to."""

    tenants: int
    active: int
    suspended: int
    extensions: int


class TenantPage(msgspec.Struct):
    data: list[TenantView]
    page: PageInfo
    counts: TenantCountsView


class TenantCapsBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is not given is unlimited, or stays; 0 is unlimited."""

    extensions: Cap | UnsetType = UNSET
    devices: Cap | UnsetType = UNSET
    numbers: Cap | UnsetType = UNSET
    concurrent_calls: Cap | UnsetType = UNSET


class TenantOfResellerBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without `slug` one is made from the name. `owner_email` makes the owner's login: with
    `owner_password`, or else with an invitation."""

    name: Name
    slug: Word = ""
    owner_email: Email = ""
    owner_name: Word = ""
    owner_password: Password | None = None
    dial_prefix: Word = ""
    country: Word = "SG"
    time_zone: Word = "Asia/Singapore"
    caps: TenantCapsBody = msgspec.field(default_factory=TenantCapsBody)
    capabilities: dict[Capability, bool] = msgspec.field(default_factory=dict)


class TenantBody(TenantOfResellerBody, forbid_unknown_fields=True):
    """`reseller` is a code; without one the tenant is direct, or the reseller's that asks."""

    reseller: Word = ""


class TenantEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """Slug and reseller are fixed."""

    name: Name | UnsetType = UNSET
    dial_prefix: Word | UnsetType = UNSET
    country: Word | UnsetType = UNSET
    time_zone: Word | UnsetType = UNSET
    status: TenantStatus | UnsetType = UNSET
    caps: TenantCapsBody = msgspec.field(default_factory=TenantCapsBody)
    capabilities: dict[Capability, bool] = msgspec.field(default_factory=dict)


class TenantOfResellerQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`q` searches name and slug; `sort` is one of name, slug, reseller, status, extensions,
    created; `status` is the effective one."""

    status: TenantStatus | None = None


class TenantQuery(TenantOfResellerQuery, kw_only=True, forbid_unknown_fields=True):
    """`reseller` is a code, or `direct` for those without one."""

    reseller: Word = ""


class ContentView(msgspec.Struct):
    noun: str
    count: int
    words: str


class ContentsView(msgspec.Struct):
    """What would be deleted with the tenant; `words` says it in a sentence."""

    data: list[ContentView]
    words: str


def shown(facts: TenantFacts) -> TenantView:
    tenant, reseller, owner = facts.tenant, facts.reseller, facts.owner
    return TenantView(
        *(tenant.slug, tenant.slug, tenant.name, tenant.status),
        effective_status(tenant, reseller),
        reseller.code.lower() if reseller else None,
        reseller.name if reseller else None,
        *(tenant.dial_prefix, tenant.country, tenant.time_zone),
        TenantCapsView(**asdict(tenant.caps)),
        TenantUsedView(facts.extensions, facts.devices),
        {each: each in tenant.capabilities for each in Capability},
        facts.users,
        LoginView(owner.username, owner.name, owner.email, owner.status) if owner else None,
        facts.created_at,
        tenant.version,
    )


@family.get(
    LIST,
    "The tenants in scope, with what they use of their licences",
    tiers=OPERATORS,
    right=Right.TENANCY_READ,
    query=TenantQuery,
    answer=TenantPage,
)
async def listed(call: Call) -> Answer:
    query: TenantQuery = call.query
    narrowed = Condition("1")
    if query.reseller == "direct":
        narrowed = Condition("tenants.reseller_id IS NULL")
    elif query.reseller:
        narrowed = Condition("resellers.code = ?", query.reseller.upper())
    return Answer(await call.control.read(lambda database: _page(call, database, narrowed)))


@family.get(
    OF_RESELLER,
    "The tenants of a reseller",
    tiers=PARTNERS,
    right=Right.TENANCY_READ,
    query=TenantOfResellerQuery,
    answer=TenantPage,
    errors=(404,),
)
async def listed_of_reseller(call: Call) -> Answer:
    def ask(database: Database) -> TenantPage:
        reseller = scope.enter_reseller(call.caller, database, call.path["code"])
        return _page(call, database, Condition("tenants.reseller_id = ?", reseller.key))

    return Answer(await call.control.read(ask))


@family.post(
    LIST,
    "Create a tenant, and its owner's login",
    tiers=PARTNERS,
    right=Right.TENANCY_WRITE,
    body=TenantBody,
    answer=TenantView,
    status=201,
    errors=(409,),
)
async def create(call: Call) -> Answer:
    return await _create(call, call.body.reseller)


@family.post(
    OF_RESELLER,
    "Create a tenant of a reseller, and its owner's login",
    tiers=PARTNERS,
    right=Right.TENANCY_WRITE,
    body=TenantOfResellerBody,
    answer=TenantView,
    status=201,
    errors=(404, 409),
)
async def create_of_reseller(call: Call) -> Answer:
    code = call.path["code"]
    await call.control.read(lambda database: scope.enter_reseller(call.caller, database, code))
    return await _create(call, code)


@family.get(
    ONE,
    "One tenant",
    tiers=OPERATORS,
    right=Right.TENANCY_READ,
    answer=TenantView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    def ask(database: Database) -> TenantFacts:
        found = scope.enter_tenant(call.caller, database, call.path["slug"])
        return tenants.facts(database, found)

    facts = await call.control.read(ask)
    return Answer(shown(facts), version=facts.tenant.version)


@family.patch(
    ONE,
    "Change a tenant: its fields, licence, status",
    tiers=PARTNERS,
    right=Right.TENANCY_WRITE,
    body=TenantEditBody,
    answer=TenantView,
    errors=(404, 409, 412),
)
async def edit(call: Call) -> Answer:
    wanted = given(call.body) | {"caps": given(call.body.caps)}
    changed = TenantEdit(**wanted)  # type: ignore[arg-type]
    now = await call.control.change(
        call.caller,
        lambda change: tenants.edit(change, call.path["slug"], call.if_match, changed),
    )
    return Answer(shown(now), version=now.tenant.version)


@family.get(
    f"{ONE}/contents",
    "What a tenant owns, and would be deleted with it",
    tiers=OPERATORS,
    right=Right.TENANCY_READ,
    answer=ContentsView,
    errors=(404,),
)
async def owned(call: Call) -> Answer:
    counts = await tenants.counts(call.control, call.caller, call.path["slug"])
    rows = [ContentView(each.noun.name, each.count, each.words) for each in counts]
    return Answer(ContentsView(rows, contents.sentence(counts)))


@family.delete(
    ONE,
    "Delete a tenant and everything it owns; `confirm` is its slug",
    tiers=PARTNERS,
    right=Right.TENANCY_WRITE,
    body=Confirm,
    query=Confirm,
    errors=(404, 412),
)
async def delete(call: Call) -> Answer:
    confirm = call.body.confirm or call.query.confirm
    await tenants.delete(call.control, call.caller, call.path["slug"], call.if_match, confirm)
    return Answer(status=204)


async def _create(call: Call, reseller: str) -> Answer:
    body: TenantOfResellerBody = call.body
    wanted = given(body) | {"caps": given(body.caps), "reseller": reseller}
    if body.owner_password is not None:
        wanted["owner_password"] = await _owner_password(call, body, body.owner_password)
    new = NewTenant(**wanted)  # type: ignore[arg-type]
    made = await call.control.change(call.caller, lambda change: tenants.create(change, new))
    return Answer(shown(made), 201, made.tenant.version)


async def _owner_password(call: Call, body: TenantOfResellerBody, password: str) -> NewPassword:
    """Checked before anything is written (manual § 6.3.2). Raises Invalid, TooMany."""
    owner = Account(
        *(AccountKey(0), Tier.TENANT, body.slug or handles.derived_slug(body.name)),
        *(body.owner_name or body.name, body.owner_email, AccountStatus.INVITED),
    )
    return await call.part(Passwords).chosen(password, owner, "owner_password")


def _page(call: Call, database: Database, narrowed: Condition) -> TenantPage:
    query: TenantOfResellerQuery = call.query
    order = order_of(query.sort, SORTS, "tenants.key")
    last = key_of(query.cursor, 2)
    within = scope.tenants_in(call.caller)
    wanted = within & narrowed & _asked(query)
    keys, total = page_of_keys(database, WITH_RESELLERS, wanted, order, last, query.limit)
    facts = tenant_facts(database, [TenantKey(key) for key in keys])
    rows = [(key, place, facts[TenantKey(key)]) for key, place in keys.items()]
    page = page_of(rows, query.limit, total, lambda row: cursor_of(row[1], row[0]))
    counts = count_tenants(database, within)
    return TenantPage([shown(row[2]) for row in page.data], page.page, _counted(counts))


def _asked(query: TenantOfResellerQuery) -> Condition:
    wanted = Condition("1")
    if query.status is not None:
        wanted &= Condition(f"({EFFECTIVE_STATUS}) = ?", query.status.value)
    if query.q:
        inside = f"%{like(query.q)}%"
        wanted &= Condition(
            "tenants.name LIKE ? ESCAPE '\\' OR tenants.slug LIKE ? ESCAPE '\\'", inside, inside
        )
    return wanted


def _counted(counts: TenantCounts) -> TenantCountsView:
    return TenantCountsView(**asdict(counts))
