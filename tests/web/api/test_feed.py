"""The live feed: what is in scope, as it happens, until the login is over."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from appliance.control.errors import TooMany
from appliance.control.feed import LONGEST_QUEUE, PER_CREDENTIAL, Message, Subscription
from appliance.control.news import CallBegan
from tests.support.api import World
from tests.support.phones_seen import PhonesSeen
from tests.web.api.test_calls import record


@pytest.fixture
async def phones(world: World) -> PhonesSeen:
    seen = PhonesSeen(world)
    for slug in ("acme", "helios"):
        lines = f"/v1/tenants/{slug}/extensions"
        await world.as_("platform").post(lines, {"extension": "1001", "name": "Alice Tan"})
        await world.as_("platform").post(f"{lines}/1001/devices", {"type": "desk", "name": "Desk"})
    return seen


class Reader:
    """Reads a subscription; the first message of all is the health."""

    def __init__(self, phones: PhonesSeen, token: str, tenant: str = "") -> None:
        world = phones.world
        self.subscription: Subscription = phones.feed.subscribe(
            world.people.known[token], token, world.tenants.get(tenant)
        )
        self.messages: AsyncIterator[Message] = self.subscription.messages()

    async def next(self) -> tuple[str, Any]:
        async with asyncio.timeout(5):
            message = await anext(self.messages)
        return message.topic, msgspec.json.decode(message.data)

    async def over(self) -> bool:
        """Whether it ends, whatever was waiting."""
        async with asyncio.timeout(5):
            return [one async for one in self.messages] == []


async def test_registration_is_told_to_its_scope_alone(world: World, phones: PhonesSeen) -> None:
    readers = {
        token: Reader(phones, token)
        for token in ("platform", "reseller:nimbus", "tenant:acme", "tenant:helios")
    }
    for reader in readers.values():
        assert (await reader.next())[0] == "health"
    phones.register("1001-desk")
    for token in ("platform", "reseller:nimbus", "tenant:acme"):
        topic, fact = await readers[token].next()
        assert (topic, fact["tenant"], fact["status"]) == ("registration", "acme", "registered")
    phones.register("1001-desk-helios")
    assert (await readers["tenant:helios"].next())[1]["tenant"] == "helios"
    assert (await readers["platform"].next())[1]["tenant"] == "helios"


async def test_narrowed_feed_hears_of_one_tenant(world: World, phones: PhonesSeen) -> None:
    reader = Reader(phones, "platform", "helios")
    await reader.next()
    phones.register("1001-desk")
    phones.register("1001-desk-helios")
    assert (await reader.next())[1]["tenant"] == "helios"


async def test_changes_and_calls_are_told(world: World, phones: PhonesSeen) -> None:
    reader, other = Reader(phones, "tenant:acme"), Reader(phones, "tenant:helios")
    await reader.next()
    await other.next()
    lines = "/v1/tenants/acme/extensions"
    await world.as_("tenant:acme").patch(f"{lines}/1001", {"name": "Alice"})
    topic, fact = await reader.next()
    assert (topic, fact["noun"], fact["target"]) == ("changed", "extension", "extension 1001")
    world.events.publish(CallBegan(record(world, 1)))
    topic, fact = await reader.next()
    assert (topic, fact["state"], fact["from"]) == ("call", "began", "1001")
    phones.register("1001-desk-helios")
    assert (await other.next())[0] == "registration"


async def test_counts_are_told_when_they_move(world: World, phones: PhonesSeen) -> None:
    reader = Reader(phones, "tenant:acme")
    await reader.next()
    running = asyncio.create_task(phones.feed.run())
    try:
        assert await reader.next() == ("counts", {"registered": 0, "live_calls": 0})
        phones.register("1001-desk")
        assert (await reader.next())[0] == "registration"
        assert await reader.next() == ("counts", {"registered": 1, "live_calls": 0})
    finally:
        running.cancel()


async def test_feed_ends_with_its_login(world: World, phones: PhonesSeen) -> None:
    reader = Reader(phones, "tenant:acme")
    await reader.next()
    del world.people.known["tenant:acme"]
    phones.register("1001-desk")
    assert await reader.over()


async def test_login_that_ends_quietly_is_noticed_at_the_next_change(
    world: World, phones: PhonesSeen
) -> None:
    reader = Reader(phones, "tenant:acme")
    await reader.next()
    ended = asyncio.create_task(reader.over())
    del world.people.known["tenant:acme"]
    await world.as_("platform").patch("/v1/tenants/helios/extensions/1001", {"name": "Farah"})
    assert await ended


async def test_slow_reader_is_told_to_look_at_everything_again(
    world: World, phones: PhonesSeen
) -> None:
    reader = Reader(phones, "tenant:acme")
    await reader.next()
    for _ in range(LONGEST_QUEUE * 3):
        phones.register("1001-desk")
    topics = [(await reader.next())[0] for _ in range(2)]
    assert topics == ["resync", "registration"]


async def test_feeds_of_one_login_are_bounded_and_dead_ones_make_room(
    world: World, phones: PhonesSeen
) -> None:
    for _ in range(PER_CREDENTIAL):
        Reader(phones, "tenant:acme")
    with pytest.raises(TooMany):
        Reader(phones, "tenant:acme")
    del world.people.known["tenant:acme"]
    Reader(phones, "tenant:helios")
    assert len(phones.feed._subscriptions) == 1


async def test_closing_box_ends_every_feed(world: World, phones: PhonesSeen) -> None:
    reader = Reader(phones, "platform")
    phones.feed.close()
    assert await reader.over()


@pytest.mark.parametrize(("token", "status"), [("", 401), ("user:acme", 403), ("nobody", 401)])
async def test_feed_is_for_operators(
    world: World, phones: PhonesSeen, token: str, status: int
) -> None:
    assert (await world.as_(token).get("/v1/feed")).status_code == status
    foreign = await world.as_("tenant:acme").get("/v1/feed", tenant="helios")
    assert foreign.status_code == 403


async def test_stream_is_server_sent_events(world: World, phones: PhonesSeen) -> None:
    asking = asyncio.create_task(world.as_("tenant:acme").get("/v1/feed"))
    while not phones.feed._subscriptions:
        await asyncio.sleep(0)
    phones.register("1001-desk")
    await asyncio.sleep(0.05)
    phones.feed.close()
    answer = await asking
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: registration\ndata: {" in answer.text
    assert not phones.feed._subscriptions
