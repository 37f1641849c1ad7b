"""Local sound: tones and WAV files at their pace (G.711)."""

import asyncio
import math
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Recorded, SoundEnded, Tone

from .conftest import Leg, MakeLeg
from .far_end import G722, PCMA, PCMU, Packet, settled
from .hearing import a_to_linear, decibels, joined, mu_to_linear, sine


def write_wav(path: Path, samples: list[int], rate: int = 8000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.array(samples, dtype="<i2").tobytes())
    return path


def samples_of(heard: list[Packet]) -> list[int]:
    return mu_to_linear(joined(p.payload for p in heard))


def assert_unbroken(heard: list[Packet], step: int) -> None:
    for before, after in pairwise(heard):
        assert after.sequence == (before.sequence + 1) % 65536
        assert after.timestamp == (before.timestamp + step) % (1 << 32)
    assert [p.marker for p in heard] == [True] + [False] * (len(heard) - 1)
    assert len({p.ssrc for p in heard}) == 1


async def test_tone_has_its_frequency_level_and_length(make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.play(Tone((425.0,), level_dbm0=-13, seconds=0.5))
    heard = await leg.far_end.hear_for(0.7)
    assert len(heard) == 25
    assert_unbroken(heard, 160)
    samples = samples_of(heard)
    assert decibels(samples, 425) == pytest.approx(-13, abs=0.5)
    assert decibels(samples, 1000) < -50
    assert leg.events == [SoundEnded()]


async def test_packets_leave_every_twenty_milliseconds(make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.play(Tone((440.0,), seconds=1))
    heard = await leg.far_end.hear_for(1.2)
    assert len(heard) == 50
    assert heard[-1].at - heard[0].at == pytest.approx(0.98, abs=0.03)


@pytest.mark.parametrize(("ptime", "octets"), [(10, 80), (20, 160), (30, 240), (60, 480), (0, 160)])
async def test_interop_28_ptime_is_honoured(make_leg: MakeLeg, ptime: int, octets: int) -> None:
    leg = make_leg()
    leg.stream.configure(leg.far_end.setup(ptime_ms=ptime))
    leg.stream.play(Tone((440.0,), seconds=0.24))
    heard = await leg.far_end.hear_for(0.4)
    assert [len(p.payload) for p in heard] == [octets] * (1920 // octets)
    assert_unbroken(heard, octets)


async def test_cadence(make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.play(Tone((400.0, 450.0), cadence_ms=(100, 60, 100, 140), seconds=0.4))
    samples = samples_of(await leg.far_end.hear_for(0.6))
    on = [max(map(abs, samples[at : at + 160])) > 1000 for at in range(0, 3200, 160)]
    assert on == [True] * 5 + [False] * 3 + [True] * 5 + [False] * 7


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_file_plays_at_either_rate(make_leg: MakeLeg, tmp_path: Path, rate: int) -> None:
    leg = make_leg()
    path = write_wav(tmp_path / "a.wav", sine(1000, 0.5, rate=rate), rate)
    leg.stream.play(Recorded(path))
    heard = await leg.far_end.hear_for(0.7)
    assert len(heard) == 25
    expected = 20 * math.log10(0.3) + 3.14
    assert decibels(samples_of(heard), 1000) == pytest.approx(expected, abs=0.5)
    assert leg.events == [SoundEnded()]


async def test_wideband_file_brings_no_alias(make_leg: MakeLeg, tmp_path: Path) -> None:
    leg = make_leg()
    path = write_wav(tmp_path / "a.wav", sine(6000, 0.4, rate=16000), 16000)
    leg.stream.play(Recorded(path))
    assert decibels(samples_of(await leg.far_end.hear_for(0.6)), 2000) < -30


async def test_looping_file_goes_on_until_stopped(
    media: NativeMedia, make_leg: MakeLeg, tmp_path: Path
) -> None:
    leg = make_leg()
    leg.stream.play(Recorded(write_wav(tmp_path / "a.wav", sine(500, 0.1)), loop=True))
    heard = await leg.far_end.hear_for(0.5)
    assert len(heard) >= 23
    assert decibels(samples_of(heard), 500) > -10
    leg.stream.stop_sound()
    await settled(media)
    await leg.far_end.hear_for(0.03)
    assert await leg.far_end.hears_nothing()
    assert leg.events == []


async def test_alaw_where_the_far_end_prefers_it(make_leg: MakeLeg) -> None:
    leg = make_leg(G722, PCMA, PCMU)
    leg.stream.play(Tone((440.0,), seconds=0.2))
    heard = await leg.far_end.hear_for(0.3)
    assert {p.type for p in heard} == {8}
    assert decibels(a_to_linear(joined(p.payload for p in heard)), 440) == pytest.approx(
        -13, abs=0.5
    )


async def test_sound_toward_a_far_end_without_g711_is_silent_but_ends(make_leg: MakeLeg) -> None:
    leg = make_leg(G722)
    leg.stream.play(Tone((440.0,), seconds=0.1))
    assert await leg.far_end.hears_nothing(0.2)
    assert leg.events == [SoundEnded()]


async def test_replaced_sound_tells_no_end(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.play(Tone((440.0,), seconds=0.1))
    leg.stream.play(Tone((880.0,), seconds=0.2))
    heard = await leg.far_end.hear_for(0.4)
    assert decibels(samples_of(heard), 880) > -15
    assert leg.events == [SoundEnded()]


async def test_sound_takes_the_place_of_relayed_media(
    media: NativeMedia, bridge: tuple[Leg, Leg]
) -> None:
    one, two = bridge
    one.far_end.say(one.stream, b"\x01" * 160)
    before = await two.far_end.hear()
    two.stream.play(Tone((440.0,), seconds=0.2))
    await settled(media)
    one.far_end.say(one.stream, b"\x02" * 160)
    two.far_end.say(two.stream, b"\x03" * 160)
    assert (await one.far_end.hear()).payload == b"\x03" * 160
    sound = await two.far_end.hear_for(0.3)
    assert len(sound) == 10
    assert b"\x02" * 160 not in [p.payload for p in sound]
    assert sound[0].sequence == before.sequence + 1
    one.far_end.say(one.stream, b"\x04" * 160)
    after = await two.far_end.hear()
    assert after.payload == b"\x04" * 160
    assert (after.sequence, after.marker) == (sound[-1].sequence + 1, True)
    assert after.ssrc == before.ssrc == sound[0].ssrc


async def test_connect_ends_a_sound(media: NativeMedia, make_leg: MakeLeg) -> None:
    one, two = make_leg(), make_leg()
    one.stream.play(Tone((440.0,)))
    await one.far_end.hear()
    one.stream.connect(two.stream)
    await settled(media)
    await one.far_end.hear_for(0.03)
    assert await one.far_end.hears_nothing()
    assert one.events == []


async def test_many_sounds_at_once_keep_their_pace(media: NativeMedia, make_leg: MakeLeg) -> None:
    legs = [make_leg() for _ in range(100)]
    for leg in legs:
        leg.stream.play(Tone((440.0,), seconds=0.5))
    await asyncio.sleep(0.8)
    for leg in legs:
        assert leg.stream.statistics().packets_sent == 25
        assert leg.events == [SoundEnded()]


@pytest.mark.parametrize(
    "sound", [Tone(()), Tone((1.0,) * 5), Tone((1.0,), (1,) * 9), Tone((1.0,), (-1,))]
)
async def test_tone_that_cannot_be_is_refused(make_leg: MakeLeg, sound: Tone) -> None:
    with pytest.raises(ValueError):
        make_leg().stream.play(sound)


async def test_file_that_cannot_be_played_is_refused(make_leg: MakeLeg, tmp_path: Path) -> None:
    leg = make_leg()
    with pytest.raises(OSError):
        leg.stream.play(Recorded(tmp_path / "none.wav"))
    with pytest.raises(ValueError):
        leg.stream.play(Recorded(write_wav(tmp_path / "s.wav", [0] * 100, channels=2)))
    empty = write_wav(tmp_path / "e.wav", [])
    leg.stream.play(Recorded(empty, loop=True))
    await leg.far_end.hear_for(0.1)
    assert leg.events == [SoundEnded()]
