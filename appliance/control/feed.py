"""The live feed: what happens within a caller's scope, as it happens.

    registration    a device registers, or goes
    call            a call begins, is answered, ends
    counts          how many devices are registered and calls in progress
    health          what every call depends on stands otherwise
    changed         somebody changed the configuration
    resync          more happened than was read: look at everything again

A subscription ends with the login or key that opened it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from appliance.control import scope
from appliance.control.caller import Caller, Right
from appliance.control.calls import summary
from appliance.control.changes import Changed
from appliance.control.errors import NotAuthenticated, TooMany
from appliance.control.live import Component, Live
from appliance.control.news import CallAnswered, CallBegan, CallEnded, StateChanged
from appliance.control.registrations import StateCounts
from appliance.events import Events
from appliance.model.accounts import Tier
from appliance.model.calls import CallRecord
from appliance.model.tenants import Tenant, TenantKey
from appliance.store.snapshot import Snapshot

LONGEST_QUEUE: Final = 256
PER_CREDENTIAL: Final = 10
IN_ALL: Final = 500
ASKED_EVERY_SECONDS: Final = 15.0
"""How often a quiet subscription is asked whether its login is still good, and its far end whether
it is still there."""
COUNTS_EVERY_SECONDS: Final = 0.25
HEALTH_EVERY_SECONDS: Final = 2.0

CHANGES_OF: Final[Mapping[str, Right]] = {
    **dict.fromkeys(("extension", "device", "user", "block"), Right.PBX_READ),
    **dict.fromkeys(("tenant", "reseller", "policy"), Right.TENANCY_READ),
    "api_key": Right.KEYS_WRITE,
    "webhook": Right.WEBHOOKS_WRITE,
}
"""The right that a machine's key needs to hear that something of a noun was changed; of other nouns
it hears nothing. People hear all of their scope."""

Identify = Callable[[str, str], Caller]
"""Who a token belongs to, at this address. Raises NotAuthenticated."""


@dataclass(frozen=True, slots=True)
class Message:
    """`topic` is one of those above; `data` is JSON."""

    topic: str
    data: bytes


QUIET: Final = Message("", b"")
"""Nothing happened for a while."""
RESYNC: Final = Message("resync", b"{}")


class Subscription:
    """One reader of the feed. `tenant` narrows it."""

    def __init__(self, caller: Caller, good: Callable[[], bool], tenant: TenantKey | None) -> None:
        self.caller = caller
        self.tenant = tenant
        self.counts: object = None
        self.good = good
        self._waiting: deque[Message] = deque()
        self._news = asyncio.Event()
        self._over = False

    def put(self, message: Message) -> None:
        """Have it read; where too much waits, all of it gives way to a `resync`."""
        if len(self._waiting) >= LONGEST_QUEUE:
            self._waiting.clear()
            message = RESYNC
        if not (message is RESYNC and self._waiting and self._waiting[-1] is RESYNC):
            self._waiting.append(message)
        self._news.set()

    def ask(self) -> None:
        """Have it see whether its login is still good."""
        self._news.set()

    def end(self) -> None:
        self._over = True
        self._news.set()

    async def messages(self) -> AsyncIterator[Message]:
        """Until its login is over. A QUIET one now and then where nothing happens."""
        while True:
            try:
                async with asyncio.timeout(ASKED_EVERY_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                self._waiting.append(QUIET)
            self._news.clear()
            while self._waiting:
                if self._over or not self.good():
                    return
                yield self._waiting.popleft()
            if self._over or not self.good():
                return


class Feed:
    """Hears all news and gives each subscription what is in its scope."""

    def __init__(
        self,
        events: Events,
        live: Live,
        counts: StateCounts,
        snapshot: Snapshot,
        identify: Identify,
    ) -> None:
        self._live = live
        self._counts = counts
        self._snapshot = snapshot
        self._identify = identify
        self._subscriptions: dict[Subscription, None] = {}
        self._moved = asyncio.Event()
        self._health = self._states()
        events.listen(StateChanged, self._on_state)
        events.listen(CallBegan, lambda news: self._on_call("began", news.record))
        events.listen(CallAnswered, lambda news: self._on_call("answered", news.record))
        events.listen(CallEnded, lambda news: self._on_call("ended", news.record))
        events.listen(Changed, self._on_change)

    def subscribe(self, caller: Caller, token: str, tenant: Tenant | None) -> Subscription:
        """From now on. Raises TooMany where the caller, or everybody, has enough of them."""
        for one in [one for one in self._subscriptions if not one.good()]:
            self.unsubscribe(one)
        own = sum(one.caller.credential == caller.credential for one in self._subscriptions)
        if own >= PER_CREDENTIAL or len(self._subscriptions) >= IN_ALL:
            raise TooMany("Too many feeds are open.", ASKED_EVERY_SECONDS)

        def good() -> bool:
            try:
                return self._identify(token, caller.address).credential == caller.credential
            except NotAuthenticated:
                return False

        subscription = Subscription(caller, good, None if tenant is None else tenant.key)
        self._subscriptions[subscription] = None
        subscription.put(self._message("health", self._health_seen(caller)))
        self._moved.set()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)

    def close(self) -> None:
        """End them all: the box stops."""
        for subscription in self._subscriptions:
            subscription.end()

    async def run(self) -> None:
        """Tell the counts when they have moved, a few times a second at most, and health, of which
        nobody brings news."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_EVERY_SECONDS):
                    await self._moved.wait()
            self._moved.clear()
            self._tell_counts()
            self._tell_health()
            await asyncio.sleep(COUNTS_EVERY_SECONDS)

    # -- what happens ----------------------------------------------------------------------------

    def _on_state(self, news: StateChanged) -> None:
        self._moved.set()
        if not self._subscriptions:
            return
        fact = {
            "tenant": self._slug(news.tenant),
            "extension": news.extension,
            "username": news.username,
            "status": news.new,
            "was": news.old,
            "address": news.address,
        }
        self._tell("registration", fact, news.tenant, Right.PBX_READ)

    def _on_call(self, state: str, record: CallRecord) -> None:
        self._moved.set()
        if self._subscriptions:
            fact = {"state": state, **summary(record, self._slug(record.tenant))}
            self._tell("call", fact, record.tenant, Right.CALLS_READ)

    def _on_change(self, news: Changed) -> None:
        self._moved.set()
        if not self._subscriptions:
            return
        slug = "" if news.tenant is None else self._slug(news.tenant)
        fact = {"noun": news.noun, "target": news.target, "tenant": slug, "version": news.version}
        message = self._message("changed", fact)
        for one in list(self._subscriptions):
            narrowed = one.tenant is not None and news.tenant not in (None, one.tenant)
            seen = scope.sees(one.caller, news.tenant, news.reseller)
            if seen and _may_hear(one.caller, news.noun) and not narrowed:
                one.put(message)
            else:
                one.ask()

    # -- telling ---------------------------------------------------------------------------------

    def _tell(self, topic: str, fact: object, tenant: TenantKey, right: Right) -> None:
        message = self._message(topic, fact)
        known = self._snapshot.tenant(tenant)
        if known is None:
            return
        for one in list(self._subscriptions):
            narrowed = one.tenant not in (None, tenant)
            seen = scope.sees(one.caller, tenant, known.reseller) and one.caller.may(right)
            if seen and not narrowed:
                one.put(message)

    def _tell_counts(self) -> None:
        for one in list(self._subscriptions):
            counts = self.counts_seen(one.caller, one.tenant)
            if counts != one.counts:
                one.counts = counts
                one.put(self._message("counts", counts))

    def _tell_health(self) -> None:
        health = self._states()
        if health == self._health:
            return
        self._health = health
        for one in list(self._subscriptions):
            one.put(self._message("health", self._health_seen(one.caller)))

    def counts_seen(self, caller: Caller, only: TenantKey | None = None) -> Mapping[str, int]:
        """How many devices are registered and calls in progress within a scope."""
        keys = [
            one.key
            for one in self._snapshot.tenants()
            if only in (None, one.key) and scope.sees(caller, one.key, one.reseller)
        ]
        switch = self._live.switch
        return {
            "registered": sum(self._counts.registered(key) for key in keys),
            "live_calls": sum(switch.count(key) for key in keys),
        }

    def _health_seen(self, caller: Caller) -> Mapping[str, object]:
        components: Sequence[Component] = self._live.components()
        healthy = all(one.state == "up" for one in components)
        seen = components if caller.tier is Tier.PLATFORM else ()
        return {"status": "operational" if healthy else "degraded", "components": seen}

    def _states(self) -> Sequence[tuple[str, str]]:
        return [(one.key, one.state) for one in self._live.components()]

    def _slug(self, tenant: TenantKey) -> str:
        known = self._snapshot.tenant(tenant)
        return known.slug if known else ""

    def _message(self, topic: str, fact: object) -> Message:
        return Message(topic, msgspec.json.encode(fact))


def _may_hear(caller: Caller, noun: str) -> bool:
    return not caller.is_key or (noun in CHANGES_OF and caller.may(CHANGES_OF[noun]))
