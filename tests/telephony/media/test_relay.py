"""What is relayed between two streams, and how (interop 12, 27, 32)."""

import asyncio

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Carriage, Payload, StreamSetup

from .conftest import Leg, MakeLeg
from .far_end import G722, HOST, KEYS, OPUS, PCMA, PCMU, FarEnd, rtp, settled


async def test_first_source_passes_as_it_is(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    for number in range(20):
        one.far_end.say(one.stream, bytes([number]) * 160)
    for number in range(20):
        heard = await two.far_end.hear()
        assert heard.payload == bytes([number]) * 160
        assert (heard.sequence, heard.timestamp) == (1000 + number, 160000 + 160 * number)
        assert heard.ssrc == one.far_end.ssrc
        assert heard.source == (HOST, two.stream.port)


async def test_both_directions_at_once(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    one.far_end.say(one.stream, b"1" * 160)
    two.far_end.say(two.stream, b"2" * 160)
    assert (await two.far_end.hear()).payload == b"1" * 160
    assert (await one.far_end.hear()).payload == b"2" * 160


async def test_payload_types_are_mapped_by_codec(media: NativeMedia, make_leg: MakeLeg) -> None:
    one = make_leg(OPUS, Payload(96, "telephone-event", 48000))
    two = make_leg(Payload(107, "opus", 48000, 2), Payload(110, "telephone-event", 48000))
    one.stream.connect(two.stream)
    await settled(media)
    one.far_end.say(one.stream, b"opus", 111, 960)
    assert (await two.far_end.hear()).type == 107
    one.far_end.say(one.stream, bytes([1, 10, 0, 160]), 96, 0)
    assert (await two.far_end.hear()).type == 110
    two.far_end.say(two.stream, b"opus", 107, 960)
    assert (await one.far_end.hear()).type == 111


async def test_asymmetric_payload_types_of_one_leg(media: NativeMedia, make_leg: MakeLeg) -> None:
    one, two = make_leg(OPUS), make_leg()
    setup = StreamSetup(two.far_end.address, None, (Payload(96, "OPUS", 48000, 2),), (OPUS,))
    two.stream.configure(setup)
    one.stream.connect(two.stream)
    await settled(media)
    one.far_end.say(one.stream, b"x", 111)
    assert (await two.far_end.hear()).type == 96
    for number in (111, 96):  # as we offered it, and as a careless phone calls it itself
        two.far_end.say(two.stream, b"x", number)
        assert (await one.far_end.hear()).type == 111


async def test_same_number_wins_among_equal_codecs(media: NativeMedia, make_leg: MakeLeg) -> None:
    video = tuple(Payload(number, "H264", 90000) for number in (102, 103, 104))
    one, two = make_leg(*video), make_leg(*video)
    one.stream.connect(two.stream)
    await settled(media)
    for number in (104, 102, 103):
        one.far_end.say(one.stream, b"frame", number)
        assert (await two.far_end.hear()).type == number


async def test_video_and_its_retransmissions_keep_their_ssrcs(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    payloads = (Payload(96, "VP8", 90000), Payload(97, "rtx", 90000))
    one, two, three = (make_leg(*payloads) for _ in range(3))
    one.stream.connect(two.stream)
    await settled(media)
    for ssrc, number in ((7, 96), (8, 97), (7, 96)):
        one.far_end.send(one.stream, rtp(5, 90, b"v", payload_type=number, ssrc=ssrc))
        heard = await two.far_end.hear()
        assert (heard.ssrc, heard.type, heard.sequence, heard.marker) == (ssrc, number, 5, False)
    three.stream.connect(two.stream)
    await settled(media)
    three.far_end.send(three.stream, rtp(9, 1, b"v", payload_type=96, ssrc=11))
    assert (await two.far_end.hear()).ssrc == 11


async def test_unmappable_payload_is_dropped_and_counted(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    one, two = make_leg(G722, PCMU), make_leg(PCMU)
    one.stream.connect(two.stream)
    await settled(media)
    one.far_end.say(one.stream, payload_type=9)
    one.far_end.say(one.stream, payload_type=77)
    assert await two.far_end.hears_nothing()
    assert one.stream.statistics().rejected == 2
    assert one.stream.statistics().packets_received == 2


async def test_transfer_goes_on_in_one_unbroken_stream(
    media: NativeMedia, bridge: tuple[Leg, Leg], make_leg: MakeLeg
) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    before = await two.far_end.hear()
    three = make_leg()
    three.stream.connect(two.stream)
    await settled(media)
    await asyncio.sleep(0.1)
    three.far_end.sequence, three.far_end.timestamp = 40000, 5
    three.far_end.say(three.stream)
    three.far_end.say(three.stream)
    first, then = await two.far_end.hear(), await two.far_end.hear()
    assert first.ssrc == then.ssrc == before.ssrc
    assert [first.sequence, then.sequence] == [before.sequence + 1, before.sequence + 2]
    assert 600 <= first.timestamp - before.timestamp <= 4000
    assert then.timestamp - first.timestamp == 160
    assert (first.marker, then.marker) == (True, False)
    one.far_end.say(one.stream)
    assert await two.far_end.hears_nothing()


async def test_loss_and_order_stay_visible_behind_a_switch(
    media: NativeMedia, bridge: tuple[Leg, Leg], make_leg: MakeLeg
) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    await two.far_end.hear()
    three = make_leg()
    three.stream.connect(two.stream)
    await settled(media)
    for number in (10, 12, 11, 15):
        three.far_end.send(three.stream, rtp(number, number * 160, ssrc=5))
    heard = [(await two.far_end.hear()).sequence for _ in range(4)]
    assert [s - heard[0] for s in heard] == [0, 2, 1, 5]


async def test_echo_answers_with_an_ssrc_of_its_own(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.echo()
    await settled(media)
    for _ in range(3):
        leg.far_end.say(leg.stream, b"e" * 160)
    heard = [await leg.far_end.hear() for _ in range(3)]
    assert {p.payload for p in heard} == {b"e" * 160}
    assert len({p.ssrc for p in heard}) == 1
    assert heard[0].ssrc != leg.far_end.ssrc


async def test_disconnected_stream_counts_and_drops(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    two.stream.disconnect()
    await settled(media)
    one.far_end.say(one.stream)
    assert await two.far_end.hears_nothing()
    assert one.stream.statistics().packets_received == 1


async def test_interop_12_nothing_leaves_while_held(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    held = two.far_end.setup()
    for setup in (
        StreamSetup(None, None, held.send, held.receive),
        StreamSetup(("0.0.0.0", 4000), None, held.send, held.receive),
        StreamSetup((HOST, 0), None, held.send, held.receive),
        two.far_end.setup(sending=False),
    ):
        two.stream.configure(setup)
        await settled(media)
        one.far_end.say(one.stream)
        assert await two.far_end.hears_nothing()
    assert one.stream.statistics().packets_received == 4
    two.stream.configure(held)
    await settled(media)
    one.far_end.say(one.stream)
    await two.far_end.hear()


async def test_stream_that_does_not_receive_is_counted_only(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    one.stream.configure(one.far_end.setup(receiving=False))
    await settled(media)
    one.far_end.say(one.stream)
    assert await two.far_end.hears_nothing()
    assert one.stream.statistics().packets_received == 1


async def test_statistics_see_loss_and_jitter(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    for number in range(100):
        if number % 10 == 5:
            one.far_end.sequence += 1
            one.far_end.timestamp += 160
        else:
            one.far_end.say(one.stream)
        await asyncio.sleep(0.001)
    heard = await two.far_end.hear_for(0.1)
    statistics = one.stream.statistics()
    assert len(heard) == statistics.packets_received == 90
    assert statistics.bytes_received == 90 * 160
    assert statistics.lost == 10
    assert statistics.jitter_ms > 1  # packets of 20 ms came every millisecond
    assert two.stream.statistics().packets_sent == 90


async def test_interop_32_udptl_passes_unchanged(media: NativeMedia) -> None:
    ends = [FarEnd(), FarEnd()]
    streams = [media.open(HOST, lambda event: None, Carriage.UDPTL) for _ in ends]
    for stream, end in zip(streams, ends, strict=True):
        stream.configure(StreamSetup(end.address, None))
    streams[0].connect(streams[1])
    await settled(media)
    for packet in (b"\x00\x01\x02", b"\xff" * 1400):
        ends[0].send(streams[0], packet)
        assert (await ends[1].hear_raw())[0] == packet
    assert streams[0].statistics().packets_received == 2
    for end in ends:
        end.close()


async def test_ipv6(media: NativeMedia) -> None:
    ends = [FarEnd("::1"), FarEnd("::1")]
    streams = [media.open("::1", lambda event: None) for _ in ends]
    for stream, end in zip(streams, ends, strict=True):
        stream.configure(end.setup())
    streams[0].connect(streams[1])
    await settled(media)
    ends[0].say(streams[0])
    await ends[1].hear()
    for end in ends:
        end.close()


async def test_one_leg_has_only_the_other_codec(media: NativeMedia, make_leg: MakeLeg) -> None:
    assert media.codecs_joinable("pcmu", "PCMA")
    assert media.codecs_joinable("G722", "g722")
    assert not media.codecs_joinable("G722", "PCMU")
    assert KEYS.codec == "telephone-event"
    assert PCMA.number == 8
