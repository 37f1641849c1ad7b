"""Recordings: both directions mixed, in time, without blocking."""

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Tone

from .conftest import Leg
from .far_end import settled
from .hearing import decibels


def read_wav(path: Path) -> list[int]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        samples: list[int] = np.frombuffer(file.readframes(file.getnframes()), "<i2").tolist()
        return samples


async def stopped(leg: Leg) -> None:
    leg.stream.stop_recording()
    await leg.stream.recordings_written()


async def test_both_directions_are_mixed(
    media: NativeMedia, bridge: tuple[Leg, Leg], tmp_path: Path
) -> None:
    one, _ = bridge
    one.stream.record(tmp_path / "r.wav")
    one.stream.play(Tone((400.0,), seconds=0.6))
    await say_tone(one, 700, 30)
    await stopped(one)
    samples = read_wav(tmp_path / "r.wav")
    assert len(samples) == pytest.approx(0.6 * 8000, abs=800)
    middle = samples[1600:4000]
    assert decibels(middle, 400) == pytest.approx(-13, abs=1)
    assert decibels(middle, 700) == pytest.approx(-20 + 3.14, abs=1)


async def say_tone(leg: Leg, hertz: float, packets: int) -> None:
    """A far end that sends a tone of a tenth of full scale at its pace."""
    samples = np.sin(2 * np.pi * hertz * np.arange(packets * 160) / 8000) * 3277
    codes = mu_law(samples)
    start = asyncio.get_running_loop().time()
    for number in range(packets):
        leg.far_end.say(leg.stream, codes[number * 160 : (number + 1) * 160])
        await asyncio.sleep(max(0, start + 0.02 * (number + 1) - asyncio.get_running_loop().time()))


def mu_law(samples: np.ndarray) -> bytes:
    magnitude = np.minimum(np.abs(samples), 32635) + 132
    segment = np.floor(np.log2(magnitude)).astype(int) - 7
    step = (magnitude.astype(int) >> (segment + 3)) & 15
    return bytes((~(np.where(samples < 0, 0x80, 0) | segment << 4 | step) & 0xFF).astype(np.uint8))


async def test_silence_between_is_kept(
    media: NativeMedia, bridge: tuple[Leg, Leg], tmp_path: Path
) -> None:
    one, _ = bridge
    one.stream.record(tmp_path / "r.wav")
    await say_tone(one, 500, 10)
    await asyncio.sleep(0.4)
    one.far_end.timestamp += 3200
    await say_tone(one, 900, 10)
    await stopped(one)
    samples = read_wav(tmp_path / "r.wav")
    assert len(samples) == pytest.approx(0.8 * 8000, abs=800)
    assert decibels(samples[400:1400], 500) > -20
    assert max(map(abs, samples[2000:4400])) < 50
    assert decibels(samples[5200:6200], 900) > -20


async def test_file_is_whole_while_it_grows(
    media: NativeMedia, bridge: tuple[Leg, Leg], tmp_path: Path
) -> None:
    one, _ = bridge
    one.stream.record(tmp_path / "r.wav")
    await say_tone(one, 500, 50)
    assert len(read_wav(tmp_path / "r.wav")) >= 1600
    await stopped(one)


async def test_late_and_doubled_timestamps_do_not_stretch_it(
    media: NativeMedia, bridge: tuple[Leg, Leg], tmp_path: Path
) -> None:
    one, _ = bridge
    one.stream.record(tmp_path / "r.wav")
    for jump in (0, 10**9, -(10**9), 3, 2**31):
        one.far_end.timestamp = (one.far_end.timestamp + jump) % 2**32
        one.far_end.say(one.stream, b"\x80" * 1000)
    await asyncio.sleep(0.1)
    await stopped(one)
    assert len(read_wav(tmp_path / "r.wav")) == pytest.approx(800, abs=400)


async def test_close_and_stop_end_recordings(bridge: tuple[Leg, Leg], tmp_path: Path) -> None:
    one, two = bridge
    one.stream.record(tmp_path / "one.wav")
    two.stream.record(tmp_path / "two.wav")
    two.stream.record(tmp_path / "three.wav")
    await say_tone(one, 500, 5)
    one.stream.close()
    await one.stream.recordings_written()
    assert len(read_wav(tmp_path / "one.wav")) > 400
    two.stream.close()
    await two.stream.recordings_written()
    assert len(read_wav(tmp_path / "three.wav")) > 400


async def test_core_stopped_in_the_middle_leaves_a_whole_file(tmp_path: Path) -> None:
    core = NativeMedia((21000, 21099))
    core.start()
    stream = core.open("127.0.0.1", lambda event: None)
    stream.record(tmp_path / "r.wav")
    await settled(core)
    await asyncio.sleep(0.2)
    core.stop()
    assert len(read_wav(tmp_path / "r.wav")) == pytest.approx(1600, abs=400)


async def test_place_that_cannot_be_written_is_refused(
    bridge: tuple[Leg, Leg], tmp_path: Path
) -> None:
    with pytest.raises(OSError):
        bridge[0].stream.record(tmp_path / "none" / "r.wav")


async def test_full_disk_costs_the_recording_only(bridge: tuple[Leg, Leg]) -> None:
    one, two = bridge
    one.stream.record(Path("/dev/full"))
    await say_tone(one, 500, 10)
    assert len(await two.far_end.hear_for(0.05)) == 10
    await stopped(one)
