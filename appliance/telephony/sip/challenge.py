"""WWW-Authenticate and Authorization, and their proxy forms (RFC 3261 § 20.44, RFC 7616 § 3)."""

import re
import secrets
from dataclasses import dataclass

from appliance.telephony.sip._accelerated import parameters
from appliance.telephony.sip.digest_hash import HASHES, digest_response, ha1
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import quote, unescape

# Name, value; else whatever stands there instead, so that it takes linear time on any input.
_PAIR = re.compile(
    r'([^\s,="]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.)*+)"|([^\s,"]*+))|([^\s,]++)', re.DOTALL
)

_OF_CHALLENGE = frozenset({"realm", "nonce"})
_OF_CREDENTIALS = frozenset({"username", "realm", "nonce", "uri", "response"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """`qop` is empty where the challenger knows RFC 2069 only."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ()
    stale: bool = False
    opaque: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Challenge":
        """Raises Malformed, also for a scheme other than Digest."""
        fields = _read(text, _OF_CHALLENGE)
        return cls(
            fields["realm"],
            fields["nonce"],
            fields.get("algorithm", "MD5").upper(),
            tuple(fields.get("qop", "").lower().replace(",", " ").split()),
            fields.get("stale", "").lower() == "true",
            fields.get("opaque"),
        )

    def __str__(self) -> str:
        pieces = [f"realm={quote(self.realm)}", f"nonce={quote(self.nonce)}"]
        if self.opaque is not None:
            pieces.append(f"opaque={quote(self.opaque)}")
        pieces.append(f"algorithm={self.algorithm}")
        if self.stale:
            pieces.append("stale=true")
        if self.qop:
            pieces.append(f'qop="{",".join(self.qop)}"')
        return "Digest " + ", ".join(pieces)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An answer to a challenge. `qop`, `nonce_count` and `cnonce` are "" together (RFC 2069);
    `nonce_count` is the eight hexadecimal digits as sent."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str = ""
    nonce_count: str = ""
    cnonce: str = ""
    opaque: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """Raises Malformed, also for a scheme other than Digest."""
        fields = _read(text, _OF_CREDENTIALS)
        return cls(
            fields["username"],
            fields["realm"],
            fields["nonce"],
            fields["uri"],
            fields["response"].lower(),
            fields.get("algorithm", "MD5").upper(),
            fields.get("qop", "").lower(),
            fields.get("nc", ""),
            fields.get("cnonce", ""),
            fields.get("opaque"),
        )

    @classmethod
    def answer(
        cls,
        challenge: Challenge,
        *,
        method: str,
        uri: str,
        username: str,
        password: str,
        count: int = 1,
        cnonce: str = "",
    ) -> "Credentials":
        """The client's side. `count` rises with every request on the same nonce; `cnonce` is made
        up unless given. Raises Malformed for an algorithm or qop that we do not know."""
        algorithm = challenge.algorithm
        if algorithm not in HASHES or (challenge.qop and "auth" not in challenge.qop):
            raise Malformed("Unknown Digest Algorithm")
        qop, nonce_count = ("auth", f"{count:08x}") if challenge.qop else ("", "")
        cnonce = (cnonce or secrets.token_hex(8)) if qop else ""
        qop_part = f"{nonce_count}:{cnonce}:{qop}" if qop else ""
        secret = ha1(algorithm, username, challenge.realm, password)
        response = digest_response(algorithm, secret, challenge.nonce, method, uri, qop_part)
        return cls(
            username=username,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=uri,
            response=response,
            algorithm=algorithm,
            qop=qop,
            nonce_count=nonce_count,
            cnonce=cnonce,
            opaque=challenge.opaque,
        )

    def __str__(self) -> str:
        pieces = [
            f"username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={self.algorithm}",
        ]
        if self.qop:
            pieces.append(f"qop={self.qop}, nc={self.nonce_count}, cnonce={quote(self.cnonce)}")
        if self.opaque is not None:
            pieces.append(f"opaque={quote(self.opaque)}")
        return "Digest " + ", ".join(pieces)


def _read(text: str, required: frozenset[str]) -> dict[str, str]:
    scheme, _, rest = text.partition(" ")
    if scheme.lower() != "digest":
        raise Malformed("Unknown Authentication Scheme")
    fields = parameters(rest)
    if fields is None:
        fields = _read_with_care(rest)
    if not fields.keys() >= required:
        raise Malformed("Authentication Parameter Missing")
    return fields


def _read_with_care(text: str) -> dict[str, str]:
    pairs = _PAIR.findall(text)
    fields: dict[str, str] = {name.lower(): quoted or plain for name, quoted, plain, _ in pairs}
    if "" in fields or len(fields) != len(pairs):
        raise Malformed("Bad Authentication Parameter")
    if "\\" in text:
        return {name: unescape(value) for name, value in fields.items()}
    return fields
