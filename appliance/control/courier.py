"""The courier: takes deliveries to webhooks, again and again for a day if need be.

Deliveries of one webhook go one after the other; those of several at the same time, and none of
them waits for another's slow receiver. A webhook that fails for a day is switched off, and its
owner is told by mail.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from appliance.control import mails, webhooks
from appliance.control.caller import SYSTEM
from appliance.control.changes import Change, Control
from appliance.control.errors import NOT_HERE, NotFound
from appliance.control.outward import Answered, Unanswered
from appliance.control.webhooks import SIGNATURE, signature
from appliance.model.webhooks import (
    TEST_EVENT,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookKey,
    WebhookState,
)
from appliance.store import accounts, deliveries
from appliance.store import webhooks as stored
from appliance.store.database import Database
from appliance.store.deliveries import DeliveriesQueued
from appliance.store.transactions import Transaction

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSES: Final = (
    *(timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2)),
    *(timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1)),
    *(timedelta(hours=2),) * 11,
)
"""Between one try and the next: a day together."""
DISABLED_AFTER: Final = sum(PAUSES, timedelta()) - timedelta(minutes=5)
"""Without one success."""
WEBHOOKS_AT_ONCE: Final = 16
OF_ONE_OWNER: Final = 4
IN_A_ROW: Final = 20
LONGEST_WAIT: Final = timedelta(hours=1)
MOST_TOLD: Final = 5


class Sender(Protocol):
    """Where requests go out; `Outward` fills it."""

    async def post(
        self, text: str, body: bytes, headers: Mapping[str, str]
    ) -> Answered | Unanswered: ...


class Courier:
    """`run` until cancelled."""

    def __init__(self, control: Control, sender: Sender, program: str) -> None:
        """`program` is what requests call themselves."""
        self._control = control
        self._sender = sender
        self._program = program
        self._news = asyncio.Event()
        self._busy: dict[WebhookKey, object] = {}
        """Webhooks that are served now, with their owners."""
        self._swept: datetime | None = None
        control.events.listen(DeliveriesQueued, lambda _: self._news.set())

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                pause = await self._round(tasks)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._news.wait()

    async def deliver(self) -> None:
        """Take all that is due, and wait for it."""
        while due := await self._free_webhooks():
            async with asyncio.TaskGroup() as tasks:
                for webhook in due:
                    self._begin(tasks, webhook)

    async def _round(self, tasks: asyncio.TaskGroup) -> float:
        """Seconds until the next one. A full disk, say, is no reason to end the box."""
        try:
            await self._sweep()
            for webhook in await self._free_webhooks():
                self._begin(tasks, webhook)
            return await self._pause()
        except Exception:
            log.exception("deliveries wait")
            return PAUSES[0].total_seconds()

    async def _sweep(self) -> None:
        now = self._control.clock.wall()
        if self._swept is None or now - self._swept >= LONGEST_WAIT:
            await self._change(deliveries.delete_old)
            self._swept = now

    async def _free_webhooks(self) -> list[Webhook]:
        """Those with something due whom nobody serves, as many as may be served at once."""
        now = self._control.clock.wall()

        def ask(database: Database) -> list[Webhook]:
            due = [key for key in deliveries.due_webhooks(database, now) if key not in self._busy]
            found = (stored.by_key(database, key) for key in due)
            return [webhook for webhook in found if webhook is not None]

        return self._fair(await self._control.read(ask))

    def _fair(self, due: list[Webhook]) -> list[Webhook]:
        owners = list(self._busy.values())
        chosen: list[Webhook] = []
        for webhook in due:
            if len(owners) < WEBHOOKS_AT_ONCE and owners.count(_owner(webhook)) < OF_ONE_OWNER:
                owners.append(_owner(webhook))
                chosen.append(webhook)
        return chosen

    def _begin(self, tasks: asyncio.TaskGroup, webhook: Webhook) -> None:
        self._busy[webhook.key] = _owner(webhook)
        tasks.create_task(self._serve(webhook.key))

    async def _serve(self, key: WebhookKey) -> None:
        """Some of the webhook's deliveries, in order."""
        now = self._control.clock.wall()
        try:
            for delivery in await self._control.read(
                lambda database: deliveries.due(database, key, now, IN_A_ROW)
            ):
                await self._take(delivery)
        except Exception:
            log.exception("a webhook's deliveries wait")
            await asyncio.sleep(1)
        finally:
            del self._busy[key]
            self._news.set()

    async def _take(self, delivery: Delivery) -> None:
        keys = self._control.store.keys

        def ask(database: Database) -> tuple[Webhook, str] | None:
            webhook = stored.by_key(database, delivery.webhook)
            if webhook is None:
                return None
            return webhook, stored.secret_of(database, keys, webhook.key)

        found = await self._control.read(ask)
        if found is None or found[0].state is not WebhookState.ACTIVE:
            await self._change(lambda change: deliveries.give_up(change, delivery.webhook))
            return
        webhook, secret = found
        body = delivery.body.encode()
        moment = int(self._control.clock.wall().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": self._program,
            SIGNATURE: signature(secret, moment, body),
        }
        answer = await self._sender.post(webhook.url, body, headers)
        await self._note(delivery, answer)

    async def _note(self, delivery: Delivery, answer: Answered | Unanswered) -> None:
        """Write what came of it."""
        tried = _tried(delivery, answer, self._control.clock.wall())
        succeeded = tried.state is DeliveryState.DELIVERED

        def work(transaction: Transaction) -> bool:
            deliveries.update(transaction, tried)
            webhook = stored.by_key(transaction.database, delivery.webhook)
            if webhook is None or (delivery.event == TEST_EVENT and not succeeded):
                return False
            since = None if succeeded else webhook.failing_since or transaction.now
            if since != webhook.failing_since:
                stored.update(transaction, replace(webhook, failing_since=since))
            return since is not None and transaction.now - since >= DISABLED_AFTER

        if await self._change(work):
            with contextlib.suppress(NotFound):
                await self._control.change(
                    SYSTEM, lambda change: _disable(change, delivery.webhook, tried.answer)
                )

    async def _change(self, work: Callable[[Transaction], T]) -> T:
        control = self._control
        return await control.store.change(work, control.clock.wall(), control.events.publish)

    async def _pause(self) -> float:
        """Seconds until something is due; what is due now waits for whoever is busy."""
        due = await self._control.read(deliveries.next_due)
        now = self._control.clock.wall()
        if due is None or (due <= now and self._busy):
            return LONGEST_WAIT.total_seconds()
        return max(0.0, min(due - now, LONGEST_WAIT).total_seconds())


