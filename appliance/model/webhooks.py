"""A webhook: a URL that is told of events, and each delivery to it (manual § 25.6.2)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from appliance.model.accounts import Tier
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey

WebhookKey = NewType("WebhookKey", int)
DeliveryKey = NewType("DeliveryKey", int)


class WebhookEvent(StrEnum):
    """What can be subscribed to. Events of later nouns join here."""

    TENANT_CREATED = "tenant.created"
    CALL_COMPLETED = "call.completed"
    DEVICE_REGISTERED = "device.registered"


TEST_EVENT = "webhook.test"
"""What a test delivery is called; nobody subscribes to it."""


class WebhookState(StrEnum):
    """PAUSED by a person; DISABLED by itself, after a day of failures."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Webhook:
    """It hears of what is in its owner's scope: `tier` with `reseller` or `tenant`."""

    key: WebhookKey
    public_id: str
    tier: Tier
    reseller: ResellerKey | None
    tenant: TenantKey | None
    url: str
    label: str
    events: frozenset[WebhookEvent]
    state: WebhookState
    failing_since: datetime | None
    created_at: datetime
    version: int = 1


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`body` is the JSON that is sent, the same at every try; `answer` is what came back, or why
    nothing did."""

    key: DeliveryKey
    public_id: str
    webhook: WebhookKey
    event: str
    body: str
    state: DeliveryState
    tries: int
    created_at: datetime
    next_at: datetime | None
    tried_at: datetime | None = None
    answer_status: int | None = None
    answer: str = ""
