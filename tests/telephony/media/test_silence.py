"""Silence noticed (interop 31)."""

import asyncio
import struct

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import MediaResumed, MediaSilent

from .conftest import MakeLeg
from .far_end import HOST, settled

LIMIT = 1.0
"""Of the fixture's core."""


async def test_silence_is_said_once_until_packets_flow(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    leg = make_leg()
    leg.far_end.say(leg.stream)
    await asyncio.sleep(LIMIT + 1.3)
    assert [type(event) for event in leg.events] == [MediaSilent]
    (silent,) = leg.events
    assert isinstance(silent, MediaSilent)
    assert LIMIT <= silent.seconds <= LIMIT + 1.2
    await asyncio.sleep(1.2)
    leg.far_end.say(leg.stream)
    leg.far_end.say(leg.stream)
    await asyncio.sleep(0.1)
    assert [type(event) for event in leg.events] == [MediaSilent, MediaResumed]
    assert leg.stream.statistics().silent_seconds < 0.5


async def test_interop_31_rtcp_alone_is_no_silence(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    await settled(media)
    for _ in range(6):
        leg.far_end.send_rtcp(leg.stream, struct.pack("!BBHI", 0x80, 201, 1, 5))
        await asyncio.sleep(0.4)
    assert leg.events == []


async def test_rejected_packets_break_no_silence(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    await settled(media)
    for _ in range(6):
        leg.far_end.send(leg.stream, b"\x00" * 20)
        await asyncio.sleep(0.4)
    assert [type(event) for event in leg.events] == [MediaSilent]


async def test_stream_without_a_setup_says_nothing(media: NativeMedia) -> None:
    events: list[object] = []
    media.open(HOST, events.append)
    await asyncio.sleep(LIMIT + 1.2)
    assert events == []
