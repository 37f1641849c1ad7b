"""Reference audio like speech: voiced syllables with moving formants, and pauses between them."""

import numpy as np

from tests.support.tones import Samples

FORMANTS = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480))
"""Hz, of the vowels of father, beet, law and bet (Peterson and Barney 1952)."""


def syllable(rng: np.random.Generator, seconds: float, rate: int) -> Samples:
    """One voiced syllable: harmonics of a falling pitch, shaped by three formants."""
    count = int(seconds * rate)
    at = np.arange(count) / rate
    pitch = rng.uniform(95, 145) * (1 - 0.15 * at / seconds)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    vowel = FORMANTS[rng.integers(len(FORMANTS))]
    sound = np.zeros(count)
    for harmonic in range(1, 28):
        frequency = float(np.mean(pitch)) * harmonic
        gain = sum(1 / (1 + ((frequency - formant) / 120) ** 2) for formant in vowel)
        sound += gain * np.sin(harmonic * phase)
    return sound * np.sin(np.pi * at / seconds) ** 0.5


def speech_like(seconds: float = 8.0, rate: int = 8000, seed: int = 4) -> Samples:
    """About four syllables a second in phrases, with noise for consonants, at -26 dBov."""
    rng = np.random.default_rng(seed)
    parts: list[Samples] = [np.zeros(rate // 2)]
    while sum(len(part) for part in parts) < seconds * rate:
        for _ in range(int(rng.integers(3, 7))):
            parts.append(0.15 * rng.standard_normal(int(rng.uniform(0.02, 0.06) * rate)))
            parts.append(syllable(rng, float(rng.uniform(0.12, 0.28)), rate))
        parts.append(np.zeros(int(rng.uniform(0.2, 0.45) * rate)))
    sound = np.concatenate(parts)[: int(seconds * rate)]
    return np.asarray(sound * 10 ** (-26 / 20) / float(np.sqrt(np.mean(sound**2))))
