"""Digest credentials (RFC 7616) as a test makes them by hand, without the product's own code."""

import hashlib
import re

from tests.support.wire import WireMessage

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def authorization(
    challenge: WireMessage,
    username: str,
    password: str,
    method: str,
    uri: str,
    *,
    algorithm: str = "MD5",
    count: int = 1,
) -> str:
    """The value of Authorization for the challenge of that algorithm."""
    offered = [dict(_parameters(value)) for value in challenge.all("www-authenticate")]
    chosen = next(each for each in offered if each.get("algorithm", "MD5") == algorithm)

    def digest(*parts: str) -> str:
        return HASHES[algorithm](":".join(parts).encode()).hexdigest()

    nc, cnonce = f"{count:08x}", "0a4f113b"
    secret = digest(username, chosen["realm"], password)
    response = digest(secret, chosen["nonce"], nc, cnonce, "auth", digest(method, uri))
    return (
        f'Digest username="{username}", realm="{chosen["realm"]}", nonce="{chosen["nonce"]}",'
        f' uri="{uri}", response="{response}", algorithm={algorithm}, cnonce="{cnonce}",'
        f" qop=auth, nc={nc}"
    )


def _parameters(value: str) -> list[tuple[str, str]]:
    found = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', value)
    return [(name.lower(), quoted or plain) for name, quoted, plain in found]
