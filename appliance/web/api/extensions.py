"""`/v1/tenants/{slug}/extensions`: a tenant's lines (manual § 25.3.1)."""

from typing import Annotated

import msgspec

from appliance.control import extensions, scope
from appliance.control.caller import Right
from appliance.model.extensions import DEFAULT_RING_SECONDS, Extension
from appliance.store import rows
from appliance.store.conditions import Condition, like
from appliance.store.database import Database
from appliance.store.rows import NewExtension
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageQuery, cursor_of, key_of, page_of

family = Family("Extensions")

LIST = "/v1/tenants/{slug}/extensions"
ONE = "/v1/tenants/{slug}/extensions/{number}"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ExtensionView(msgspec.Struct):
    extension: str
    name: str
    enabled: bool
    shared: bool
    ring_seconds: int
    voicemail: str
    version: int


class ExtensionBody(msgspec.Struct, forbid_unknown_fields=True):
    extension: str
    name: Name
    enabled: bool = True
    shared: bool = False
    ring_seconds: int = DEFAULT_RING_SECONDS


class ExtensionEdit(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | None = None
    enabled: bool | None = None
    shared: bool | None = None
    ring_seconds: int | None = None


def shown(extension: Extension) -> ExtensionView:
    return ExtensionView(
        extension.number,
        extension.name,
        extension.enabled,
        extension.shared,
        extension.ring_seconds,
        "provisioned",
        extension.version,
    )


@family.get(
    LIST,
    "The extensions of a tenant",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=PageQuery,
    answer=Page[ExtensionView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    query: PageQuery = call.query

    def ask(database: Database) -> Page[ExtensionView]:
        tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
        after = key_of(query.cursor, 1)
        wanted = Condition("tenant_id = ?", tenant.key)
        if query.q:
            words = like(query.q)
            either = "number LIKE ? ESCAPE '\\' OR name LIKE ? ESCAPE '\\'"
            wanted &= Condition(either, f"{words}%", f"%{words}%")
        total = rows.count(database, "extensions", wanted.where, *wanted.values)
        if after:
            wanted &= Condition("number > ?", after[0])
        found = rows.load_extensions(
            database, f"{wanted.where} ORDER BY number LIMIT ?", *wanted.values, query.limit + 1
        )
        return page_of(
            [shown(each) for each in found],
            query.limit,
            total,
            lambda row: cursor_of(row.extension),
        )

    return Answer(await call.control.read(ask))


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
    return Answer(shown(made), 201, made.version)


@family.patch(
    ONE,
    "Change an extension",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=ExtensionEdit,
    answer=ExtensionView,
    errors=(404, 412),
)
async def edit(call: Call) -> Answer:
    wanted = msgspec.structs.asdict(call.body)
    made = await call.control.change(
        call.caller,
        lambda change: extensions.edit(
            change, call.path["slug"], call.path["number"], call.if_match, **wanted
        ),
    )
    return Answer(shown(made), version=made.version)
