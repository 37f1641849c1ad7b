"""What webhooks are told, from the box's news (manual § 25.6.2).

`tenant.created` is queued in the transaction that makes the tenant. Calls and registrations are in
another file: they are gathered for a moment and queued together, and calls that a crash took the
news of are found again at the next start.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from appliance.control import scope
from appliance.control.caller import Caller
from appliance.control.calls import summary
from appliance.control.changes import Control
from appliance.control.lifecycle import ResellerDeleted, TenantCreated, TenantDeleted
from appliance.control.news import CallEnded, StateChanged
from appliance.control.webhooks import body_of, new_delivery_id
from appliance.model.bindings import RegistrationState
from appliance.model.calls import CallRecord
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey
from appliance.model.webhooks import Webhook, WebhookEvent, WebhookKey, WebhookState
from appliance.store import deliveries, webhooks
from appliance.store.box_settings import put_setting, setting
from appliance.store.calls import load_calls
from appliance.store.conditions import ALL, Condition
from appliance.store.deliveries import NewDelivery
from appliance.store.moments import to_number
from appliance.store.transactions import Transaction
from appliance.store.webhooks import WebhookChanged, WebhookGone

log = logging.getLogger(__name__)

GATHER_SECONDS: Final = 0.1
MOST_GATHERED: Final = 10_000
MOST_FOUND_AGAIN: Final = 10_000
UNTIL: Final = "webhook_calls_until"
"""The end of the last call that was queued, as the box's settings keep it."""


class Announcements:
    """Hears the news and queues deliveries; `run` until cancelled."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._webhooks: dict[WebhookKey, Webhook] = {}
        self._gathered: list[NewDelivery] = []
        self._until: datetime | None = None
        self._news = asyncio.Event()
        control.besides.append(self._with_change)
        listen = control.events.listen
        listen(WebhookChanged, self._on_changed)
        listen(WebhookGone, self._on_gone)
        listen(TenantDeleted, lambda gone: self._keep(lambda hook: hook.tenant != gone.tenant))
        listen(
            ResellerDeleted, lambda gone: self._keep(lambda hook: hook.reseller != gone.reseller)
        )
        listen(CallEnded, self._on_call)
        listen(StateChanged, self._on_state)

    async def load(self) -> None:
        """Know the webhooks, and what they were not told of before the box last ended."""
        for webhook in await self._control.read(lambda database: webhooks.load(database, ALL)):
            self._webhooks[webhook.key] = webhook
        until: datetime | None = await self._control.read(
            lambda database: setting(database, UNTIL, datetime)
        )
        if until is not None:
            missed = await self._control.read_records(
                lambda database: load_calls(database, _ended_after(until), MOST_FOUND_AGAIN)
            )
            for record in reversed(missed):
                self._on_call(CallEnded(record))

    async def run(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self.write()
            except Exception:
                log.exception("what webhooks are to be told waits")
                await asyncio.sleep(1)

    async def write(self) -> None:
        """Queue what is gathered; at the end of the box too."""
        self._news.clear()
        gathered, until = self._gathered, self._until
        if not gathered and until is None:
            return

        def work(transaction: Transaction) -> int:
            if until is not None:
                put_setting(transaction, UNTIL, until)
            known = {one.key for one in webhooks.load(transaction.database, ALL)}
            return deliveries.insert(transaction, [one for one in gathered if one.webhook in known])

        control = self._control
        self._gathered, self._until = [], None
        try:
            refused = await control.store.change(work, control.clock.wall(), control.events.publish)
        except Exception:
            self._gathered = [*gathered, *self._gathered]
            self._until = self._until or until
            self._news.set()
            raise
        if refused:
            log.warning("events lost: too many wait", extra={"events": refused})

    # -- the news --------------------------------------------------------------------------------

    def _with_change(self, transaction: Transaction) -> None:
        """In the writer's thread, within a change."""
        created = [event for event in transaction.events if isinstance(event, TenantCreated)]
        if not created:
            return
        known = webhooks.load(transaction.database, ALL)
        for event in created:
            tenant = event.tenant
            facts = {"tenant": tenant.slug, "name": tenant.name, "reseller": event.reseller or None}
            wanted = WebhookEvent.TENANT_CREATED
            told = _hearing(known, wanted, tenant.key, tenant.reseller)
            deliveries.insert(
                transaction, [_new(hook, wanted, transaction.now, facts) for hook in told]
            )

    def _on_call(self, ended: CallEnded) -> None:
        record = ended.record
        tenant = self._control.store.snapshot.tenant(record.tenant)
        if tenant is None or not self._webhooks:
            return
        self._gather(
            WebhookEvent.CALL_COMPLETED,
            record.tenant,
            summary(record, tenant.slug),
            record,
        )

    def _on_state(self, changed: StateChanged) -> None:
        registered = RegistrationState.REGISTERED
        tenant = self._control.store.snapshot.tenant(changed.tenant)
        if changed.new is not registered or changed.old is registered or tenant is None:
            return
        facts = {
            "tenant": tenant.slug,
            "ext": changed.extension,
            "device": changed.username,
            "address": changed.address,
        }
        self._gather(WebhookEvent.DEVICE_REGISTERED, changed.tenant, facts)

    def _gather(
        self,
        event: WebhookEvent,
        tenant: TenantKey,
        facts: Mapping[str, object],
        record: CallRecord | None = None,
    ) -> None:
        of = self._control.store.snapshot.tenant(tenant)
        hearing = _hearing(self._webhooks.values(), event, tenant, of.reseller if of else None)
        now = self._control.clock.wall()
        ended = record.ended_at if record else None
        told = [hook for hook in hearing if ended is None or ended >= hook.created_at]
        if len(self._gathered) + len(told) > MOST_GATHERED:
            log.warning("events lost: too many at once", extra={"event": event})
            return
        self._gathered += [_new(hook, event, now, facts) for hook in told]
        if ended is not None:
            self._until = ended if self._until is None else max(ended, self._until)
        if told or ended is not None:
            self._news.set()

    def _on_changed(self, changed: WebhookChanged) -> None:
        self._webhooks[changed.webhook.key] = changed.webhook

    def _keep(self, stays: Callable[[Webhook], bool]) -> None:
        """A deleted owner's webhooks went with it."""
        self._webhooks = {key: hook for key, hook in self._webhooks.items() if stays(hook)}

    def _on_gone(self, gone: WebhookGone) -> None:
        self._webhooks.pop(gone.webhook, None)


def _ended_after(until: datetime) -> Condition:
    """Calls have an index by their start, and last a day at most."""
    since = to_number(until - timedelta(days=1))
    return Condition("started_at > ? AND ended_at > ?", since, to_number(until))


def _hearing(
    known: Iterable[Webhook],
    event: WebhookEvent,
    tenant: TenantKey,
    reseller: ResellerKey | None,
) -> list[Webhook]:
    """Those that subscribed to it, and in whose owner's scope it is."""
    return [
        hook
        for hook in known
        if event in hook.events
        and hook.state is WebhookState.ACTIVE
        and scope.sees(_as_caller(hook), tenant, reseller)
    ]


def _as_caller(hook: Webhook) -> Caller:
    """A webhook sees what its owner does."""
    return Caller(
        hook.tier, f"webhook:{hook.public_id}", "", reseller=hook.reseller, tenant=hook.tenant
    )


def _new(
    hook: Webhook, event: WebhookEvent, now: datetime, facts: Mapping[str, object]
) -> NewDelivery:
    delivery = new_delivery_id()
    return NewDelivery(hook.key, delivery, event, body_of(delivery, event, now, facts))
