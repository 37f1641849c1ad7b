"""The server's side of digest authentication (RFC 7616, RFC 8760), without clock and I/O.

A nonce carries its own moment and a MAC, so that challenges, which anybody can ask for, cost no
memory. Only a nonce that a right response has used is remembered, against replay. The times given
must be one clock's, in seconds, and should not jump back: Unix time, so that they outlive a restart
where the secret does.
"""

import hmac
import re
from collections import OrderedDict
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from hashlib import blake2b

from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.digest_hash import HASHES, digest_response
from appliance.telephony.sip.randomness import octets

_TICKS = 1000  # a nonce's moment is in ms
_BODY = 12  # octets: 6 of moment, 6 random
_MAC = 15
_MOMENT_LENGTH, _BODY_LENGTH = 12, 24  # characters
# In hexadecimal, in lower case alone, so that one nonce has one text.
_NONCE = re.compile(r"[0-9a-f]{54}")
_HEX = re.compile(r"[0-9A-Fa-f]{1,8}")
_LAST_COUNT = 0xFFFFFFFF


class Verdict(Enum):
    GOOD = "good"
    WRONG = "wrong"  # the response does not fit the secret
    STALE = "stale"  # right, but on a nonce that is too old or not ours: challenge with stale
    REPLAYED = "replayed"  # right, but heard before: challenge with stale
    MALFORMED = "malformed"  # an algorithm, qop or nonce-count that we never offered


class Nonces:
    """`secret` is random, at most 64 octets. `used_limit` bounds how many used nonces are
    remembered (some 150 octets each). When more are in use, the older ones count as stale, which
    costs an honest phone one round trip."""

    def __init__(self, secret: bytes, life_seconds: float, *, used_limit: int = 50_000) -> None:
        self._secret = secret
        self._life = int(life_seconds * _TICKS)
        self._used_limit = used_limit
        # The nonce's body -> its highest nonce-count, in order of first use. Of a plain dict the
        # first entry takes ever longer to find once many before it have gone.
        self._used: OrderedDict[str, int] = OrderedDict()
        # Nonces made up to this moment are refused unless still in `_used`: forgotten ones may
        # have been used.
        self._forgotten_until = -1

    def __len__(self) -> int:
        """How many used nonces are remembered."""
        return len(self._used)

    def fresh(self, now: float) -> str:
        body = int(now * _TICKS).to_bytes(6, "big") + octets(_BODY - 6)
        return (body + self._mac(body)).hex()

    def challenges(
        self, realm: str, now: float, *, stale: bool = False, md5_only: bool = False
    ) -> list[str]:
        """Values for WWW-Authenticate or Proxy-Authenticate, in the order to send them."""
        nonce = self.fresh(now)
        algorithms = ("MD5",) if md5_only else HASHES
        around = [_around_nonce(realm, name, stale) for name in algorithms]
        return [f"{before}{nonce}{after}" for before, after in around]

    def check(
        self, credentials: Credentials, method: str, ha1_by_algorithm: Mapping[str, str], now: float
    ) -> Verdict:
        """`ha1_by_algorithm` holds HA1 in hex by "MD5" and "SHA-256", those that are allowed. For
        an unknown user pass made-up ones, so that the same work is done."""
        count = _count(credentials)
        if count is None or credentials.algorithm not in HASHES:
            return Verdict.MALFORMED
        if not _fits(credentials, method, ha1_by_algorithm):
            return Verdict.WRONG
        self._forget_old(now)
        made_at = self._made_at(credentials.nonce, now)
        if made_at is None:
            return Verdict.STALE
        return self._spend(credentials.nonce[:_BODY_LENGTH], count, made_at)

    def _spend(self, body: str, count: int, made_at: int) -> Verdict:
        last = self._used.get(body)
        if last is None:
            if made_at <= self._forgotten_until:
                return Verdict.STALE
            if len(self._used) >= self._used_limit:
                self._forget_oldest()
        elif count <= last:
            return Verdict.REPLAYED
        self._used[body] = count
        return Verdict.GOOD

    def _made_at(self, nonce: str, now: float) -> int | None:
        """None: not ours, or past its life."""
        if _NONCE.fullmatch(nonce) is None:
            return None
        octets = bytes.fromhex(nonce)
        body, mac = octets[:_BODY], octets[_BODY:]
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        made_at = _moment(nonce)
        return made_at if made_at > int(now * _TICKS) - self._life else None

    def _mac(self, body: bytes) -> bytes:
        # Keyed BLAKE2 is a MAC by itself (RFC 7693 § 2.9), at a third of HMAC's cost.
        return blake2b(body, key=self._secret, digest_size=_MAC).digest()

    def _forget_old(self, now: float) -> None:
        """At most two per check: more than ever come in, and never a long pause."""
        deadline = int(now * _TICKS) - self._life
        for _ in range(2):
            oldest = next(iter(self._used), None)
            if oldest is None or _moment(oldest) > deadline:
                return
            del self._used[oldest]

    def _forget_oldest(self) -> None:
        oldest, _ = self._used.popitem(last=False)
        moment = _moment(oldest)
        self._forgotten_until = max(self._forgotten_until, moment)


@lru_cache(16)
def _around_nonce(realm: str, algorithm: str, stale: bool) -> tuple[str, str]:
    """What a challenge of ours says before and after its nonce."""
    before, _, after = str(Challenge(realm, "\0", algorithm, ("auth",), stale)).partition("\0")
    return before, after


def _moment(nonce: str) -> int:
    """When it was made, in ticks; its body is enough."""
    return int(nonce[:_MOMENT_LENGTH], 16)


def _count(credentials: Credentials) -> int | None:
    """The nonce-count; without qop the nonce is good for one request only (RFC 2069 phones)."""
    if not credentials.qop:
        return _LAST_COUNT
    digits = credentials.nonce_count
    if credentials.qop != "auth" or not credentials.cnonce or not _HEX.fullmatch(digits):
        return None
    return int(digits, 16) or None


def _fits(credentials: Credentials, method: str, ha1_by_algorithm: Mapping[str, str]) -> bool:
    algorithm = credentials.algorithm
    secret = ha1_by_algorithm.get(algorithm)
    if secret is None:
        return False
    qop_part = ""
    if credentials.qop:
        qop_part = f"{credentials.nonce_count}:{credentials.cnonce}:{credentials.qop}"
    expected = digest_response(
        algorithm, secret, credentials.nonce, method, credentials.uri, qop_part
    )
    return hmac.compare_digest(expected.encode(), credentials.response.encode())
