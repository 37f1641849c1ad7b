"""Tones: written to WAV files that phones speak from, found again in what other phones heard."""

import itertools
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.journal import eventually

Samples = NDArray[np.float64]
"""Mono samples in -1..1."""

WINDOW_SECONDS = 0.04
HEARD_FROM_DBFS = -40.0
PURITY = 0.5
"""The share of a window's power that a tone must hold."""

HEADER_BYTES = 44


@dataclass(frozen=True)
class Span:
    """From when to when a tone sounds, in seconds from the recording's start."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def write_wav(path: Path, samples: Samples, rate: int = 8000, channels: int = 1) -> Path:
    """Samples as 16-bit PCM, the same on every channel."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(pcm, channels).tobytes())
    return path


def tone(frequency: float, seconds: float, rate: int = 8000, level: float = 0.25) -> Samples:
    """A sine; 0.25 is -12 dBFS peak."""
    return np.asarray(level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate))


def read_wav(path: Path) -> tuple[Samples, int]:
    """The first channel and its rate, also of a file that is still being written (whose header
    says nothing of its length yet)."""
    raw = path.read_bytes()
    channels = int.from_bytes(raw[22:24], "little") or 1
    rate = int.from_bytes(raw[24:28], "little") or 8000
    body = raw[HEADER_BYTES:]
    whole = len(body) - len(body) % (2 * channels)
    pcm: NDArray[Any] = np.frombuffer(body[:whole], dtype="<i2")[::channels]
    return pcm.astype(np.float64) / 32768, rate


def goertzel_power(samples: Samples, frequency: float, rate: int) -> float:
    """Mean power at one frequency: a²/2 for a sine of amplitude a."""
    if not len(samples):
        return 0.0
    turn = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / rate)
    return float(2 * abs(np.dot(samples, turn) / len(samples)) ** 2)


def sounds(samples: Samples, frequency: float, rate: int) -> bool:
    """Whether this stretch is mostly that tone, loud enough to be heard."""
    power = goertzel_power(samples, frequency, rate)
    total = float(np.mean(samples**2)) if len(samples) else 0.0
    return power > 10 ** (HEARD_FROM_DBFS / 10) and power > PURITY * total


def spans(samples: Samples, frequency: float, rate: int) -> list[Span]:
    """When the tone sounds; windows next to each other are one span."""
    step = int(WINDOW_SECONDS * rate)
    found: list[Span] = []
    for at in range(0, len(samples) - step + 1, step):
        if not sounds(samples[at : at + step], frequency, rate):
            continue
        start, end = at / rate, (at + step) / rate
        if found and abs(found[-1].end - start) < 1e-6:
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(start, end))
    return found


def seconds_of(samples: Samples, frequency: float, rate: int) -> float:
    return sum(span.seconds for span in spans(samples, frequency, rate))


def longest_gap(samples: Samples, frequency: float, rate: int) -> float:
    """The longest silence of the tone between its first and its last sound, in seconds."""
    found = spans(samples, frequency, rate)
    pairs = itertools.pairwise(found)
    return max((later.start - earlier.end for earlier, later in pairs), default=0.0)


def frequencies_in(samples: Samples, rate: int, candidates: tuple[float, ...]) -> set[float]:
    """Which of the candidates sound for at least 0.12 s."""
    return {each for each in candidates if seconds_of(samples, each, rate) >= 3 * WINDOW_SECONDS}


class Recording:
    """What a phone plays in one call, readable while the call goes on; its files follow each
    other (a phone may start its loudspeaker anew at a re-INVITE)."""

    def __init__(self, *paths: Path) -> None:
        self.paths = list(paths)

    def __str__(self) -> str:
        return ", ".join(str(path) for path in self.paths) or "no recording"

    @property
    def mark(self) -> int:
        """Samples so far: `after=` of what follows."""
        return len(self.samples())

    def samples(self, after: int = 0) -> Samples:
        parts = [read_wav(path)[0] for path in self.paths if path.exists()]
        return np.concatenate([np.zeros(0), *parts])[after:]

    @property
    def rate(self) -> int:
        return read_wav(self.paths[0])[1] if self.paths else 8000

    def seconds_of(self, frequency: float, after: int = 0) -> float:
        return seconds_of(self.samples(after), frequency, self.rate)

    async def hears(self, frequency: float, seconds: float = 0.4, after: int = 0) -> None:
        """Wait until the tone has sounded that long since the mark."""
        try:
            await eventually(lambda: self.seconds_of(frequency, after) >= seconds, "tone")
        except AssertionError:
            heard = len(self.samples(after)) / self.rate
            raise AssertionError(
                f"{frequency} Hz for {self.seconds_of(frequency, after):.2f} s, not {seconds} s,"
                f" in the last {heard:.2f} s of {self}"
            ) from None

    async def plays_on(self, seconds: float) -> int:
        """Wait until that much more was played, whatever it was; the mark from before."""
        mark = self.mark
        wanted = mark + int(seconds * self.rate)
        await eventually(lambda: self.mark >= wanted, f"{seconds} s more in {self}")
        return mark

    def assert_never_heard(self, frequency: float, after: int = 0, before: int = -1) -> None:
        """Nothing of the tone between two marks, but for what was on its way (0.16 s)."""
        stretch = self.samples(after)
        stretch = stretch[: before - after] if before >= 0 else stretch
        heard = seconds_of(stretch, frequency, self.rate)
        assert heard <= 0.16, f"{frequency} Hz for {heard} s in {self} from sample {after}"
