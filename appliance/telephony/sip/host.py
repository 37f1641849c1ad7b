"""host[:port] of a URI or Via (RFC 3261 § 25.1, RFC 5118)."""

import re

from appliance.telephony.sip.errors import Malformed

# RFC 5118 § 4.10: `:::` before an embedded IPv4 address came from a mistake in the RFC's grammar,
# so the colons are not counted. Underscores are not allowed in names, and frequent.
_HOST_PORT = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_][A-Za-z0-9._-]*+))(?:[ \t]*:[ \t]*([0-9]{1,5}))?"
)


def read_host_port(text: str) -> tuple[str, int | None]:
    """The host as it stands, an IPv6 address without its brackets, and the port if given."""
    found = _HOST_PORT.fullmatch(text)
    if found is None:
        raise Malformed("Bad Host or Port")
    address, name, digits = found.groups()
    if digits is None:
        return name or address, None
    port = int(digits)
    if port > 65535:
        raise Malformed("Bad Port")
    return name or address, port


def print_host_port(host: str, port: int | None) -> str:
    """Brackets around an IPv6 address; a host that has them already keeps them."""
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return host if port is None else f"{host}:{port}"
