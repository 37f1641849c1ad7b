"""10,000 mutated messages: no crash, no growth, and OPTIONS answered throughout."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.support.box import Box
from tests.support.mutation import mutated
from tests.support.raw import RawTcp, RawUdp, options_answered, request

pytestmark = pytest.mark.interop

SEED = 4475
WARM_UP = 2_000
BY_UDP = 6_000
BY_TCP = 4_000
SOURCES = 24
"""Addresses of the loopback that share the messages, so that no rate limit hides the parser."""
GROWTH_KIB = 12_000


@asynccontextmanager
async def options_throughout(box: Box) -> AsyncIterator[list[float]]:
    """Ask OPTIONS over and over; each must be answered within a second."""
    took: list[float] = []
    over = asyncio.Event()

    async def ask() -> None:
        clock = asyncio.get_running_loop().time
        while not over.is_set():
            began = clock()
            await options_answered(box.sip_address)
            took.append(clock() - began)
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        group.create_task(ask())
        yield took
        over.set()
    assert took


async def send_by_udp(box: Box, messages: Iterator[bytes]) -> None:
    sockets = [await RawUdp.open(f"127.0.1.{number + 1}") for number in range(SOURCES)]
    for number, (udp, data) in enumerate(zip(itertools.cycle(sockets), messages, strict=False)):
        udp.send(data, box.sip_address)
        if number % 20 == 19:
            await asyncio.sleep(0.005)
    for udp in sockets:
        udp.close()


async def send_by_tcp(box: Box, messages: Iterator[bytes]) -> None:
    """Several messages on a connection, until the box has had enough of it."""
    for number in itertools.count():
        batch = list(itertools.islice(messages, 10))
        if not batch:
            return
        connection = await RawTcp.open(box.sip_address, host=f"127.0.2.{number % SOURCES + 1}")
        try:
            for data in batch:
                await connection.send(data)
        except ConnectionError:
            pass
        await connection.close()


async def test_ten_thousand_mutated_messages_crash_nothing_and_leave_nothing(box: Box) -> None:
    await send_by_udp(box, mutated(SEED, WARM_UP // 2))
    await send_by_tcp(box, mutated(SEED + 1, WARM_UP // 2))
    before = box.memory_kib(), box.threads()
    async with options_throughout(box) as took:
        await asyncio.gather(
            send_by_udp(box, mutated(SEED + 2, BY_UDP)), send_by_tcp(box, mutated(SEED + 3, BY_TCP))
        )
    box.assert_unharmed()
    assert box.memory_kib() - before[0] < GROWTH_KIB
    assert box.threads() <= before[1] + 1
    assert max(took) < 1
    assert all(each["contacts"] == 0 for each in box.registrations())
    assert box.calls() == []


async def test_a_flood_from_one_address_does_not_silence_the_others(box: Box) -> None:
    flood = await RawUdp.open("127.0.3.1")
    over = asyncio.Event()

    async def pour() -> None:
        while not over.is_set():
            for _ in range(50):
                asked = request("OPTIONS", box.sip_address, (flood.host, flood.port))
                flood.send(asked, box.sip_address)
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as group:
        group.create_task(pour())
        for _ in range(25):
            await options_answered(box.sip_address, seconds=2, every=0.25)
            await asyncio.sleep(0.1)
        over.set()
    flood.close()


async def test_a_connection_that_sends_half_a_message_does_not_hold_up_others(box: Box) -> None:
    slow = await RawTcp.open(box.sip_address, host="127.0.4.1")
    whole = request("OPTIONS", box.sip_address, ("127.0.4.1", slow.port), transport="TCP")
    await slow.send(whole[:80])
    await options_answered(box.sip_address)
    await slow.send(whole[80:])
    assert (await slow.response()).status == 200
    await slow.close()


async def test_messages_that_share_a_segment_are_answered_one_by_one(box: Box) -> None:
    connection = await RawTcp.open(box.sip_address, host="127.0.4.2")
    source = ("127.0.4.2", connection.port)
    three = [request("OPTIONS", box.sip_address, source, transport="TCP") for _ in range(3)]
    await connection.send("".join(three))
    statuses = [(await connection.response()).status for _ in three]
    assert statuses == [200, 200, 200]
    await connection.close()
