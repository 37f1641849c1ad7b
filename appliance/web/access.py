"""Who may ask what: the machine itself, or the holder of a key."""

import hmac
import ipaddress

from starlette.requests import Request


def from_this_machine(request: Request) -> bool:
    """Whether the request came over the loopback interface, by IPv4, IPv6 or IPv4 within IPv6."""
    if request.client is None:
        return False
    address = ipaddress.ip_address(request.client.host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def bears(request: Request, key: str) -> bool:
    """Whether the request bears the key (RFC 6750 § 2.1); an empty key opens nothing."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.encode(), key.encode())
    return bool(key) and kind.lower() == "bearer" and right
