"""An SDP that names a media port of the box itself makes no packet go round for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import StreamSetup, Tone

from .conftest import Leg, MakeLeg
from .far_end import HOST, PCMU, FarEnd, settled


@pytest.fixture
async def two_pairs(anyio_backend: str) -> AsyncIterator[NativeMedia]:
    """A core whose second stream has the port that the first one did not get."""
    core = NativeMedia((22300, 22303))
    core.start()
    yield core
    core.stop()


def towards(port: int) -> StreamSetup:
    return StreamSetup((HOST, port), None, (PCMU,), (PCMU,))


async def refused(leg: Leg, packets: int) -> None:
    """Until so many packets have been thrown away there."""
    async with asyncio.timeout(2):
        while leg.stream.statistics().rejected < packets:
            await asyncio.sleep(0.001)


async def test_two_echoes_that_are_sent_to_each_other(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    one, two = make_leg(PCMU), make_leg(PCMU)
    setup = one.far_end.setup(PCMU)
    for leg in (one, two):
        leg.stream.echo()
    two.stream.configure(replace(setup, remote=(HOST, one.stream.port)))
    one.far_end.say(one.stream)
    await one.far_end.hear()
    one.stream.configure(replace(setup, remote=(HOST, two.stream.port)))
    await settled(media)
    for _ in range(3):
        one.far_end.say(one.stream)
    await asyncio.sleep(0.2)
    assert one.stream.statistics().packets_received <= 4


async def test_a_port_that_was_given_back_is_a_phone_s_again(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    closed = media.open(HOST, lambda _event: None)
    assert media.is_own((HOST, closed.port))
    assert media.is_own((HOST, closed.rtcp_port))
    closed.close()
    assert not media.is_own((HOST, closed.port))


async def test_a_port_that_becomes_our_own_after_the_sdp_named_it_is_never_latched(
    two_pairs: NativeMedia,
) -> None:
    """`configure` cannot know it: the stream that listens there is opened later."""
    far_end = FarEnd()
    one = Leg(two_pairs, far_end)
    later = 22300 + 22302 - one.stream.port
    one.stream.configure(towards(later))
    two = Leg(two_pairs, far_end)
    assert two.stream.port == later
    two.stream.configure(far_end.setup(PCMU))
    two.stream.echo()
    one.stream.play(Tone((440.0,), seconds=0.06))
    await refused(two, 3)
    assert two.stream.statistics().packets_received == 0
    assert one.stream.statistics().packets_received == 0
    assert await far_end.hears_nothing()
    far_end.say(two.stream)
    await far_end.hear()
    far_end.close()
