"""Joins the sans-IO core to the sockets: pumps datagrams, streams and one timer through it.

It decides nothing about SIP: an event goes to its transaction's owner or to `on_event`, and what
the core wants sent leaves by the flow that it names.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from appliance.telephony.sip.core import Core
from appliance.telephony.sip.core_events import Event, RequestReceived
from appliance.telephony.sip.flow import Address, Flow
from appliance.telephony.sip.message import ParseError, Request, Response, parse
from appliance.telephony.sip.timers import Timers
from appliance.telephony.sip.transaction import ClientTransaction, Owner, ServerTransaction
from appliance.telephony.sip.uri import Uri
from appliance.telephony.transport.admission import Admission
from appliance.telephony.transport.connection import Link
from appliance.telephony.transport.limits import Limits
from appliance.telephony.transport.stream import Streams, accepting_context
from appliance.telephony.transport.udp import Datagram, UdpSocket

log = logging.getLogger(__name__)

LARGEST_BY_UDP = 1300  # RFC 3261 § 18.1.1
OUR_VIA = 100  # what the core will put on top, at most

CertificateFor = Callable[[str | None], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class Listen:
    """A socket to open: `transport` is udp, tcp or tls; port 0 lets the kernel choose."""

    transport: str
    host: str
    port: int


class Driver:
    """`on_event` takes the events of transactions without owner: above all new requests.
    `on_flow_closed` functions are called when a connection ends, before any other event of it.
    `advertised` tells the address that remotes shall use in place of the flow's own (NAT)."""

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        limits: Limits | None = None,
        timers: Timers | None = None,
        certificate: CertificateFor | None = None,
        connecting: ssl.SSLContext | None = None,
        advertised: Callable[[Flow], Address] = lambda flow: flow.local,
    ) -> None:
        self.on_event = on_event
        self.on_flow_closed: list[Callable[[Flow], None]] = []
        self.local_addresses: dict[str, list[Address]] = {}
        self.core = Core(timers)
        self._limits = limits or Limits()
        self._admission = Admission(self._limits)
        self._certificate = certificate
        self._connecting = connecting
        self._advertised = advertised
        self._udp: list[UdpSocket] = []
        self._udp_of: dict[Address, UdpSocket] = {}  # local address of a flow -> its socket
        self._links: dict[int, Link] = {}
        self._outbound: dict[tuple[str, Address], Flow] = {}
        self._numbers = count(1)
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._batching = False  # what is to be sent waits for the end of a batch of datagrams
        self._received = 0
        self._sent = 0

    # Life.

    async def start(self, listen: Iterable[Listen]) -> None:
        """Open the sockets. Raises OSError naming the address that could not be bound; nothing
        stays open then."""
        self._loop = asyncio.get_running_loop()
        self._streams = Streams(self, self._limits, self._admission, self._loop)
        for wanted in listen:
            try:
                bound = await self._open(wanted)
            except OSError as error:
                await self.stop()
                where = f"{wanted.transport} {wanted.host}:{wanted.port}"
                raise OSError(error.errno, f"cannot listen on {where}: {error.strerror}") from error
            self.local_addresses.setdefault(wanted.transport, []).append(bound)

    async def _open(self, wanted: Listen) -> Address:
        address = (wanted.host, wanted.port)
        if wanted.transport == "udp":
            udp = UdpSocket(address, self._limits, self._admission, self._datagrams, self._loop)
            self._udp.append(udp)
            return udp.address
        context = None
        if wanted.transport == "tls":
            if self._certificate is None:
                raise ValueError("TLS needs a certificate")
            context = accepting_context(self._certificate)
        return await self._streams.listen(wanted.transport, address, context)

    async def stop(self) -> None:
        """Close everything. What is still open is not told to its owners."""
        if self._alarm is not None:
            self._alarm.cancel()
        for udp in self._udp:
            udp.close()
        self._udp.clear()
        self._udp_of.clear()
        await self._streams.close()
        self.local_addresses.clear()

    # For the TU: the core's operations, sent at once.

    def now(self) -> float:
        return self._loop.time()

    def request(
        self, request: Request, flow: Flow, owner: Owner | None = None
    ) -> ClientTransaction:
        """See `Core.request`. Never fails: a flow that is gone tells `TransportFailed` soon."""
        transaction = self.core.request(request, flow, self.now(), owner)
        self._flush()
        return transaction

    def respond(
        self, transaction: ServerTransaction, response: Response, *, remember: bool = True
    ) -> None:
        self.core.respond(transaction, response, self.now(), remember=remember)
        self._flush()

    def cancel(self, transaction: ClientTransaction, reason: str = "") -> None:
        self.core.cancel(transaction, self.now(), reason)
        self._flush()

    def acknowledge(
        self, transaction: ClientTransaction, ack: Request, flow: Flow | None = None
    ) -> None:
        self.core.acknowledge(transaction, ack, flow)
        self._flush()

    def send_stateless(self, response: Response, flow: Flow) -> None:
        """A response without a transaction; nobody hears whether it left."""
        self.core.send(flow, bytes(response))
        self._flush()

    # Flows.

    def flow_to(self, transport: str, address: Address) -> Flow | None:
        """Where a message to `address` can leave now: any UDP socket of its family, or a
        connection that is open. None: there is none."""
        if transport != "udp":
            return self._outbound.get((transport, address))
        sockets = (udp for udp in self._udp if udp.reaches(address[0]))
        return next((udp.flow_to(address) for udp in sockets), None)

    async def open_flow(self, transport: str, address: Address, server_name: str = "") -> Flow:
        """The flow to `address`, connected if need be. Raises OSError. Not for phones: those
        connect to us."""
        flow = self.flow_to(transport, address)
        if flow is not None:
            return flow
        if transport == "udp":
            raise OSError(f"no UDP socket reaches {address[0]}")
        context = self._connecting if transport == "tls" else None
        flow = await self._streams.connect(transport, address, context, server_name)
        return self._outbound.setdefault((transport, address), flow)

    def alive(self, flow: Flow) -> bool:
        """Whether a message can still leave by `flow`."""
        return flow.connection == 0 or flow.connection in self._links

    def close_flow(self, flow: Flow) -> None:
        if link := self._links.get(flow.connection):
            link.close()

    def contact_uri(self, flow: Flow, user: str) -> Uri:
        """The Contact by which the remote of `flow` reaches us."""
        host, port = self._advertised(flow)
        params = {} if flow.transport == "udp" else {"transport": flow.transport}
        return Uri("sip", user, host, port, params)

    def prefers_stream(self, request: Request, flow: Flow) -> bool:
        """Whether `request` is too large for its UDP flow (RFC 3261 § 18.1.1, interop 8)."""
        return not flow.reliable and len(bytes(request)) + OUR_VIA > LARGEST_BY_UDP

    def counters(self) -> dict[str, int]:
        """For metrics: totals since the start, and what is held now."""
        dropped = {f"dropped_{why}": n for why, n in self._admission.dropped.items()}
        totals = {"received": self._received, "sent": self._sent, "connections": len(self._links)}
        totals["backlogs"] = sum(udp.backlog.times for udp in self._udp)
        return {**totals, **self.core.sizes(), **dropped}

    # For the transports (`connection.Hub`).

    def attach(self, link: Link, transport: str, local: Address, remote: Address) -> Flow:
        """A connection is up: from now on its flow can be sent to."""
        flow = Flow(transport, local, remote, next(self._numbers))
        self._links[flow.connection] = link
        return flow

    def detach(self, flow: Flow) -> None:
        """A connection is down."""
        self._links.pop(flow.connection, None)
        if self._outbound.get((flow.transport, flow.remote)) == flow:
            del self._outbound[flow.transport, flow.remote]
        for closed in self.on_flow_closed:
            closed(flow)
        self._fail(flow)

    def receive(self, message: Request | Response, flow: Flow) -> None:
        self._received += 1
        for event in self.core.receive(message, flow, self.now()):
            self._dispatch(event)
        self._flush()

    def refuse(self, error: ParseError, flow: Flow) -> None:
        """Answer what could not be parsed, where enough of it could."""
        self._admission.dropped["too_large" if error.status == 513 else "malformed"] += 1
        if error.request is not None:
            error.request.mark_source(*flow.remote)
            self.send_stateless(error.request.reply(error.status, error.reason), flow)

    def _datagrams(self, batch: Sequence[Datagram]) -> None:
        self._batching = True
        try:
            for data, flow in batch:
                self._datagram(data, flow)
        finally:
            self._batching = False
            self._flush()

    def _datagram(self, data: bytes, flow: Flow) -> None:
        try:
            message = parse(data)
        except ParseError as error:
            self.refuse(error, flow)
        else:
            self.receive(message, flow)

    # The pump.

    def _dispatch(self, event: Event) -> None:
        """An owner that breaks costs its own event, never the socket."""
        try:
            (event.transaction.owner or self.on_event)(event)
        except Exception:
            log.exception("event not handled: %s", type(event).__name__)
            if isinstance(event, RequestReceived) and not event.transaction.answered:
                self.core.respond(event.transaction, event.request.reply(500), self.now())

    def _flush(self) -> None:
        """Send what the core has to send, unless more may come of the same batch of datagrams."""
        if self._batching:
            return
        if out := self.core.outgoing():
            self._sent += len(out)
            self._send(out)
        at = self.core.next_timer()
        if at is not None and (self._alarm is None or at < self._alarm_at):
            self._set_alarm(at)

    def _send(self, out: Sequence[tuple[Flow, bytes]]) -> None:
        datagrams: dict[UdpSocket, list[Datagram]] = {}
        for flow, data in out:
            try:
                if flow.connection:
                    self._links[flow.connection].send(data)
                else:
                    udp = self._udp_of.get(flow.local) or self._find_udp(flow)
                    datagrams.setdefault(udp, []).append((data, flow))
            except (OSError, LookupError):
                self._loop.call_soon(self._fail, flow)
        for udp, batch in datagrams.items():
            for flow in udp.send(batch):
                self._loop.call_soon(self._fail, flow)

    def _find_udp(self, flow: Flow) -> UdpSocket:
        for udp in self._udp:
            if udp.owns(flow.local):
                self._udp_of[flow.local] = udp
                return udp
        raise LookupError(f"no UDP socket has the address {flow.local}")

    def _fail(self, flow: Flow) -> None:
        for event in self.core.flow_closed(flow, self.now()):
            self._dispatch(event)
        self._flush()

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        for event in self.core.handle_timer(self.now()):
            self._dispatch(event)
        self._flush()
