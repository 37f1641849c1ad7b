"""Access tokens: what a login shows with each request, for a quarter of an hour (manual § 25.2).

A JSON Web Token (RFC 7519) of one fixed form, signed by HMAC-SHA256 under a key of this run. It
says who and where; whether that still holds is asked of the registry of logins each time.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from appliance.model.accounts import Tier

LIFE: Final = timedelta(minutes=15)
LONGEST: Final = 2048


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """`sub` names the account, `jti` the login; `tid` is the tenant's slug, `rid` the reseller's
    code, `ext` the primary extension; `exp` in seconds since 1970. The token narrows, the path
    cannot widen it."""

    sub: str
    jti: str
    tier: Tier
    tid: str | None = None
    rid: str | None = None
    ext: str | None = None
    exp: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A token, and for how many seconds it is good."""

    token: str
    expires_in: int


class TokenMint:
    """Makes and reads tokens under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, claims: Claims) -> str:
        signed = f"{HEADER}.{_text(msgspec.json.encode(claims))}"
        return f"{signed}.{self._mac(signed)}"

    def read(self, token: str, now: datetime) -> Claims | None:
        """None for a token that is not ours, or over."""
        signed, _, mac = token.rpartition(".")
        header, _, body = signed.partition(".")
        if len(token) > LONGEST or header != HEADER or not token.isascii():
            return None
        if not hmac.compare_digest(mac, self._mac(signed)):
            return None
        try:
            claims = msgspec.json.decode(_bytes(body), type=Claims)
        except (binascii.Error, msgspec.DecodeError):
            return None
        return claims if now.timestamp() < claims.exp else None

    def _mac(self, signed: str) -> str:
        """Compared as it is written: a token has one spelling."""
        return _text(hmac.digest(self._key, signed.encode(), hashlib.sha256))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Raises binascii.Error."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


HEADER: Final = _text(b'{"alg":"HS256","typ":"JWT"}')
"""The one header that is taken: no token chooses how it is checked."""
