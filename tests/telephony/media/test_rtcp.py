"""RTCP: forwarded with its names translated, and our own where we are the end (interop 31)."""

import asyncio
import socket
import struct
import time

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Payload, StreamSetup, Tone

from .conftest import Leg, MakeLeg
from .far_end import PCMU, settled

SR, RR, SDES, BYE = 200, 201, 202, 203


def sender_report(ssrc: int, timestamp: int = 0, ntp: int = 0, blocks: bytes = b"") -> bytes:
    count = len(blocks) // 24
    head = struct.pack("!BBHI", 0x80 | count, SR, 6 + 6 * count, ssrc)
    return head + struct.pack("!QIII", ntp, timestamp, 10, 1600) + blocks


def receiver_report(ssrc: int, blocks: bytes) -> bytes:
    count = len(blocks) // 24
    return struct.pack("!BBHI", 0x80 | count, RR, 1 + 6 * count, ssrc) + blocks


def block(
    ssrc: int, lost: int = 0, highest: int = 0, jitter: int = 0, last: int = 0, delay: int = 0
) -> bytes:
    return struct.pack("!IIIIII", ssrc, lost & 0xFFFFFF, highest, jitter, last, delay)


def parts(packet: bytes) -> list[tuple[int, bytes]]:
    """The parts of a compound packet: type and all octets."""
    found = []
    while packet:
        size = 4 * (struct.unpack("!H", packet[2:4])[0] + 1)
        found.append((packet[1], packet[:size]))
        packet = packet[size:]
    return found


async def test_reports_pass_untouched_while_nothing_was_renamed(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    two.far_end.say(two.stream)
    await two.far_end.hear()
    await one.far_end.hear()
    report = sender_report(one.far_end.ssrc, 7, blocks=block(two.far_end.ssrc, 3, 1000, 80))
    one.far_end.send_rtcp(one.stream, report)
    assert await two.far_end.hear_rtcp() == report
    statistics = one.stream.statistics()
    assert (statistics.reported_lost, statistics.reported_jitter_ms) == (3, 10.0)


async def test_reports_follow_the_renaming_behind_a_transfer(
    media: NativeMedia, bridge: tuple[Leg, Leg], make_leg: MakeLeg
) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    await two.far_end.hear()
    three = make_leg()
    three.stream.connect(two.stream)
    await settled(media)
    three.far_end.timestamp = 500
    three.far_end.say(three.stream)
    heard = await two.far_end.hear()
    three.far_end.send_rtcp(three.stream, sender_report(three.far_end.ssrc, 500))
    _, report = parts(await two.far_end.hear_rtcp())[0]
    assert struct.unpack("!I", report[4:8])[0] == heard.ssrc == one.far_end.ssrc
    assert struct.unpack("!I", report[16:20])[0] == heard.timestamp
    two.far_end.send_rtcp(
        two.stream, receiver_report(two.far_end.ssrc, block(heard.ssrc, 1, heard.sequence))
    )
    _, back = parts(await three.far_end.hear_rtcp())[0]
    ssrc, _, highest = struct.unpack("!III", back[8:20])
    assert ssrc == three.far_end.ssrc
    assert highest & 0xFFFF == three.far_end.sequence - 1


async def test_goodbye_of_one_source_is_not_passed_on(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    goodbye = struct.pack("!BBHI", 0x81, BYE, 1, one.far_end.ssrc)
    one.far_end.send_rtcp(one.stream, sender_report(one.far_end.ssrc) + goodbye)
    assert [kind for kind, _ in parts(await two.far_end.hear_rtcp())] == [SR]


async def test_video_feedback_passes_untouched(media: NativeMedia, make_leg: MakeLeg) -> None:
    payload = Payload(96, "VP8", 90000)
    one, two = make_leg(payload), make_leg(payload)
    one.stream.connect(two.stream)
    await settled(media)
    for packet in (
        struct.pack("!BBHII", 0x81, 206, 2, 5, 6),  # picture loss
        struct.pack("!BBHIII", 0x81, 205, 3, 5, 6, 0x00010000),  # nack
        sender_report(5) + struct.pack("!BBHI", 0x81, BYE, 1, 5),
    ):
        one.far_end.send_rtcp(one.stream, packet)
        assert await two.far_end.hear_rtcp() == packet


async def test_rtcp_mux(media: NativeMedia, make_leg: MakeLeg) -> None:
    one, two = make_leg(PCMU, rtcp_mux=True), make_leg()
    one.stream.connect(two.stream)
    await settled(media)
    one.far_end.send(one.stream, sender_report(one.far_end.ssrc))
    assert parts(await two.far_end.hear_rtcp())[0][0] == SR
    two.far_end.send_rtcp(two.stream, sender_report(two.far_end.ssrc))
    assert (await one.far_end.hear_raw())[0][1] == SR


async def test_interop_31_own_reports_where_we_are_the_end(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    leg = make_leg()
    leg.stream.play(Tone((440.0,)))
    leg.far_end.say(leg.stream)
    heard = await leg.far_end.hear()
    packet = await leg.far_end.hear_rtcp(8)
    at = time.monotonic()
    (kind, report), (described, _) = parts(packet)
    assert (kind, described) == (SR, SDES)
    assert struct.unpack("!I", report[4:8])[0] == heard.ssrc
    assert struct.unpack("!I", report[28:32])[0] == leg.far_end.ssrc
    await asyncio.sleep(0.2)
    delay = int((time.monotonic() - at) * 65536)
    middle = struct.unpack("!I", report[10:14])[0]
    answer = receiver_report(leg.far_end.ssrc, block(heard.ssrc, 2, 0, 16, middle, delay))
    leg.far_end.send_rtcp(leg.stream, answer)
    await asyncio.sleep(0.05)
    statistics = leg.stream.statistics()
    assert statistics.reported_lost == 2
    assert statistics.reported_jitter_ms == 2.0
    assert 0 < statistics.round_trip_ms < 100


async def test_rtcp_from_another_host_is_refused(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    elsewhere = StreamSetup(("127.0.0.9", 4000), None, (PCMU,), (PCMU,))
    leg.stream.configure(elsewhere)
    await settled(media)
    leg.far_end.say(leg.stream)  # latches 127.0.0.1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.7", 0))
        other.sendto(receiver_report(1, b""), (leg.stream.host, leg.stream.rtcp_port))
    await asyncio.sleep(0.05)
    assert leg.stream.statistics().rejected == 1
    leg.far_end.send_rtcp(leg.stream, receiver_report(1, b""))
    await asyncio.sleep(0.05)
    assert leg.stream.statistics().rejected == 1
