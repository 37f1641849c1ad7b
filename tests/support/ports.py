"""Free ports of the loopback, for boxes and phones that a test starts."""

import random
import socket

_given: set[int] = set()


def free_port(host: str = "127.0.0.1", *, run: int = 1) -> int:
    """The first of `run` ports in a row that are free for UDP and TCP; no port is given twice."""
    while True:
        first = random.randrange(20000, 32000 - run)
        wanted = range(first, first + run)
        if not _given.intersection(wanted) and all(_is_free(host, port) for port in wanted):
            _given.update(wanted)
            return first


def rtp_range(size: int = 600) -> str:
    """A range for RTP as `--rtp-ports` takes it, away from `free_port` and the system's own."""
    first = random.randrange(10000, 19900 - size, 2)
    return f"{first}-{first + size - 1}"


def uri_host(host: str) -> str:
    """A host as a URI has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
