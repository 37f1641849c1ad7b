"""Deliveries of webhooks: what waits to be sent, and the log of what was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from appliance.model.webhooks import Delivery, DeliveryKey, DeliveryState, WebhookKey
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

MOST_WAITING: Final = 10_000
"""Of one webhook; what comes beyond is not kept."""
KEPT_FOR: Final = timedelta(days=14)
KEPT_OF_ONE: Final = 10_000

_COLUMNS: Final = (
    "public_id, webhook_id, event, body, status, tries, created_at, next_at, tried_at,"
    " answer_status, answer"
)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One event for one webhook."""

    webhook: WebhookKey
    public_id: str
    event: str
    body: str


@dataclass(frozen=True, slots=True)
class DeliveriesQueued:
    """News: there is something to deliver."""


def insert(transaction: Transaction, new: Iterable[NewDelivery]) -> int:
    """Have them sent now; how many were refused because too many of their webhook wait."""
    now, refused = to_number(transaction.now), 0
    for one in new:
        transaction.file.execute(
            f"INSERT INTO deliveries ({_COLUMNS})"  # noqa: S608 - our own names
            " SELECT ?, ?, ?, ?, ?, 0, ?, ?, NULL, NULL, '' WHERE (SELECT count(*)"
            " FROM deliveries WHERE webhook_id = ? AND next_at NOT NULL) < ?",
            (
                *(one.public_id, one.webhook, one.event, one.body, DeliveryState.WAITING.value),
                *(now, now, one.webhook, MOST_WAITING),
            ),
        )
        refused += not transaction.file.changes()
    transaction.tell(DeliveriesQueued())
    return refused


def update(transaction: Transaction, delivery: Delivery) -> None:
    """Write how it stands."""
    transaction.file.execute(
        "UPDATE deliveries SET status = ?, tries = ?, next_at = ?, tried_at = ?,"
        " answer_status = ?, answer = ? WHERE key = ?",
        (
            *(delivery.state.value, delivery.tries),
            *(to_number(delivery.next_at), to_number(delivery.tried_at)),
            *(delivery.answer_status, delivery.answer, delivery.key),
        ),
    )
    if delivery.next_at is not None:
        transaction.tell(DeliveriesQueued())


def give_up(transaction: Transaction, webhook: WebhookKey) -> None:
    """What waits of this webhook is sent no more."""
    transaction.file.execute(
        "UPDATE deliveries SET status = ?, next_at = NULL"
        " WHERE webhook_id = ? AND next_at NOT NULL",
        (DeliveryState.FAILED.value, webhook),
    )


def delete_old(transaction: Transaction) -> None:
    """Let go of what is done and older than two weeks, and of more than 10,000 of one webhook."""
    transaction.file.execute(
        "DELETE FROM deliveries WHERE next_at IS NULL AND (created_at < ? OR key IN ("
        " SELECT key FROM (SELECT key, row_number() OVER"
        " (PARTITION BY webhook_id ORDER BY key DESC) AS place FROM deliveries)"
        " WHERE place > ?))",
        (to_number(transaction.now - KEPT_FOR), KEPT_OF_ONE),
    )


def due_webhooks(database: Database, now: datetime) -> list[WebhookKey]:
    """Those with something to send, the longest overdue first."""
    rows = connection(database).execute(
        "SELECT webhook_id FROM deliveries WHERE next_at <= ?"
        " GROUP BY webhook_id ORDER BY min(next_at)",
        (to_number(now),),
    )
    return [WebhookKey(key) for (key,) in rows]


def due(database: Database, webhook: WebhookKey, now: datetime, limit: int) -> list[Delivery]:
    wanted = Condition("webhook_id = ? AND next_at <= ?", webhook, to_number(now))
    return load(database, wanted, "ORDER BY key LIMIT ?", limit)


def next_due(database: Database) -> datetime | None:
    """When something is to be sent next."""
    query = "SELECT min(next_at) FROM deliveries WHERE next_at NOT NULL"
    found: int | None = connection(database).execute(query).get
    return from_number(found)


def load(database: Database, wanted: Condition, more: str = "", *values: object) -> list[Delivery]:
    """Those of the condition, in the order of `more`, our own SQL."""
    rows = connection(database).execute(
        f"SELECT key, {_COLUMNS} FROM deliveries {wanted.where} {more}",  # noqa: S608
        (*wanted.values, *values),
    )
    return [_delivery(*row) for row in rows]


def count(database: Database, wanted: Condition) -> int:
    query = f"SELECT count(*) FROM deliveries {wanted.where}"  # noqa: S608
    return int(connection(database).execute(query, wanted.values).get)


def _delivery(key: int, *row: Any) -> Delivery:
    public_id, webhook, event, body, status, tries, created_at, next_at, tried_at, *rest = row
    return Delivery(
        DeliveryKey(key),
        *(public_id, WebhookKey(webhook), event, body, DeliveryState(status), tries),
        *(from_number(created_at), from_number(next_at), from_number(tried_at)),
        *rest,
    )
