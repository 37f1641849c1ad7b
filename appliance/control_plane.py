"""The control plane of a running box: everything that `/v1` is served with, built whole.

Parts that operations ask for by their class stand in `parts`; what has to run beside them in
`tasks`.
"""

import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from typing import Any

from starlette.routing import BaseRoute

from appliance.clock import Clock
from appliance.control.announcements import Announcements
from appliance.control.api_keys import ApiKeys
from appliance.control.api_settings import ApiSettingsInForce
from appliance.control.audit_anchor import AuditAnchor
from appliance.control.changes import Control
from appliance.control.courier import Courier
from appliance.control.door import Door
from appliance.control.feed import Feed
from appliance.control.first_answers import FirstAnswers
from appliance.control.live import Live
from appliance.control.outward import Outward
from appliance.control.registrations import StateCounts
from appliance.events import Events
from appliance.mail.letters import House, Letters
from appliance.mail.post import Post
from appliance.store import Store
from appliance.web.api.families import OPERATIONS
from appliance.web.api.rates import TokenBuckets
from appliance.web.api.reference import Reference
from appliance.web.api.serving import Api


class Webhooks:
    """What webhooks are told, and who takes it to them."""

    def __init__(self, control: Control, settings: ApiSettingsInForce, live: Live) -> None:
        self.outward = Outward(lambda: settings.value)
        self.announcements = Announcements(control)
        program = f"{live.facts.brand}/{live.facts.version}"
        self.courier = Courier(control, self.outward, program)


class ControlPlane:
    """Built before anything runs, so that it hears all news from the first on."""

    def __init__(self, store: Store, clock: Clock, events: Events, live: Live) -> None:
        self.control = Control(store, clock, events)
        self.api_keys = ApiKeys(self.control)
        # Tokens are good for minutes, and for this run alone: a refresh brings the next one.
        token_key = secrets.token_bytes(32)
        self.people = Door.built(self.control, live.facts.brand, token_key, self.api_keys.caller)
        identity = self.people.identity
        counts = StateCounts(events)
        self.feed = Feed(events, live, counts, store.snapshot, identity.caller)
        letters = Letters(lambda: _house(live))
        self.post = Post(store, clock, events, letters)
        settings = ApiSettingsInForce(self.control)
        self.webhooks = Webhooks(self.control, settings, live)
        self._loads: tuple[Callable[[], Awaitable[None]], ...] = (
            *(self.api_keys.load, identity.load, settings.load),
            self.webhooks.announcements.load,
        )
        reference = Reference(OPERATIONS, live.facts.brand, live.facts.version)
        own = (
            *(live, counts, self.feed, self.api_keys, letters, settings, reference),
            self.webhooks.outward,
        )
        self.api = Api(
            self.control,
            identity,
            TokenBuckets(clock.now, lambda: settings.value.requests_per_minute),
            FirstAnswers(self.control),
            OPERATIONS,
            parts=(*own, *self.people.parts),
        )

    def routes(self) -> Iterable[BaseRoute]:
        return self.api.routes()

    async def start(self, parts: AsyncExitStack) -> None:
        """Load what is asked from memory; in `parts`, what ends it."""
        for load in self._loads:
            await load()
        parts.push_async_callback(self.api_keys.write_uses)
        parts.push_async_callback(self.webhooks.outward.close)
        parts.push_async_callback(self.webhooks.announcements.write)
        parts.callback(self.people.hashing.close)
        parts.push_async_callback(self.people.followups.settle)

    def tasks(self) -> Iterable[Coroutine[Any, Any, None]]:
        """What runs until it is cancelled."""
        return (
            *(self.feed.run(), self.api_keys.run(), self.post.run()),
            *(self.webhooks.announcements.run(), self.webhooks.courier.run()),
            *(self.people.followups.run(), AuditAnchor(self.control).run()),
        )


def _house(live: Live) -> House:
    """In whose name mails are, and where their links lead."""
    facts = live.facts
    host = f"[{facts.sip_host}]" if ":" in facts.sip_host else facts.sip_host
    port = facts.ports()["https"]
    return House(facts.brand, f"https://{host}" + ("" if port == 443 else f":{port}"))
