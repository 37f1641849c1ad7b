"""Webhooks at rest, their secrets sealed; whoever writes here has the news told with it."""

from dataclasses import dataclass, replace
from typing import Any, Final

from appliance.model.accounts import Tier
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey
from appliance.model.webhooks import Webhook, WebhookEvent, WebhookKey, WebhookState
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.keys import KeyRing, place
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

_COLUMNS: Final = (
    "public_id, tier, reseller_id, tenant_id, url, label, events, status, failing_since,"
    " created_at, version"
)


@dataclass(frozen=True, slots=True)
class WebhookChanged:
    """The webhook is so now; it may be a new one."""

    webhook: Webhook


@dataclass(frozen=True, slots=True)
class WebhookGone:
    webhook: WebhookKey


def insert(transaction: Transaction, new: Webhook, secret: str) -> Webhook:
    """Give it a key and keep it; whatever key it has is ignored."""
    transaction.file.execute(
        f"INSERT INTO webhooks ({_COLUMNS}, secret)"  # noqa: S608 - our own names
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'')",
        (
            *(new.public_id, new.tier.value, new.reseller, new.tenant, new.url, new.label),
            *(_words(new), new.state.value, to_number(new.failing_since)),
            *(to_number(new.created_at), new.version),
        ),
    )
    made = replace(new, key=WebhookKey(transaction.file.last_insert_rowid()))
    put_secret(transaction, made.key, secret)
    transaction.tell(WebhookChanged(made))
    return made


def update(transaction: Transaction, webhook: Webhook) -> None:
    """Write all that may change of it but the secret. The caller counts `version` up."""
    transaction.file.execute(
        "UPDATE webhooks SET url = ?, label = ?, events = ?, status = ?, failing_since = ?,"
        " version = ? WHERE key = ?",
        (
            *(webhook.url, webhook.label, _words(webhook), webhook.state.value),
            *(to_number(webhook.failing_since), webhook.version, webhook.key),
        ),
    )
    transaction.tell(WebhookChanged(webhook))


def put_secret(transaction: Transaction, webhook: WebhookKey, secret: str) -> None:
    sealed = transaction.keys.seal(secret, _secret_place(webhook))
    transaction.file.execute("UPDATE webhooks SET secret = ? WHERE key = ?", (sealed, webhook))


def secret_of(database: Database, keys: KeyRing, webhook: WebhookKey) -> str:
    query = "SELECT secret FROM webhooks WHERE key = ?"
    return keys.open(connection(database).execute(query, (webhook,)).get, _secret_place(webhook))


def delete(transaction: Transaction, webhook: WebhookKey) -> None:
    """With its deliveries."""
    transaction.file.execute("DELETE FROM webhooks WHERE key = ?", (webhook,))
    transaction.tell(WebhookGone(webhook))


def load(database: Database, wanted: Condition, more: str = "", *values: object) -> list[Webhook]:
    """Those of the condition, in the order of `more`, our own SQL."""
    rows = connection(database).execute(
        f"SELECT key, {_COLUMNS} FROM webhooks {wanted.where} {more}",  # noqa: S608
        (*wanted.values, *values),
    )
    return [_webhook(*row) for row in rows]


def by_key(database: Database, key: WebhookKey) -> Webhook | None:
    return next(iter(load(database, Condition("key = ?", key))), None)


def count(database: Database, wanted: Condition) -> int:
    query = f"SELECT count(*) FROM webhooks {wanted.where}"  # noqa: S608
    return int(connection(database).execute(query, wanted.values).get)


def _secret_place(webhook: WebhookKey) -> bytes:
    return place("webhooks", "secret", webhook)


def _words(webhook: Webhook) -> str:
    return ",".join(sorted(webhook.events))


def _webhook(key: int, *row: Any) -> Webhook:
    public_id, tier, reseller, tenant, url, label, events, status, failing, *rest = row
    created_at, version = rest
    known = set(WebhookEvent)
    return Webhook(
        WebhookKey(key),
        *(public_id, Tier(tier)),
        None if reseller is None else ResellerKey(reseller),
        None if tenant is None else TenantKey(tenant),
        *(url, label),
        frozenset(WebhookEvent(word) for word in events.split(",") if word in known),
        WebhookState(status),
        from_number(failing),
        from_number(created_at),
        version,
    )
