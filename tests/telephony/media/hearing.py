"""What a listener finds in sound: level of a frequency (Goertzel), G.711 decoded independently."""

import math
from collections.abc import Iterable, Sequence

RATE = 8000
FULL = 32768.0


def mu_to_linear(codes: bytes) -> list[int]:
    """ITU-T G.711 µ-law, decoded by its definition."""
    samples = []
    for code in codes:
        inverted = ~code & 0xFF
        magnitude = ((inverted & 15) * 2 + 33 << (inverted >> 4 & 7)) - 33
        samples.append((-magnitude if inverted & 0x80 else magnitude) * 4)
    return samples


def a_to_linear(codes: bytes) -> list[int]:
    """ITU-T G.711 A-law, decoded by its definition."""
    samples = []
    for code in codes:
        even = code ^ 0x55
        segment, step = even >> 4 & 7, even & 15
        magnitude = step * 2 + 1 if segment == 0 else (step * 2 + 33) << (segment - 1)
        samples.append((magnitude if even & 0x80 else -magnitude) * 8)
    return samples


def level(samples: Sequence[int], hertz: float) -> float:
    """The amplitude of `hertz` in `samples`, 1.0 = full scale."""
    coefficient = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = before * before + last * last - coefficient * before * last
    return 2 * math.sqrt(max(power, 0.0)) / len(samples) / FULL


def decibels(samples: Sequence[int], hertz: float) -> float:
    """The level of `hertz` in dBm0 (G.711: a full-scale sine has 3.14)."""
    return 20 * math.log10(max(level(samples, hertz), 1e-9)) + 3.14


def sine(hertz: float, seconds: float, amplitude: float = 0.3, rate: int = RATE) -> list[int]:
    return [
        round(amplitude * 32767 * math.sin(2 * math.pi * hertz * n / rate))
        for n in range(round(seconds * rate))
    ]


def joined(payloads: Iterable[bytes]) -> bytes:
    return b"".join(payloads)
