"""Webhooks: subscribed, changed, tested and looked into (manual § 25.6.2).

A webhook hears of what is in its owner's scope; whoever makes one may do so for his own scope or
beneath it. Its secret, which signs, is shown once.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from appliance.control import fields
from appliance.control.api_settings import ApiSettings
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, Changed, Conflict, Invalid, NotFound
from appliance.control.outward import NotAllowed, check_url
from appliance.control.owners import Owner, owner
from appliance.control.scope import own_rows
from appliance.model.webhooks import (
    TEST_EVENT,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookEvent,
    WebhookKey,
    WebhookState,
)
from appliance.store import deliveries, rows, webhooks
from appliance.store.conditions import Condition
from appliance.store.database import Database
from appliance.store.deliveries import NewDelivery

MOST_OF_ONE_OWNER: Final = 20
SIGNATURE: Final = "X-ByondVoice-Signature"
"""As the manual prints it (§ 25.6.2)."""


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """What is asked for. `tier` "": the caller's own, or that of the name given."""

    url: str
    events: Collection[str]
    label: str = ""
    tier: str = ""
    reseller: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """`secret` is readable this once."""

    webhook: Webhook
    secret: str


def create(change: Change, new: NewWebhook, settings: ApiSettings) -> MadeWebhook:
    """Raises Invalid, Forbidden, NotFound, Conflict (too many)."""
    whose = owner(change, new.tier, new.reseller, new.tenant)
    _require_room(change, whose)
    secret = new_secret()
    asked = Webhook(
        WebhookKey(0),
        f"wh_{secrets.token_hex(8)}",
        whose.tier,
        whose.reseller.key if whose.reseller else None,
        whose.tenant.key if whose.tenant else None,
        _url(new.url, settings),
        fields.name(new.label or check_url(new.url, settings).host, "label"),
        _events(new.events),
        WebhookState.ACTIVE,
        None,
        change.now,
    )
    made = webhooks.insert(change.transaction, asked, secret)
    _record(change, "Created webhook", made, events=sorted(made.events))
    return MadeWebhook(made, secret)


