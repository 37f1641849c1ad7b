"""Symmetric RTP with a safe latch (interop 26)."""

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import StreamSetup

from .conftest import Leg, MakeLeg
from .far_end import HOST, PCMU, FarEnd, keys, settled


async def test_interop_26_spoofed_source_does_not_steal_a_locked_stream(
    bridge: tuple[Leg, Leg],
) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    await two.far_end.hear()
    thief = FarEnd()
    for _ in range(50):
        thief.say(one.stream, b"\x00" * 160)
    two.far_end.say(two.stream)
    await one.far_end.hear()
    assert await thief.hears_nothing()
    assert await two.far_end.hears_nothing()
    assert one.stream.statistics().rejected == 50
    thief.close()


async def test_interop_26_phone_behind_nat_is_answered_where_it_sends_from(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    setup = one.far_end.setup()
    one.stream.configure(StreamSetup(("127.0.0.9", 4000), None, setup.send, setup.receive))
    await settled(media)
    one.far_end.say(one.stream)
    await two.far_end.hear()
    two.far_end.say(two.stream)
    await one.far_end.hear()


async def test_interop_26_sdp_address_is_preferred_in_the_window(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    thief = FarEnd()
    thief.say(one.stream)
    await two.far_end.hear()
    one.far_end.say(one.stream)
    await two.far_end.hear()
    thief.say(one.stream)
    assert await two.far_end.hears_nothing()
    two.far_end.say(two.stream)
    await one.far_end.hear()
    assert await thief.hears_nothing()
    thief.close()


async def test_interop_26_first_stranger_wins_over_later_ones(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    setup = one.far_end.setup()
    one.stream.configure(StreamSetup(("127.0.0.9", 4000), None, setup.send, setup.receive))
    await settled(media)
    one.far_end.say(one.stream)
    await two.far_end.hear()
    late = FarEnd()
    late.say(one.stream)
    assert await two.far_end.hears_nothing()
    late.close()


async def test_interop_13_moved_phone_is_followed_at_once(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    await two.far_end.hear()
    moved = FarEnd()
    one.stream.configure(moved.setup())
    await settled(media)
    two.far_end.say(two.stream)
    await moved.hear()
    one.far_end.say(one.stream)  # still in flight from the old place
    await two.far_end.hear()
    two.far_end.say(two.stream)
    await moved.hear()
    moved.say(one.stream)
    await two.far_end.hear()
    one.far_end.say(one.stream)
    assert await two.far_end.hears_nothing()
    moved.close()


async def test_interop_12_resume_to_the_same_address_keeps_the_latched_source(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    setup = one.far_end.setup()
    behind_nat = StreamSetup(("127.0.0.9", 4000), None, setup.send, setup.receive)
    one.stream.configure(behind_nat)
    await settled(media)
    one.far_end.say(one.stream)
    await two.far_end.hear()
    one.stream.configure(StreamSetup(None, None, setup.send, setup.receive))
    one.stream.configure(behind_nat)
    await settled(media)
    two.far_end.say(two.stream)
    await one.far_end.hear()


async def test_interop_26_unauthenticated_srtp_does_not_latch(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    key = keys("AES_CM_128_HMAC_SHA1_80")
    secure, plain = make_leg(PCMU, send_keys=key, receive_keys=key), make_leg()
    secure.stream.connect(plain.stream)
    await settled(media)
    thief = FarEnd()
    thief.say(secure.stream)
    assert await plain.far_end.hears_nothing()
    plain.far_end.say(plain.stream)
    await secure.far_end.hear_raw()
    assert await thief.hears_nothing()
    assert secure.stream.statistics().rejected == 1
    thief.close()


async def test_packets_before_any_setup_are_refused(media: NativeMedia) -> None:
    stream = media.open(HOST, lambda event: None)
    far_end = FarEnd()
    await settled(media)
    far_end.say(stream)
    while stream.statistics().rejected == 0:
        await settled(media)
    assert stream.statistics().packets_received == 0
    far_end.close()
