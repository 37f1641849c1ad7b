"""`/v1/feed`: what happens within the caller's scope, as server-sent events.

The topics stand in `control/feed.py`. The stream ends with the login or key that opened it; the
token goes in the Authorization header, so that browsers read it by fetch.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from starlette.responses import StreamingResponse

from appliance.control import scope
from appliance.control.caller import Right
from appliance.control.feed import Feed, Message, Subscription
from appliance.model.tenants import Tenant
from appliance.store.database import Database
from appliance.web.api.operation import OPERATORS, Answer, Call, Family

family = Family("Live feed")

HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
QUIET: Final = b": quiet\n\n"


class FeedQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`tenant`: its slug, to hear of that one alone."""

    tenant: Annotated[str, msgspec.Meta(max_length=64)] = ""


@family.get(
    "/v1/feed",
    "Registrations, calls, counts, health and changes as they happen",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=FeedQuery,
    answer=str,
    content_type="text/event-stream",
    errors=(404,),
)
async def feed(call: Call) -> Answer:
    query: FeedQuery = call.query
    tenant = None
    if query.tenant:
        tenant = await call.control.read(lambda database: _enter(call, database, query.tenant))
    token = call.request.headers["authorization"].partition(" ")[2].strip()
    source = call.part(Feed)
    subscription = source.subscribe(call.caller, token, tenant)
    stream = _stream(source, subscription)
    return Answer(StreamingResponse(stream, headers=HEADERS, media_type="text/event-stream"))


def _enter(call: Call, database: Database, slug: str) -> Tenant:
    return scope.enter_tenant(call.caller, database, slug)


async def _stream(source: Feed, subscription: Subscription) -> AsyncIterator[bytes]:
    try:
        async for message in subscription.messages():
            yield _framed(message)
    finally:
        source.unsubscribe(subscription)


def _framed(message: Message) -> bytes:
    """As EventSource reads it (HTML § 9.2.6). JSON has no line ends of its own."""
    if not message.topic:
        return QUIET
    return b"event: %b\ndata: %b\n\n" % (message.topic.encode(), message.data)