def edit(
    change: Change,
    public_id: str,
    seen: int | None,
    settings: ApiSettings,
    *,
    url: str | None = None,
    label: str | None = None,
    events: Collection[str] | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """What is None stays; `enabled` switches on one that was paused or disabled, too. Raises
    NotFound, Invalid, Changed."""
    known = find(change.database, change.caller, public_id)
    if seen is not None and seen != known.version:
        raise Changed("Somebody has changed this webhook since. Look at it again.")
    now = replace(
        known,
        url=known.url if url is None else _url(url, settings),
        label=known.label if label is None else fields.name(label, "label"),
        events=known.events if events is None else _events(events),
        version=known.version + 1,
    )
    if enabled is not None:
        state = WebhookState.ACTIVE if enabled else WebhookState.PAUSED
        now = replace(now, state=state, failing_since=None)
    webhooks.update(change.transaction, now)
    _record(change, "Changed webhook", now, state=now.state)
    return now


def rotate(change: Change, public_id: str) -> MadeWebhook:
    """A new secret; what is sent from now on is signed with it. Raises NotFound."""
    known = find(change.database, change.caller, public_id)
    secret = new_secret()
    webhooks.put_secret(change.transaction, known.key, secret)
    _record(change, "Rotated webhook secret", known)
    return MadeWebhook(known, secret)


def delete(change: Change, public_id: str) -> None:
    """With its deliveries. Raises NotFound."""
    known = find(change.database, change.caller, public_id)
    webhooks.delete(change.transaction, known.key)
    _record(change, "Deleted webhook", known)


def test(change: Change, public_id: str) -> Delivery:
    """Queue one delivery that is tried once. Raises NotFound, Conflict."""
    known = _active(find(change.database, change.caller, public_id))
    delivery_id = new_delivery_id()
    body = body_of(delivery_id, TEST_EVENT, change.now, {"webhook": known.public_id})
    new = NewDelivery(known.key, delivery_id, TEST_EVENT, body)
    deliveries.insert(change.transaction, [new])
    _record(change, "Tested webhook", known)
    return _delivery(change.database, known, delivery_id)


def resend(change: Change, public_id: str, delivery_id: str) -> Delivery:
    """Queue a delivery again, with the same body. Raises NotFound, Conflict."""
    known = _active(find(change.database, change.caller, public_id))
    delivery = _delivery(change.database, known, delivery_id)
    if delivery.state is DeliveryState.WAITING:
        raise Conflict("This delivery waits to be sent already.", "waiting")
    again = replace(delivery, state=DeliveryState.WAITING, tries=0, next_at=change.now)
    deliveries.update(change.transaction, again)
    _record(change, "Sent delivery again", known, delivery=delivery_id)
    return again


def find(database: Database, caller: Caller, public_id: str) -> Webhook:
    """Raises NotFound for what is not in the caller's scope."""
    found = webhooks.load(database, visible(caller) & Condition("public_id = ?", public_id))
    if not found:
        raise NotFound(NOT_HERE)
    return found[0]


def find_delivery(database: Database, caller: Caller, public_id: str, delivery: str) -> Delivery:
    """Raises NotFound."""
    return _delivery(database, find(database, caller, public_id), delivery)


def visible(caller: Caller) -> Condition:
    """The webhooks that the caller may see."""
    return own_rows(caller, "reseller_id", "tenant_id")


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def new_delivery_id() -> str:
    return f"dl_{secrets.token_hex(12)}"


def body_of(delivery: str, event: str, now: datetime, facts: Mapping[str, object]) -> str:
    """The JSON of an event: its facts stand beside its name, as the manual prints them.
    `delivery` tells receivers what they have had already."""
    head = {"event": event, "delivery": delivery, "created_at": now}
    return msgspec.json.encode({**head, **facts}).decode()


def signature(secret: str, moment: int, body: bytes) -> str:
    """`t=…,v1=…`: HMAC-SHA256, in hexadecimal, of the moment, a dot and the body."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={signed.hexdigest()}"


def record_disabled(change: Change, webhook: Webhook) -> None:
    _record(change, "Disabled webhook", webhook, failing_since=webhook.failing_since)


def owner_of(database: Database, webhook: Webhook) -> Owner:
    tenant = rows.tenant_by_key(database, webhook.tenant) if webhook.tenant is not None else None
    found = rows.load_resellers(database, "WHERE key = ?", webhook.reseller or 0)
    return Owner(webhook.tier, found[0] if found else None, tenant)


def _delivery(database: Database, webhook: Webhook, delivery_id: str) -> Delivery:
    wanted = Condition("webhook_id = ? AND public_id = ?", webhook.key, delivery_id)
    found = deliveries.load(database, wanted)
    if not found:
        raise NotFound(NOT_HERE)
    return found[0]


def _active(webhook: Webhook) -> Webhook:
    if webhook.state is not WebhookState.ACTIVE:
        raise Conflict("This webhook is switched off.", "not_active")
    return webhook


def _url(url: str, settings: ApiSettings) -> str:
    try:
        return str(check_url(url, settings))
    except NotAllowed as error:
        raise Invalid.of(url=str(error)) from None


def _events(words: Collection[str]) -> frozenset[WebhookEvent]:
    try:
        events = frozenset(map(WebhookEvent, words))
    except ValueError:
        raise Invalid.of(events=f"Of these: {', '.join(sorted(WebhookEvent))}.") from None
    if not events:
        raise Invalid.of(events="At least one.")
    return events


def _require_room(change: Change, whose: Owner) -> None:
    wanted = Condition(
        "tier = ? AND reseller_id IS ? AND tenant_id IS ?",
        whose.tier.value,
        whose.reseller.key if whose.reseller else None,
        whose.tenant.key if whose.tenant else None,
    )
    if webhooks.count(change.database, wanted) >= MOST_OF_ONE_OWNER:
        raise Conflict("webhook limit reached.", "limit_reached")


def _record(change: Change, action: str, webhook: Webhook, **detail: object) -> None:
    whose = owner_of(change.database, webhook)
    change.record(
        "webhook",
        action,
        f"webhook {webhook.label}",
        tenant=whose.tenant,
        reseller=whose.reseller,
        detail={"id": webhook.public_id, **detail},
    )
