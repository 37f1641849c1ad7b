"""SDES: the `a=crypto` line, its suites and keys (RFC 4568, RFC 7714 § 14.2)."""

import base64
import binascii
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

SUITES: dict[str, int] = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_128_GCM": 28,
}
"""The suites that the media core has, in our order of preference, with the length of the master
key and salt in bytes."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One line that we could use. `key` is master key and salt joined; it is never printed in a
    repr, so that no log shows it."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    @classmethod
    def fresh(cls, suite: str, tag: int = 1) -> "Crypto":
        """A line of ours with a new random key."""
        return cls(tag, suite, secrets.token_bytes(SUITES[suite]))

    @classmethod
    def parse(cls, text: str) -> "Crypto | None":
        """The line of an attribute's value; None for what we cannot do exactly as it says: an
        unknown suite, an MKI, several keys, or a parameter that weakens or changes SRTP."""
        words = text.split()
        if len(words) < 3 or not _tag(words[0]) or words[1].upper() not in SUITES:
            return None
        if not all(_harmless(word) for word in words[3:]):
            return None
        key = _key(words[2], SUITES[words[1].upper()])
        return cls(int(words[0]), words[1].upper(), key) if key else None

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


def _tag(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _harmless(parameter: str) -> bool:
    # A window size hint concerns the sender of the line only (RFC 4568 § 6.3.7).
    return parameter.upper().startswith("WSH=")


def _key(text: str, length: int) -> bytes | None:
    """The key of `inline:<base64>[|lifetime]`. Some phones leave the padding out."""
    method, _, value = text.partition(":")
    encoded, *rest = value.split("|")
    if method.lower() != "inline" or any(":" in part for part in rest):
        return None
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return None
    return key if len(key) == length else None


class Keyring:
    """One line per suite, each with its own key: all that one stream of ours needs, whether it
    offers or answers. A key is made when the first offer or answer comes to it, and stays the
    stream's own over every later one."""

    def __init__(self) -> None:
        self._made: list[Crypto] = []

    def __iter__(self) -> Iterator[Crypto]:
        for place, suite in enumerate(SUITES):
            if place == len(self._made):
                self._made.append(Crypto.fresh(suite, place + 1))
            yield self._made[place]


def answering(offered: Sequence[Crypto], ours: Iterable[Crypto]) -> Crypto | None:
    """Our line for the answer: the first that was offered and that we have, under the offer's
    tag (RFC 4568 § 5.1.2); None when there is none."""
    for line in offered:
        for own in ours:
            if own.suite == line.suite:
                return replace(own, tag=line.tag)
    return None


def agreed(local: Sequence[Crypto], remote: Sequence[Crypto]) -> tuple[Crypto, Crypto] | None:
    """Our line and theirs that an offer and its answer settled on. The tag should tell, but some
    phones answer every line with tag 1; then the suite does, of which we have one line each."""
    pairs = [(own, line) for line in remote for own in local if own.suite == line.suite]
    return next((pair for pair in pairs if pair[0].tag == pair[1].tag), pairs[0] if pairs else None)
