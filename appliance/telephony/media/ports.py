"""The range of media ports: even/odd pairs, drawn at random, each bound before it is given out."""

import errno
import secrets
import socket
from dataclasses import dataclass

from appliance.telephony.media.port import NoMediaPorts

EXPEDITED = 46 << 2
"""DSCP EF (RFC 3246) as the TOS octet: voice before other traffic."""


@dataclass(frozen=True, slots=True)
class SocketPair:
    """A bound pair: `media` on the even port, `control` (RTCP) on the next, None for UDPTL."""

    media: socket.socket
    control: socket.socket | None
    port: int

    def close(self) -> None:
        self.media.close()
        if self.control is not None:
            self.control.close()


class PortRange:
    """The pairs of `low`..`high` that are free. Raises ValueError for a range without a pair."""

    def __init__(self, low: int, high: int) -> None:
        if not 0 < low <= high <= 65535:
            raise ValueError(f"no port range: {low}-{high}")
        self._free = list(range(low + low % 2, high, 2))
        self.pairs = len(self._free)
        if not self._free:
            raise ValueError(f"no even/odd pair in {low}-{high}")

    @property
    def free(self) -> int:
        """Pairs that can be opened."""
        return len(self._free)

    def open(self, host: str, with_control: bool) -> SocketPair:
        """Bind an unpredictable pair on `host`. Raises NoMediaPorts, or OSError for a bad host."""
        taken: list[int] = []
        try:
            while self._free:
                port = self._draw()
                pair = _bind_pair(host, port, with_control)
                if pair is not None:
                    return pair
                taken.append(port)
        finally:
            self._free.extend(taken)
        raise NoMediaPorts

    def give_back(self, port: int) -> None:
        self._free.append(port)

    def _draw(self) -> int:
        at = secrets.randbelow(len(self._free))
        self._free[at], self._free[-1] = self._free[-1], self._free[at]
        return self._free.pop()


def _bind_pair(host: str, port: int, with_control: bool) -> SocketPair | None:
    """The pair, or None when another program has one of its ports."""
    media = _bind(host, port)
    if media is None or not with_control:
        return None if media is None else SocketPair(media, None, port)
    control = _bind(host, port + 1)
    if control is None:
        media.close()
        return None
    return SocketPair(media, control, port)


def _bind(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        _mark(made)
        made.bind((host, port))
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return made


def _mark(made: socket.socket) -> None:
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, EXPEDITED)
    else:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED)
