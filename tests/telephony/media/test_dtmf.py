"""Telephone events heard, relayed and said (interop 29)."""

import asyncio
import struct

import pytest

from appliance.telephony.media.encoding import DIGITS
from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import DtmfDigit, Payload

from .conftest import Leg, MakeLeg
from .far_end import PCMU, Packet, rtp, settled
from .hearing import joined, level, mu_to_linear

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = "123A456B789C*0#D"


def event(key: int, duration: int, end: bool = False) -> bytes:
    return struct.pack("!BBH", key, 0x80 * end | 10, duration)


def press(leg: Leg, digit: str, steps: int = 5, ends: int = 3, number: int = 101) -> None:
    """A key as a phone sends it: 20 ms steps of one timestamp, then its end packets."""
    far_end, key = leg.far_end, DIGITS.index(digit)
    for step in range(1, steps + 1):
        far_end.say(leg.stream, event(key, step * 160), number, 0, marker=step == 1)
    for _ in range(ends):
        far_end.say(leg.stream, event(key, steps * 160, end=True), number, 0)
    far_end.timestamp += steps * 160 + 320


async def events_of(leg: Leg, count: int) -> list[object]:
    async with asyncio.timeout(3):
        while len(leg.events) < count:
            await asyncio.sleep(0.01)
    return list(leg.events)


async def test_interop_29_every_key_is_told_once(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    await settled(media)
    for digit in DIGITS:
        press(leg, digit)
    told = await events_of(leg, len(DIGITS))
    assert told == [DtmfDigit(digit, 100) for digit in DIGITS]


async def test_interop_29_same_key_twice_is_two_keys(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    await settled(media)
    press(leg, "5")
    press(leg, "5")
    assert await events_of(leg, 2) == [DtmfDigit("5", 100)] * 2


async def test_interop_29_one_end_of_three_suffices(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    await settled(media)
    press(leg, "1", ends=1)
    assert await events_of(leg, 1) == [DtmfDigit("1", 100)]


async def test_all_ends_lost_is_told_by_the_next_key_or_by_time(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    leg = make_leg()
    await settled(media)
    press(leg, "1", ends=0)
    press(leg, "2", ends=0)
    assert await events_of(leg, 2) == [DtmfDigit("1", 100), DtmfDigit("2", 100)]


async def test_event_longer_than_its_field_is_one_key(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    leg = make_leg()
    await settled(media)
    leg.far_end.say(leg.stream, event(3, 65535), 101, 65535)
    leg.far_end.say(leg.stream, event(3, 1600, end=True), 101)
    assert await events_of(leg, 1) == [DtmfDigit("3", (65535 + 1600) // 8)]


async def test_interop_29_keys_pass_a_bridge_with_their_number_mapped(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    one = make_leg()
    two = make_leg(PCMU, Payload(96, "telephone-event", 8000))
    one.stream.connect(two.stream)
    await settled(media)
    press(one, "7")
    heard = [await two.far_end.hear() for _ in range(8)]
    assert {p.type for p in heard} == {96}
    assert len({p.timestamp for p in heard}) == 1
    assert heard[-1].payload == event(7, 800, end=True)
    assert await events_of(one, 1) == [DtmfDigit("7", 100)]


@pytest.mark.parametrize("digit", PAD)
async def test_interop_29_in_band_tones_where_the_far_side_has_no_events(
    media: NativeMedia, make_leg: MakeLeg, digit: str
) -> None:
    one, two = make_leg(), make_leg(PCMU)
    one.stream.connect(two.stream)
    await settled(media)
    press(one, digit)
    assert_tone(await two.far_end.hear_for(0.25), digit)


def assert_tone(heard: list[Packet], digit: str) -> None:
    samples = mu_to_linear(joined(p.payload for p in heard))[:800]
    row, column = divmod(PAD.index(digit), 4)
    levels = {hertz: level(samples, hertz) for hertz in ROWS + COLUMNS}
    for hertz, amplitude in levels.items():
        expected = hertz in (ROWS[row], COLUMNS[column])
        assert (amplitude > 0.2) == expected, levels


async def test_said_keys_are_events_with_three_ends(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.send_dtmf("#", 100)
    leg.stream.send_dtmf("d", 60)
    heard = await leg.far_end.hear_for(0.6)
    first, second = heard[:7], heard[7:]
    assert [p.marker for p in first] == [True] + [False] * 6
    assert [p.payload for p in first] == [
        *(event(11, n * 160) for n in range(1, 5)),
        *[event(11, 800, end=True)] * 3,
    ]
    assert len({p.timestamp for p in first}) == 1
    assert [p.payload for p in second[-3:]] == [event(15, 480, end=True)] * 3
    sequences = [p.sequence for p in heard]
    assert sequences == list(range(sequences[0], sequences[0] + len(heard)))
    assert second[0].timestamp - first[0].timestamp >= 800


async def test_said_keys_are_tones_without_events(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg(PCMU)
    leg.stream.send_dtmf("9", 100)
    assert_tone(await leg.far_end.hear_for(0.3), "9")


async def test_relay_goes_on_after_a_said_key(media: NativeMedia, bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    before = await two.far_end.hear()
    two.stream.send_dtmf("1", 40)
    heard = await two.far_end.hear_for(0.3)
    one.far_end.say(one.stream)
    after = await two.far_end.hear()
    assert after.sequence == before.sequence + len(heard) + 1
    assert after.marker
    assert after.timestamp - before.timestamp >= 8 * 200


async def test_no_key_is_refused(make_leg: MakeLeg) -> None:
    leg = make_leg()
    for wrong in ("", "E", "12"):
        with pytest.raises(ValueError):
            leg.stream.send_dtmf(wrong)


async def test_short_event_payload_is_rejected(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    await settled(media)
    leg.far_end.send(leg.stream, rtp(1, 1, b"\x01\x0a", payload_type=101))
    leg.far_end.send(leg.stream, rtp(2, 1, b"", payload_type=101))
    await settled(media)
    while leg.stream.statistics().packets_received < 2:
        await settled(media)
    assert leg.stream.statistics().rejected == 2
