"""The control plane of a running box: everything that `/v1` is served with, built whole.

Parts that operations ask for by their class stand in `parts`; what has to run beside them in
`tasks`.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from typing import Any

from starlette.routing import BaseRoute

from appliance.clock import Clock
from appliance.control.api_keys import ApiKeys
from appliance.control.caller import Caller
from appliance.control.changes import Control
from appliance.control.errors import NotAuthenticated
from appliance.control.feed import Feed
from appliance.control.first_answers import FirstAnswers
from appliance.control.live import Live
from appliance.control.registrations import StateCounts
from appliance.events import Events
from appliance.mail.letters import House, Letters
from appliance.mail.post import Post
from appliance.store import Store
from appliance.web.api.families import OPERATIONS
from appliance.web.api.rates import TokenBuckets
from appliance.web.api.serving import Api


class NobodyYet:
    """Fills Identity until there is one."""

    def caller(self, token: str, address: str) -> Caller:  # noqa: ARG002
        raise NotAuthenticated("Missing or invalid token.")


class ControlPlane:
    """Built before anything runs, so that it hears all news from the first on."""

    def __init__(self, store: Store, clock: Clock, events: Events, live: Live) -> None:
        self.control = Control(store, clock, events)
        identity = NobodyYet()
        counts = StateCounts(events)
        self.feed = Feed(events, live, counts, store.snapshot, identity.caller)
        self.api_keys = ApiKeys(self.control)
        letters = Letters(lambda: _house(live))
        self.post = Post(store, clock, events, letters)
        self._loads: tuple[Callable[[], Awaitable[None]], ...] = (self.api_keys.load,)
        self.api = Api(
            self.control,
            identity,
            TokenBuckets(clock.now),
            FirstAnswers(self.control),
            OPERATIONS,
            parts=(live, counts, self.feed, self.api_keys, letters),
        )

    def routes(self) -> Iterable[BaseRoute]:
        return self.api.routes()

    async def start(self, parts: AsyncExitStack) -> None:
        """Load what is asked from memory; in `parts`, what ends it."""
        for load in self._loads:
            await load()
        parts.push_async_callback(self.api_keys.write_uses)
        parts.callback(self.feed.close)

    def tasks(self) -> Iterable[Coroutine[Any, Any, None]]:
        """What runs until it is cancelled."""
        return (self.feed.run(), self.api_keys.run(), self.post.run())


def _house(live: Live) -> House:
    """In whose name mails are, and where their links lead."""
    facts = live.facts
    host = f"[{facts.sip_host}]" if ":" in facts.sip_host else facts.sip_host
    port = facts.ports()["https"]
    return House(facts.brand, f"https://{host}" + ("" if port == 443 else f":{port}"))
