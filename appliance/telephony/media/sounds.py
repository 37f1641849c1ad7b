"""Sounds as struct bv_sound: tones described, WAV files read and brought to 8 kHz."""

import array
import sys
import wave
from functools import lru_cache
from pathlib import Path
from typing import Any

from appliance.telephony.media._core import ffi, lib
from appliance.telephony.media.port import Recorded, Sound, Tone

RATE = 8000
FULL_SCALE_DBM0 = 3.14
"""ITU-T G.711 § 4: the level of a sine that just reaches the largest code."""


def fill_sound(target: Any, sound: Sound) -> object:
    """Write `sound` into a struct bv_sound; returns what must live as long as it plays.

    Raises OSError for a file that cannot be read and ValueError for a sound that cannot be played.
    """
    if isinstance(sound, Tone):
        _fill_tone(target, sound)
        return None
    return _fill_recorded(target, sound)


def _fill_tone(target: Any, tone: Tone) -> None:
    if not 0 < len(tone.frequencies) <= lib.BV_FREQUENCIES:
        raise ValueError(f"a tone of {len(tone.frequencies)} frequencies")
    if len(tone.cadence_ms) > lib.BV_CADENCE or any(ms < 0 for ms in tone.cadence_ms):
        raise ValueError(f"no cadence: {tone.cadence_ms}")
    target.frequencies, target.cadence_steps = len(tone.frequencies), len(tone.cadence_ms)
    target.hertz[0 : len(tone.frequencies)] = list(tone.frequencies)
    target.cadence[0 : len(tone.cadence_ms)] = [ms * RATE // 1000 for ms in tone.cadence_ms]
    target.amplitude = 32767 * 10 ** ((tone.level_dbm0 - FULL_SCALE_DBM0) / 20)
    target.samples = round(tone.seconds * RATE)


def _fill_recorded(target: Any, recorded: Recorded) -> object:
    facts = recorded.path.stat()
    pcm = _samples(recorded.path, facts.st_mtime_ns, facts.st_size)
    target.pcm, target.samples, target.loop = pcm, len(pcm), recorded.loop and len(pcm) > 0
    return pcm


@lru_cache(maxsize=16)
def _samples(path: Path, _changed: int, _size: int) -> Any:
    """The file at 8 kHz as a C array; prompts that play often are read once."""
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        if file.getnchannels() != 1 or file.getsampwidth() != 2 or rate not in (RATE, 2 * RATE):
            raise ValueError(f"{path} is not 16-bit mono at 8 or 16 kHz")
        samples = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    whole = ffi.from_buffer("int16_t[]", samples)
    if rate == RATE:
        pcm = ffi.new("int16_t[]", len(samples))
        ffi.memmove(pcm, whole, 2 * len(samples))
        return pcm
    pcm = ffi.new("int16_t[]", len(samples) // 2)
    lib.bv_halve_rate(whole, len(pcm) * 2, pcm)
    return pcm
