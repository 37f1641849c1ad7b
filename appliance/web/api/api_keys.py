"""`/v1/api-keys`: the keys of integrations (manual § 25.5)."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from appliance.control import api_keys, scope
from appliance.control.api_keys import ApiKeys, MadeApiKey, NewApiKey
from appliance.control.caller import Right
from appliance.model.accounts import Tier
from appliance.model.api_keys import ApiKey, ApiKeyState
from appliance.store.api_keys import count, load
from appliance.store.conditions import Condition, like
from appliance.store.database import Database
from appliance.store.moments import to_number
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageQuery, cursor_of, key_of, page_of

family = Family("API keys")

LIST = "/v1/api-keys"
ONE = "/v1/api-keys/{id}"

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ApiKeyView(msgspec.Struct):
    """`reseller` is the code and `tenant` the slug that the key is bound to."""

    id: str
    label: str
    tier: Tier
    reseller: str | None
    tenant: str | None
    scopes: list[str]
    state: ApiKeyState
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeApiKeyView(ApiKeyView):
    """`secret` is shown this once; it cannot be retrieved again."""

    secret: str


class ApiKeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without `tier`, `reseller` and `tenant` the key is bound to the caller's own scope."""

    label: Label
    scopes: Annotated[list[Right], msgspec.Meta(min_length=1, max_length=20)]
    tier: Literal["platform", "reseller", "tenant"] | None = None
    reseller: Annotated[str, msgspec.Meta(max_length=40)] = ""
    tenant: Annotated[str, msgspec.Meta(max_length=80)] = ""
    expires_at: datetime | None = None


class ApiKeyEdit(msgspec.Struct, forbid_unknown_fields=True):
    label: Label


class ApiKeyQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`q` searches the labels; `tenant` narrows to a slug. The newest come first."""

    tenant: Annotated[str, msgspec.Meta(max_length=80)] = ""
    state: ApiKeyState | None = None


def shown(call: Call, key: ApiKey) -> ApiKeyView:
    snapshot = call.control.store.snapshot
    tenant = snapshot.tenant(key.tenant) if key.tenant is not None else None
    reseller = snapshot.reseller(key.reseller) if key.reseller is not None else None
    return ApiKeyView(
        key.public_id,
        key.label,
        key.tier,
        reseller.code.lower() if reseller else None,
        tenant.slug if tenant else None,
        sorted(key.rights),
        key.state(call.control.clock.wall()),
        key.made_by,
        key.created_at,
        key.expires_at,
        call.part(ApiKeys).last_used(key),
        key.revoked_at,
    )


def revealed(call: Call, made: MadeApiKey) -> MadeApiKeyView:
    facts = msgspec.structs.asdict(shown(call, made.key))
    return MadeApiKeyView(**facts, secret=made.secret)


@family.get(
    LIST,
    "The API keys in scope",
    tiers=OPERATORS,
    right=Right.KEYS_WRITE,
    query=ApiKeyQuery,
    answer=Page[ApiKeyView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    query: ApiKeyQuery = call.query
    now = call.control.clock.wall()

    def ask(database: Database) -> tuple[list[ApiKey], int]:
        wanted = api_keys.visible(call.caller)
        if query.tenant:
            tenant = scope.enter_tenant(call.caller, database, query.tenant)
            wanted &= Condition("tenant_id = ?", tenant.key)
        if query.q:
            wanted &= Condition("label LIKE ? ESCAPE '\\'", f"%{like(query.q)}%")
        if query.state:
            wanted &= _in_state(query.state, now)
        total = count(database, wanted)
        after = key_of(query.cursor, 1)
        if after:
            wanted &= Condition("key < ?", after[0])
        return load(database, wanted, "ORDER BY key DESC LIMIT ?", query.limit + 1), total

    found, total = await call.control.read(ask)
    last_keys = {key.public_id: key.key for key in found}
    views = [shown(call, key) for key in found]
    return Answer(page_of(views, query.limit, total, lambda row: cursor_of(last_keys[row.id])))


@family.post(
    LIST,
    "Create an API key; the answer shows its secret, this once",
    tiers=OPERATORS,
    right=Right.KEYS_WRITE,
    body=ApiKeyBody,
    answer=MadeApiKeyView,
    status=201,
    errors=(404, 409),
)
async def create(call: Call) -> Answer:
    body: ApiKeyBody = call.body
    new = NewApiKey(
        body.label, body.scopes, body.tier or "", body.reseller, body.tenant, body.expires_at
    )
    made = await call.control.change(call.caller, lambda change: api_keys.create(change, new))
    return Answer(revealed(call, made), 201)


@family.get(
    ONE,
    "One API key",
    tiers=OPERATORS,
    right=Right.KEYS_WRITE,
    answer=ApiKeyView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    found = await call.control.read(
        lambda database: api_keys.find(database, call.caller, call.path["id"])
    )
    return Answer(shown(call, found))


@family.patch(
    ONE,
    "Give an API key another label",
    tiers=OPERATORS,
    right=Right.KEYS_WRITE,
    body=ApiKeyEdit,
    answer=ApiKeyView,
    errors=(404,),
)
async def edit(call: Call) -> Answer:
    now = await call.control.change(
        call.caller, lambda change: api_keys.edit(change, call.path["id"], call.body.label)
    )
    return Answer(shown(call, now))


@family.post(
    f"{ONE}/secret",
    "Rotate an API key: a new secret, shown this once; the old one is refused at once",
    tiers=OPERATORS,
    right=Right.KEYS_WRITE,
    answer=MadeApiKeyView,
    errors=(404, 409),
)
async def rotate(call: Call) -> Answer:
    made = await call.control.change(
        call.caller, lambda change: api_keys.rotate(change, call.path["id"])
    )
    return Answer(revealed(call, made))


@family.delete(
    ONE,
    "Revoke an API key; it stays in the list",
    tiers=OPERATORS,
    right=Right.KEYS_WRITE,
    errors=(404,),
)
async def revoke(call: Call) -> Answer:
    await call.control.change(call.caller, lambda change: api_keys.revoke(change, call.path["id"]))
    return Answer(status=204)


def _in_state(state: ApiKeyState, now: datetime) -> Condition:
    match state:
        case ApiKeyState.REVOKED:
            return Condition("revoked_at NOT NULL")
        case ApiKeyState.EXPIRED:
            return Condition("revoked_at IS NULL AND expires_at <= ?", to_number(now))
        case _:
            return Condition(
                "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", to_number(now)
            )
