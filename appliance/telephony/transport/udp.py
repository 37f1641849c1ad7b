"""A UDP listening socket, read and written by the batch (datagrams.c).

Plain and non-blocking under `add_reader`, which leaves us the read budget. One system call for many
datagrams is worth more than the call it saves: code that runs on without the kernel in between
finds its instructions still in the processor's caches (docs/bench.md).
"""

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache

from appliance.telephony.sip.flow import Address, Flow
from appliance.telephony.sip.generations import Generations
from appliance.telephony.transport._datagrams import BATCH, receive, send
from appliance.telephony.transport.admission import Admission, source_of
from appliance.telephony.transport.backlog import Backlog
from appliance.telephony.transport.limits import Limits
from appliance.telephony.transport.local_address import LocalAddresses, is_wildcard

Datagram = tuple[bytes, Flow]

READS_PER_TURN = 8  # batches: reading is cheap, so that what the rate refuses is drained fast
BUFFER_BYTES = 4_194_304
PEER_SECONDS = 300.0
PEERS = 50_000
SHORTEST = 16  # nothing shorter is SIP: CRLF keep-alives, lone NULs (interop 4)

# struct sockaddr_in and sockaddr_in6: the family in the machine's order, the rest in the network's.
_FAMILY = struct.Struct("=H")
_IPV4 = struct.Struct("!H4s8x")
_IPV6 = struct.Struct("!HI16s")
_SCOPE = struct.Struct("=I")


class UdpSocket:
    """Hands the admitted datagrams of a batch to `receive`; answers leave by the same socket."""

    def __init__(
        self,
        address: Address,
        limits: Limits,
        admission: Admission,
        receive: Callable[[Sequence[Datagram]], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._per_turn = limits.messages_per_turn
        self._admission = admission
        self._receive = receive
        self._loop = loop
        self._socket = _bind(address)
        self._family = self._socket.family
        self.address: Address = self._socket.getsockname()[:2]
        self.backlog = Backlog(limits.backlog_seconds)
        self._wildcard = is_wildcard(self.address[0])
        self._local_addresses = LocalAddresses()
        self._descriptor = self._socket.fileno()
        self._peers: Generations[bytes, tuple[Flow, str]] = Generations(PEER_SECONDS, PEERS)
        loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._socket.close()

    def reaches(self, host: str) -> bool:
        return (":" in host) == (self._family == socket.AF_INET6)

    def owns(self, local: Address) -> bool:
        """Whether flows with this local address are this socket's."""
        if not self._wildcard:
            return local == self.address
        return local[1] == self.address[1] and self.reaches(local[0])

    def flow_to(self, remote: Address) -> Flow:
        local = self.address
        if self._wildcard:
            host = self._local_addresses.toward(self._family, remote[0], self._loop.time())
            local = (host, local[1])
        return Flow("udp", local, remote)

    def send(self, datagrams: Sequence[Datagram]) -> list[Flow]:
        """Send them in order; the flows of those of which the kernel knows that they cannot be. A
        full buffer loses a datagram as the network might."""
        failed: list[Flow] = []
        waiting: list[tuple[bytes, bytes]] = []
        flows: list[Flow] = []
        for data, flow in datagrams:
            try:
                waiting.append((data, _name(self._family, flow.remote)))
                flows.append(flow)
            except (OSError, ValueError):  # no numeric address of this socket's family
                failed.append(flow)
        for start in range(0, len(waiting), BATCH):
            self._send(waiting[start : start + BATCH], flows[start:], failed)
        return failed

    def _send(
        self, datagrams: list[tuple[bytes, bytes]], flows: Sequence[Flow], failed: list[Flow]
    ) -> None:
        """One batch; the kernel stops at each that it refuses, and is asked on behind it."""
        at = 0
        while at < len(datagrams):
            sent, refused = send(self._descriptor, datagrams[at:] if at else datagrams)
            at += sent
            if refused in (errno.EAGAIN, errno.ENOBUFS):
                self._admission.dropped["unsent"] += 1
            elif refused:
                failed.append(flows[at])
            at += bool(refused)

    def _read(self) -> None:
        """One turn of the loop: what the budget allows; the kernel keeps the rest."""
        now = self._loop.time()
        rates_bind = self.backlog.stands
        budget = self._per_turn
        for _ in range(READS_PER_TURN):
            try:
                came = receive(self._descriptor)
            except BlockingIOError:
                self.backlog.drained(now)
                return
            except OSError:  # an ICMP error of an earlier datagram
                return
            admitted = self._admitted(came, now, rates_bind)
            if admitted:
                self._receive(admitted)
            if len(came) < BATCH:
                self.backlog.drained(now)
                return
            budget -= len(admitted)
            if budget <= 0:
                break
        self.backlog.undrained(now)

    def _admitted(
        self, came: Sequence[tuple[bytes, bytes]], now: float, rates_bind: bool
    ) -> list[Datagram]:
        admitted = []
        for data, name in came:
            if len(data) < SHORTEST:
                continue
            flow, source = self._peers.get(name) or self._peer(name, now)
            if self._admission.admits(source, now, rates_bind=rates_bind):
                admitted.append((data, flow))
            else:
                self._admission.dropped["rate"] += 1
        return admitted

    def _peer(self, name: bytes, now: float) -> tuple[Flow, str]:
        remote = _address(name)
        peer = (self.flow_to(remote), source_of(remote[0]))
        self._peers.put(name, peer, now)
        return peer


def _address(name: bytes) -> Address:
    """Host and port of a socket address; a link-local one is told with its interface's number."""
    (family,) = _FAMILY.unpack_from(name)
    if family == socket.AF_INET:
        port, packed = _IPV4.unpack_from(name, 2)
        return socket.inet_ntop(family, packed), port
    port, _, packed = _IPV6.unpack_from(name, 2)
    (scope,) = _SCOPE.unpack_from(name, 24)
    host = socket.inet_ntop(family, packed)
    return (f"{host}%{scope}" if scope else host), port


@lru_cache(8192)
def _name(family: int, address: Address) -> bytes:
    """The socket address that `_address` reads. Raises OSError or ValueError for what is no numeric
    address of the family."""
    host, port = address
    if family == socket.AF_INET:
        return _FAMILY.pack(family) + _IPV4.pack(port, socket.inet_pton(family, host))
    host, _, scope = host.partition("%")
    packed = socket.inet_pton(family, host)
    return _FAMILY.pack(family) + _IPV6.pack(port, 0, packed) + _SCOPE.pack(int(scope or 0))


def _bind(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