def _tried(delivery: Delivery, answer: Answered | Unanswered, now: datetime) -> Delivery:
    """The delivery after one more try."""
    status, text = (
        (answer.status, answer.text) if isinstance(answer, Answered) else (None, answer.reason)
    )
    tried = replace(
        delivery,
        tries=delivery.tries + 1,
        tried_at=now,
        answer_status=status,
        answer=text,
        next_at=None,
    )
    if isinstance(answer, Answered) and answer.well:
        return replace(tried, state=DeliveryState.DELIVERED)
    if delivery.event == TEST_EVENT or delivery.tries >= len(PAUSES):
        return replace(tried, state=DeliveryState.FAILED)
    return replace(tried, next_at=now + PAUSES[delivery.tries])


def _disable(change: Change, key: WebhookKey, error: str) -> None:
    """Switch it off and tell its owner. Raises NotFound where somebody did so meanwhile."""
    webhook = stored.by_key(change.database, key)
    if webhook is None or webhook.state is not WebhookState.ACTIVE:
        raise NotFound(NOT_HERE)
    version = webhook.version + 1
    now = replace(webhook, state=WebhookState.DISABLED, version=version)
    stored.update(change.transaction, now)
    deliveries.give_up(change.transaction, key)
    webhooks.record_disabled(change, now)
    for address in _addresses(change.database, webhook):
        mails.queue(
            change,
            "webhook_disabled",
            address,
            label=webhook.label,
            url=webhook.url,
            since=webhook.failing_since,
            error=error,
        )


def _addresses(database: Database, webhook: Webhook) -> list[str]:
    """Who is told: the tenant's administrators, the reseller's or the platform's operators."""
    query = (
        "WHERE tier = ? AND reseller_id IS ? AND tenant_id IS ? AND email <> ''"
        " AND status <> 'disabled'"
    )
    found = accounts.load(database, query, webhook.tier.value, webhook.reseller, webhook.tenant)
    addresses = [account.email for account in found]
    reseller = webhooks.owner_of(database, webhook).reseller
    if reseller is not None:
        addresses.append(reseller.admin_email)
    return list(dict.fromkeys(addresses))[:MOST_TOLD]


def _owner(webhook: Webhook) -> object:
    return webhook.tier, webhook.reseller, webhook.tenant
