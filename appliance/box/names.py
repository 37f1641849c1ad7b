"""What the box is called and where it stands, as far as the machine itself knows."""

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress

# Addresses that are never used (RFC 5737, RFC 3849): asking for the way there sends nothing.
ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def names_of_box(bind: Iterable[str]) -> list[str]:
    """Host names, then addresses, for a certificate; the chief name first."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    names = [host, short, f"{short}.local", "localhost", "127.0.0.1", "::1"]
    bound = [address for address in bind if not ipaddress.ip_address(address).is_unspecified]
    return list(dict.fromkeys([*names, *bound, *_own_addresses()]))


def chief_address(bind: Iterable[str]) -> str:
    """Where a person on the same network would look for the box: IPv4 where there is any."""
    own = [address for address in bind if not ipaddress.ip_address(address).is_unspecified]
    return next(iter(own or _own_addresses()), "127.0.0.1")


def _own_addresses() -> Iterable[str]:
    """The addresses that this machine would use towards others."""
    for family, address in ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            yield str(probe.getsockname()[0])
