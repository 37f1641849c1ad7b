"""The arithmetic of digest authentication (RFC 2617, RFC 7616, RFC 8760), for both sides."""

import hashlib
from collections.abc import Callable
from functools import lru_cache


def _md5(data: bytes) -> str:
    # What RFC 2617 fixed and most phones know; its weakness is why SHA-256 is offered first.
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


HASHES: dict[str, Callable[[bytes], str]] = {"SHA-256": _sha256, "MD5": _md5}
"""The algorithms that we know, the stronger first, as they are spelled on the wire."""


def ha1(algorithm: str, username: str, realm: str, password: str) -> str:
    """What a server may keep instead of the password; `algorithm` is a key of HASHES."""
    return HASHES[algorithm](f"{username}:{realm}:{password}".encode())


def digest_response(
    algorithm: str, ha1_hex: str, nonce: str, method: str, uri: str, qop_part: str = ""
) -> str:
    """`qop_part` is `nc:cnonce:qop` as sent, or "" without qop (RFC 2069)."""
    middle = f"{nonce}:{qop_part}" if qop_part else nonce
    return HASHES[algorithm](f"{ha1_hex}:{middle}:{_ha2(algorithm, method, uri)}".encode())


@lru_cache(256)  # nothing secret: every REGISTER to the box has the same one
def _ha2(algorithm: str, method: str, uri: str) -> str:
    return HASHES[algorithm](f"{method}:{uri}".encode())
