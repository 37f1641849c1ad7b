"""Ports: which are free, before a box takes hold of its data folder."""

import errno
import os
import socket
from collections.abc import Iterable
from typing import Final

BOTH: Final = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


def free_port(preferred: int, hosts: Iterable[str], taken: Iterable[int] = ()) -> int:
    """`preferred`, or the next above it that is free for TCP and UDP on every host.

    Somebody may take it before it is bound; then the box says so. Raises OSError if none is free.
    """
    addresses = tuple(hosts)
    for port in range(preferred, 65536):
        if port not in taken and not any(_refusal(host, port, BOTH) for host in addresses):
            return port
    raise OSError(errno.EADDRINUSE, f"no port from {preferred} up is free")


def require_free(port: int, hosts: Iterable[str], kinds: Iterable[socket.SocketKind]) -> None:
    """Raise OSError, in words, where `port` could not be listened on; 0 always can."""
    for host in hosts:
        number = _refusal(host, port, kinds)
        if number:
            words = f"cannot listen on {host} port {port}: {os.strerror(number)}"
            raise OSError(number, words)


def _refusal(host: str, port: int, kinds: Iterable[socket.SocketKind]) -> int:
    """Why the port cannot be bound, as an errno; 0 where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in kinds:
        try:
            probe = socket.socket(family, kind)
        except OSError:
            continue  # A family that this machine lacks is bound by nobody.
        with probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                if kind == socket.SOCK_STREAM:
                    probe.listen()
            except OSError as error:
                return error.errno or errno.EADDRINUSE
    return 0
