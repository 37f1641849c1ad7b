"""Header names: compact forms and the usual spelling (RFC 3261 § 7.3.3 and IANA's list)."""

from appliance.telephony.sip._accelerated import learn
from appliance.telephony.sip.grammar import is_token

_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
# What str.title would spell otherwise, and what nearly every message carries.
_USUAL = [
    "Accept",
    "Allow",
    "Authorization",
    "Call-ID",
    "CSeq",
    "Contact",
    "Content-Length",
    "Content-Type",
    "Event",
    "Expires",
    "From",
    "MIME-Version",
    "Max-Forwards",
    "Min-SE",
    "Path",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "RAck",
    "RSeq",
    "Reason",
    "Record-Route",
    "Refer-To",
    "Referred-By",
    "Replaces",
    "Require",
    "Route",
    "SIP-ETag",
    "SIP-If-Match",
    "Session-Expires",
    "Supported",
    "To",
    "User-Agent",
    "Via",
    "WWW-Authenticate",
]

_BY_LOWER = {name.lower(): name for name in [*_COMPACT.values(), *_USUAL]} | _COMPACT
SPELLINGS = {
    spelling: name
    for lower, name in _BY_LOWER.items()
    for spelling in (name, lower, lower.upper(), lower.title())
    if spelling.lower() in _BY_LOWER
} | {key.upper(): name for key, name in _COMPACT.items()}
learn(SPELLINGS)


def is_header_name(name: str) -> bool:
    """Spaces may stand before the colon."""
    return is_token(name.rstrip(" \t"))


def canonical(name: str) -> str:
    """The one spelling under which the headers of that name are kept."""
    return SPELLINGS.get(name) or _unusual(name.rstrip(" \t").lower())


def _unusual(lower: str) -> str:
    return _BY_LOWER.get(lower) or lower.title()
