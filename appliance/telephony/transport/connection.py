"""One SIP connection, TCP or TLS, of either direction (RFC 3261 § 18).

Who is too fast is not read from until its rate allows (TCP slows it down); who is too slow, silent
or reads nothing is closed. The driver holds the flows; see `Hub`.
"""

import asyncio
from collections import deque
from typing import Protocol, cast

from appliance.telephony.sip.flow import Address, Flow
from appliance.telephony.sip.framing import Framed, Ping, StreamFramer
from appliance.telephony.sip.message import ParseError, Request, Response
from appliance.telephony.transport.admission import Admission, source_of
from appliance.telephony.transport.limits import Limits

PONG = b"\r\n"


class Hub(Protocol):
    """What a connection needs of the driver; the seam for WebSocket."""

    def attach(self, link: "Link", transport: str, local: Address, remote: Address) -> Flow: ...

    def detach(self, flow: Flow) -> None: ...

    def receive(self, message: Request | Response, flow: Flow) -> None: ...

    def refuse(self, error: ParseError, flow: Flow) -> None: ...


class Link(Protocol):
    """What the driver needs of a connection."""

    def send(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Party(Protocol):
    """What a connection needs of the set that it belongs to."""

    hub: Hub
    limits: Limits
    admission: Admission
    loop: asyncio.AbstractEventLoop

    def opened(self, connection: "Connection", source: str) -> bool: ...

    def closed(self, connection: "Connection", source: str) -> None: ...


class Connection(asyncio.Protocol):
    """One connection. `flow` is None until it is up, and when it was one too many."""

    def __init__(self, streams: Party, transport: str, *, ours: bool = False) -> None:
        self._streams = streams
        self._name = transport
        self._framer = StreamFramer()
        self._waiting: deque[Framed] = deque()
        self._source = ""
        self._retry: asyncio.TimerHandle | None = None
        self._link: asyncio.Transport | None = None
        self._heard_at = streams.loop.time()
        # Since when a whole message is awaited: one must follow a connection that we accepted.
        self._awaits_since: float | None = None if ours else self._heard_at
        self.flow: Flow | None = None

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        link = cast(asyncio.Transport, transport)
        remote = link.get_extra_info("peername")
        self._source = source_of(remote[0])
        if not self._streams.opened(self, self._source):
            link.abort()
            return
        link.set_write_buffer_limits(high=self._streams.limits.unsent_bytes)
        self._link = link
        local = link.get_extra_info("sockname")
        self.flow = self._streams.hub.attach(self, self._name, local[:2], remote[:2])

    def data_received(self, data: bytes) -> None:
        now = self._heard_at = self._streams.loop.time()
        framed = self._framer.feed(data)
        if framed:
            self._awaits_since = None
            self._waiting.extend(framed)
            if self._retry is None:
                self._work()
        elif self._awaits_since is None:
            self._awaits_since = now

    def pause_writing(self) -> None:
        self._streams.admission.dropped["unsent"] += 1
        self.abort()

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._waiting.clear()
        if self.flow is not None:
            self._streams.closed(self, self._source)
            self._streams.hub.detach(self.flow)

    # Called by the driver and by `Streams`.

    def send(self, data: bytes) -> None:
        if self._link is not None:
            self._link.write(data)

    def close(self) -> None:
        if self._link is not None:
            self._link.close()

    def abort(self) -> None:
        if self._link is not None:
            self._link.abort()

    def overdue(self, now: float) -> str:
        """Why this connection has lived long enough; "" when it has not."""
        limits = self._streams.limits
        if self._awaits_since is not None and now - self._awaits_since > limits.message_seconds:
            return "slow"
        return "idle" if now - self._heard_at > limits.idle_seconds else ""

    # What was received.

    def _work(self) -> None:
        """A turn's share of what waits; the rest after other sources had theirs."""
        self._retry = None
        now = self._streams.loop.time()
        for _ in range(self._streams.limits.messages_per_turn):
            if not self._waiting or self._link is None or self._link.is_closing():
                return self._resume()
            if not self._streams.admission.admits(self._source, now):
                return self._pause(self._streams.admission.wait(self._source, now))
            self._take(self._waiting.popleft())
        if self._waiting:
            self._pause(0.0)
        return None

    def _pause(self, seconds: float) -> None:
        if self._link is not None:
            self._link.pause_reading()
            self._retry = self._streams.loop.call_later(seconds, self._work)

    def _resume(self) -> None:
        if self._link is not None and not self._link.is_closing():
            self._link.resume_reading()

    def _take(self, framed: Framed) -> None:
        if self.flow is None:
            return
        if isinstance(framed, (Request, Response)):
            self._streams.hub.receive(framed, self.flow)
        elif isinstance(framed, Ping):
            self.send(PONG)
        elif isinstance(framed, ParseError):
            self._streams.hub.refuse(framed, self.flow)
            if framed.framing_lost:
                self._waiting.clear()
                self.close()
