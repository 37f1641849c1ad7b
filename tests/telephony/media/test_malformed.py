"""Whatever arrives, the core goes on: RTP, RTCP and UDPTL mutated by hypothesis."""

import asyncio
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Carriage, Payload

from .far_end import HOST, KEYS, PCMA, PCMU, FarEnd, keys, rtp

SECURE = keys("AES_CM_128_HMAC_SHA1_80")
REPORT = struct.pack("!BBHIQIII", 0x80, 200, 6, 0x1234, 1, 2, 3, 4)
SEEDS = [
    rtp(1, 160),
    rtp(2, 320, struct.pack("!BBH", 5, 0x8A, 800), payload_type=101),
    b"\xbf" + rtp(3, 480)[1:] + b"\x04",
    REPORT,
    b"\x9f\xc9\x00\x01\x00\x00\x12\x34",
    struct.pack("!BBHIIIIIII", 0x81, 201, 7, 1, 0x1234, 1, 2, 3, 4, 5),
    REPORT + struct.pack("!BBHI", 0x81, 203, 1, 0x1234),
    struct.pack("!BBHII", 0x81, 206, 2, 5, 6),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    packet = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(packet) - 1))
        packet[at] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(packet)))
    return bytes(packet[:cut] if draw(st.booleans()) else packet) + draw(st.binary(max_size=40))


@pytest.mark.parametrize("kind", ["audio", "law", "video", "mux", "secure", "udptl", "echo"])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(packets=st.lists(mutated(), min_size=20, max_size=60))
def test_malformed_packets_never_stop_the_core(kind: str, packets: list[bytes]) -> None:
    asyncio.run(survive(kind, packets))


def told(core: NativeMedia) -> int:
    totals = core.totals()
    return totals.packets_received + totals.rejected


async def survive(kind: str, packets: list[bytes]) -> None:
    core, ends = NativeMedia((23000, 23999)), [FarEnd(), FarEnd(ssrc=9)]
    core.start()
    carriage = Carriage.UDPTL if kind == "udptl" else Carriage.RTP
    streams = [core.open(HOST, lambda event: None, carriage) for _ in ends]
    far = {"law": (PCMA,), "video": (PCMU, KEYS, Payload(96, "VP8", 90000))}.get(kind, (PCMU, KEYS))
    more = {"rtcp_mux": kind == "mux", "receive_keys": SECURE if kind == "secure" else None}
    streams[0].configure(ends[0].setup(PCMU, KEYS, **more))
    streams[1].configure(ends[1].setup(*far))
    streams[0].connect(streams[1])
    if kind == "echo":
        streams[0].echo()
    for packet in packets:
        ends[0].send(streams[0], packet)
        ends[0].send_rtcp(streams[0], packet)
        ends[1].say(streams[1], packet)
    while told(core) < len(packets):
        await asyncio.sleep(0)
    core.stop()
    for end in ends:
        end.close()
