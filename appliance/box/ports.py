"""Ports that are free, for a box that is only tried."""

import socket
from collections.abc import Iterable


def free_port(preferred: int, hosts: Iterable[str], taken: Iterable[int] = ()) -> int:
    """`preferred`, or the next above it that is free for TCP and UDP on every host.

    Somebody may take it before it is bound; then the box says so. Raises OSError if none is free.
    """
    addresses = tuple(hosts)
    for port in range(preferred, 65536):
        if port not in taken and all(_is_free(host, port) for host in addresses):
            return port
    raise OSError(f"no port from {preferred} up is free")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            probe = socket.socket(family, kind)
        except OSError:
            return True  # A family that this machine lacks is bound by nobody.
        with probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
