"""`/v1/resellers`: white-label partners (manual § 5.1–5.4); a reseller sees itself alone."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from appliance.control import resellers, scope
from appliance.control.caller import Right
from appliance.control.resellers import HIGHEST_CAP, NewReseller, ResellerEdit
from appliance.model.accounts import AccountStatus, Tier
from appliance.model.resellers import PLAN, Entitlement, ResellerKey, ResellerStatus
from appliance.store.conditions import ALL, Condition, like
from appliance.store.database import Database
from appliance.store.orders import page_of_keys
from appliance.store.tenancy import ResellerFacts, reseller_facts
from appliance.web.api.operation import PARTNERS, PLATFORM, Answer, Call, Family
from appliance.web.api.pages import Page, PageQuery, cursor_of, key_of, order_of, page_of

family = Family("Resellers")

LIST = "/v1/resellers"
ONE = "/v1/resellers/{code}"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Code = Annotated[str, msgspec.Meta(min_length=2, max_length=16)]
Email = Annotated[str, msgspec.Meta(max_length=254)]
Word = Annotated[str, msgspec.Meta(max_length=80)]
Cap = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_CAP)]

SORTS = {
    "name": "lower(resellers.name)",
    "code": "resellers.code",
    "status": "resellers.status",
    "tenants": "(SELECT count(*) FROM tenants WHERE reseller_id = resellers.key)",
}


class CapsView(msgspec.Struct):
    """Ceilings over all its tenants together; null is none."""

    tenants: int | None
    extensions: int | None
    numbers: int | None
    concurrent_pstn: int | None
    rooms: int | None


class UsedView(msgspec.Struct):
    tenants: int
    extensions: int


class LoginView(msgspec.Struct):
    """The first login, that of the primary admin or owner."""

    username: str
    name: str
    email: str
    status: AccountStatus


class ResellerView(msgspec.Struct):
    code: str
    name: str
    admin_email: str
    plan: str
    region: str
    status: ResellerStatus
    caps: CapsView
    used: UsedView
    entitlements: dict[Entitlement, bool]
    admin: LoginView | None
    created_at: datetime
    version: int


class CapsBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is not given is as the plan says, or stays; null is no ceiling."""

    tenants: Cap | UnsetType | None = UNSET
    extensions: Cap | UnsetType | None = UNSET
    numbers: Cap | UnsetType | None = UNSET
    concurrent_pstn: Cap | UnsetType | None = UNSET
    rooms: Cap | UnsetType | None = UNSET


class ResellerBody(msgspec.Struct, forbid_unknown_fields=True):
    """`admin_email` gets an invitation to set a password."""

    name: Name
    code: Code
    admin_email: Email
    admin_name: Word = ""
    plan: Word = PLAN
    region: Word = ""
    caps: CapsBody = msgspec.field(default_factory=CapsBody)
    entitlements: dict[Entitlement, bool] = msgspec.field(default_factory=dict)


class ResellerEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """`code` can be changed until there is a tenant."""

    name: Name | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    admin_email: Email | UnsetType = UNSET
    plan: Word | UnsetType = UNSET
    region: Word | UnsetType = UNSET
    status: ResellerStatus | UnsetType = UNSET
    caps: CapsBody = msgspec.field(default_factory=CapsBody)
    entitlements: dict[Entitlement, bool] = msgspec.field(default_factory=dict)


class ResellerQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`q` searches name and code; `sort` is one of name, code, status, tenants."""

    status: ResellerStatus | None = None


class Confirm(msgspec.Struct, forbid_unknown_fields=True):
    """What a person typed to confirm."""

    confirm: Word = ""


def given(body: msgspec.Struct) -> dict[str, object]:
    """The fields that a body has."""
    return {k: v for k, v in msgspec.structs.asdict(body).items() if v is not UNSET}


def shown(facts: ResellerFacts) -> ResellerView:
    reseller, admin = facts.reseller, facts.admin
    return ResellerView(
        *(reseller.code, reseller.name, reseller.admin_email, reseller.plan, reseller.region),
        reseller.status,
        CapsView(**asdict(reseller.caps)),
        UsedView(facts.tenants, facts.extensions),
        {each: each in reseller.entitlements for each in Entitlement},
        LoginView(admin.username, admin.name, admin.email, admin.status) if admin else None,
        facts.created_at,
        reseller.version,
    )


@family.get(
    LIST,
    "The resellers, with what they use of their caps",
    tiers=PARTNERS,
    right=Right.TENANCY_READ,
    query=ResellerQuery,
    answer=Page[ResellerView],
)
async def listed(call: Call) -> Answer:
    query: ResellerQuery = call.query
    order = order_of(query.sort, SORTS, "resellers.key")
    last = key_of(query.cursor, 2)
    wanted = _visible(call)
    if query.status is not None:
        wanted &= Condition("resellers.status = ?", query.status.value)
    if query.q:
        inside = f"%{like(query.q)}%"
        wanted &= Condition(
            "resellers.name LIKE ? ESCAPE '\\' OR code LIKE ? ESCAPE '\\'", inside, inside
        )

    def ask(database: Database) -> Page[ResellerView]:
        keys, total = page_of_keys(database, "resellers", wanted, order, last, query.limit)
        facts = reseller_facts(database, [ResellerKey(key) for key in keys])
        rows = [(key, place, facts[ResellerKey(key)]) for key, place in keys.items()]
        page = page_of(rows, query.limit, total, lambda row: cursor_of(row[1], row[0]))
        return Page([shown(row[2]) for row in page.data], page.page)

    return Answer(await call.control.read(ask))


@family.post(
    LIST,
    "Create a reseller and invite its primary admin",
    tiers=PLATFORM,
    right=Right.TENANCY_WRITE,
    body=ResellerBody,
    answer=ResellerView,
    status=201,
    errors=(409,),
)
async def create(call: Call) -> Answer:
    wanted = given(call.body) | {"caps": given(call.body.caps)}
    new = NewReseller(**wanted)  # type: ignore[arg-type]
    made = await call.control.change(call.caller, lambda change: resellers.create(change, new))
    return Answer(shown(made), 201, made.reseller.version)


@family.get(
    ONE,
    "One reseller",
    tiers=PARTNERS,
    right=Right.TENANCY_READ,
    answer=ResellerView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    def ask(database: Database) -> ResellerFacts:
        found = scope.enter_reseller(call.caller, database, call.path["code"])
        return reseller_facts(database, [found.key])[found.key]

    facts = await call.control.read(ask)
    return Answer(shown(facts), version=facts.reseller.version)


@family.patch(
    ONE,
    "Change a reseller: its fields, caps, entitlements, status",
    tiers=PLATFORM,
    right=Right.TENANCY_WRITE,
    body=ResellerEditBody,
    answer=ResellerView,
    errors=(404, 409, 412),
)
async def edit(call: Call) -> Answer:
    wanted = given(call.body) | {"caps": given(call.body.caps)}
    changed = ResellerEdit(**wanted)  # type: ignore[arg-type]
    now = await call.control.change(
        call.caller,
        lambda change: resellers.edit(change, call.path["code"], call.if_match, changed),
    )
    return Answer(shown(now), version=now.reseller.version)


@family.delete(
    ONE,
    "Delete a reseller that owns no tenants; `confirm` is its short code",
    tiers=PLATFORM,
    right=Right.TENANCY_WRITE,
    body=Confirm,
    query=Confirm,
    errors=(404, 409, 412),
)
async def delete(call: Call) -> Answer:
    confirm = call.body.confirm or call.query.confirm
    await call.control.change(
        call.caller,
        lambda change: resellers.delete(change, call.path["code"], call.if_match, confirm),
    )
    return Answer(status=204)


def _visible(call: Call) -> Condition:
    """A reseller sees itself alone."""
    if call.caller.tier is Tier.PLATFORM:
        return ALL
    return scope.own_rows(call.caller, "resellers.key", "NULL")
