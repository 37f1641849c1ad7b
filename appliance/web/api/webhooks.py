"""`/v1/webhooks`: subscriptions to events, and the log of their deliveries (manual § 25.6.2)."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from appliance.control import scope, webhooks
from appliance.control.api_settings import ApiSettingsInForce
from appliance.control.caller import Right
from appliance.control.errors import Invalid
from appliance.control.outward import NotAllowed, Outward
from appliance.control.webhooks import MadeWebhook, NewWebhook
from appliance.model.accounts import Tier
from appliance.model.webhooks import (
    Delivery,
    DeliveryState,
    Webhook,
    WebhookEvent,
    WebhookState,
)
from appliance.store import deliveries as stored_deliveries
from appliance.store import webhooks as stored
from appliance.store.conditions import Condition, like
from appliance.store.database import Database
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageQuery, cursor_of, key_of, page_of

family = Family("Webhooks")

LIST = "/v1/webhooks"
ONE = "/v1/webhooks/{id}"
DELIVERIES = "/v1/webhooks/{id}/deliveries"
DELIVERY = "/v1/webhooks/{id}/deliveries/{delivery}"

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Label = Annotated[str, msgspec.Meta(max_length=200)]
Events = Annotated[list[WebhookEvent], msgspec.Meta(min_length=1, max_length=20)]


class WebhookView(msgspec.Struct):
    """`reseller` is the code and `tenant` the slug in whose scope it hears. `state` disabled: it
    failed for a day."""

    id: str
    label: str
    url: str
    events: list[WebhookEvent]
    tier: Tier
    reseller: str | None
    tenant: str | None
    state: WebhookState
    failing_since: datetime | None
    created_at: datetime
    version: int


class MadeWebhookView(WebhookView):
    """`secret` signs what is sent; it is shown this once."""

    secret: str


class WebhookBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without `tier`, `reseller` and `tenant` it hears of what is in the caller's own scope."""

    url: Url
    events: Events
    label: Label = ""
    tier: Literal["platform", "reseller", "tenant"] | None = None
    reseller: Annotated[str, msgspec.Meta(max_length=40)] = ""
    tenant: Annotated[str, msgspec.Meta(max_length=80)] = ""


class WebhookEdit(msgspec.Struct, forbid_unknown_fields=True):
    """`enabled` true switches a paused or disabled webhook on again."""

    url: Url | None = None
    events: Events | None = None
    label: Label | None = None
    enabled: bool | None = None


class WebhookQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`q` searches labels and URLs; `tenant` narrows to a slug. The newest come first."""

    tenant: Annotated[str, msgspec.Meta(max_length=80)] = ""
    state: WebhookState | None = None


class DeliveryView(msgspec.Struct):
    """`answer_status` and `answer` are what came back at the last try, or why nothing did."""

    id: str
    event: str
    state: DeliveryState
    tries: int
    created_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    answer_status: int | None
    answer: str


class DeliveryDetail(DeliveryView):
    """`body` is what is sent."""

    body: str


class DeliveryQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """The newest come first."""

    state: DeliveryState | None = None


def shown(call: Call, webhook: Webhook) -> WebhookView:
    snapshot = call.control.store.snapshot
    tenant = snapshot.tenant(webhook.tenant) if webhook.tenant is not None else None
    reseller = snapshot.reseller(webhook.reseller) if webhook.reseller is not None else None
    return WebhookView(
        webhook.public_id,
        webhook.label,
        webhook.url,
        sorted(webhook.events),
        webhook.tier,
        reseller.code.lower() if reseller else None,
        tenant.slug if tenant else None,
        webhook.state,
        webhook.failing_since,
        webhook.created_at,
        webhook.version,
    )


def revealed(call: Call, made: MadeWebhook) -> MadeWebhookView:
    facts = msgspec.structs.asdict(shown(call, made.webhook))
    return MadeWebhookView(**facts, secret=made.secret)


def logged(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        delivery.public_id,
        delivery.event,
        delivery.state,
        delivery.tries,
        delivery.created_at,
        delivery.tried_at,
        delivery.next_at,
        delivery.answer_status,
        delivery.answer,
    )


@family.get(
    LIST,
    "The webhooks in scope",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    query=WebhookQuery,
    answer=Page[WebhookView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    query: WebhookQuery = call.query

    def ask(database: Database) -> tuple[list[Webhook], int]:
        wanted = webhooks.visible(call.caller)
        if query.tenant:
            tenant = scope.enter_tenant(call.caller, database, query.tenant)
            wanted &= Condition("tenant_id = ?", tenant.key)
        if query.state:
            wanted &= Condition("status = ?", query.state.value)
        if query.q:
            words = f"%{like(query.q)}%"
            either = "label LIKE ? ESCAPE '\\' OR url LIKE ? ESCAPE '\\'"
            wanted &= Condition(either, words, words)
        total = stored.count(database, wanted)
        after = key_of(query.cursor, 1)
        if after:
            wanted &= Condition("key < ?", after[0])
        found = stored.load(database, wanted, "ORDER BY key DESC LIMIT ?", query.limit + 1)
        return found, total

    found, total = await call.control.read(ask)
    keys = {webhook.public_id: webhook.key for webhook in found}
    views = [shown(call, webhook) for webhook in found]
    return Answer(page_of(views, query.limit, total, lambda row: cursor_of(keys[row.id])))


@family.post(
    LIST,
    "Subscribe a webhook; the answer shows its secret, this once",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    body=WebhookBody,
    answer=MadeWebhookView,
    status=201,
    errors=(404, 409),
)
async def create(call: Call) -> Answer:
    body: WebhookBody = call.body
    await _require_reachable(call, body.url)
    settings = call.part(ApiSettingsInForce).value
    new = NewWebhook(body.url, body.events, body.label, body.tier or "", body.reseller, body.tenant)
    made = await call.control.change(
        call.caller, lambda change: webhooks.create(change, new, settings)
    )
    return Answer(revealed(call, made), 201, made.webhook.version)


@family.get(
    ONE,
    "One webhook",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    answer=WebhookView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    found = await call.control.read(
        lambda database: webhooks.find(database, call.caller, call.path["id"])
    )
    return Answer(shown(call, found), version=found.version)


@family.patch(
    ONE,
    "Change a webhook, or switch it on or off",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    body=WebhookEdit,
    answer=WebhookView,
    errors=(404, 412),
)
async def edit(call: Call) -> Answer:
    wanted = msgspec.structs.asdict(call.body)
    if wanted["url"] is not None:
        await _require_reachable(call, wanted["url"])
    settings = call.part(ApiSettingsInForce).value
    now = await call.control.change(
        call.caller,
        lambda change: webhooks.edit(change, call.path["id"], call.if_match, settings, **wanted),
    )
    return Answer(shown(call, now), version=now.version)


@family.delete(
    ONE,
    "Delete a webhook with its log",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    errors=(404,),
)
async def delete(call: Call) -> Answer:
    await call.control.change(call.caller, lambda change: webhooks.delete(change, call.path["id"]))
    return Answer(status=204)


@family.post(
    f"{ONE}/secret",
    "Rotate a webhook's secret: a new one, shown this once, signs from now on",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    answer=MadeWebhookView,
    errors=(404,),
)
async def rotate(call: Call) -> Answer:
    made = await call.control.change(
        call.caller, lambda change: webhooks.rotate(change, call.path["id"])
    )
    return Answer(revealed(call, made), version=made.webhook.version)


@family.post(
    f"{ONE}/test",
    "Send a test event, once; its delivery tells what became of it",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    answer=DeliveryView,
    status=202,
    errors=(404, 409),
)
async def test(call: Call) -> Answer:
    delivery = await call.control.change(
        call.caller, lambda change: webhooks.test(change, call.path["id"])
    )
    return Answer(logged(delivery), 202)


@family.get(
    DELIVERIES,
    "The deliveries of a webhook",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    query=DeliveryQuery,
    answer=Page[DeliveryView],
    errors=(404,),
)
async def deliveries(call: Call) -> Answer:
    query: DeliveryQuery = call.query

    def ask(database: Database) -> Page[DeliveryView]:
        webhook = webhooks.find(database, call.caller, call.path["id"])
        wanted = Condition("webhook_id = ?", webhook.key)
        if query.state:
            wanted &= Condition("status = ?", query.state.value)
        if query.q:
            wanted &= Condition("event LIKE ? ESCAPE '\\'", f"%{like(query.q)}%")
        total = stored_deliveries.count(database, wanted)
        after = key_of(query.cursor, 1)
        if after:
            wanted &= Condition("key < ?", after[0])
        found = stored_deliveries.load(
            database, wanted, "ORDER BY key DESC LIMIT ?", query.limit + 1
        )
        keys = {delivery.public_id: delivery.key for delivery in found}
        views = [logged(delivery) for delivery in found]
        return page_of(views, query.limit, total, lambda row: cursor_of(keys[row.id]))

    return Answer(await call.control.read(ask))


@family.get(
    DELIVERY,
    "One delivery with its body",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    answer=DeliveryDetail,
    errors=(404,),
)
async def delivery(call: Call) -> Answer:
    path = call.path
    found = await call.control.read(
        lambda database: webhooks.find_delivery(database, call.caller, path["id"], path["delivery"])
    )
    facts = msgspec.structs.asdict(logged(found))
    return Answer(DeliveryDetail(**facts, body=found.body))


@family.post(
    f"{DELIVERY}/resend",
    "Send a delivery again, with the same body",
    tiers=OPERATORS,
    right=Right.WEBHOOKS_WRITE,
    answer=DeliveryView,
    status=202,
    errors=(404, 409),
)
async def resend(call: Call) -> Answer:
    path = call.path
    again = await call.control.change(
        call.caller, lambda change: webhooks.resend(change, path["id"], path["delivery"])
    )
    return Answer(logged(again), 202)


async def _require_reachable(call: Call, url: str) -> None:
    """Raises Invalid for a URL that leads where none may."""
    try:
        await call.part(Outward).check(url)
    except NotAllowed as error:
        raise Invalid.of(url=str(error)) from None
