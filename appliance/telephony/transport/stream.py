"""The connections of the box, and the sockets that accept them: TCP and TLS."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from typing import cast

from appliance.telephony.sip.flow import Address, Flow
from appliance.telephony.transport.admission import Admission
from appliance.telephony.transport.connection import Connection, Hub
from appliance.telephony.transport.limits import Limits

SWEEP_SECONDS = 5.0


class Streams:
    """All TCP and TLS connections and the sockets that accept them."""

    def __init__(
        self, hub: Hub, limits: Limits, admission: Admission, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.hub = hub
        self.limits = limits
        self.admission = admission
        self.loop = loop
        self._open: set[Connection] = set()
        self._per_source: Counter[str] = Counter()
        self._servers: list[asyncio.Server] = []
        self._sweeper: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    async def listen(
        self, transport: str, address: Address, context: ssl.SSLContext | None
    ) -> Address:
        """Returns the address bound. Raises OSError."""
        server = await self.loop.create_server(
            lambda: Connection(self, transport),
            address[0],
            address[1],
            ssl=context,
            backlog=1024,
            ssl_handshake_timeout=self.limits.handshake_seconds if context else None,
        )
        self._servers.append(server)
        if self._sweeper is None:
            self._sweep()
        return cast(Address, server.sockets[0].getsockname()[:2])

    async def connect(
        self, transport: str, address: Address, context: ssl.SSLContext | None, server_name: str
    ) -> Flow:
        """A new connection of ours. Raises OSError (ssl.SSLError is one)."""
        _, connection = await self.loop.create_connection(
            lambda: Connection(self, transport, ours=True),
            address[0],
            address[1],
            ssl=context,
            server_hostname=server_name or address[0] if context else None,
            ssl_handshake_timeout=self.limits.handshake_seconds if context else None,
        )
        if connection.flow is None:
            raise ConnectionAbortedError(f"{transport} connection to {address[0]} closed at once")
        return connection.flow

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._open):
            connection.close()
        for server in self._servers:
            await server.wait_closed()

    def opened(self, connection: Connection, source: str) -> bool:
        """False: one too many."""
        full = len(self._open) >= self.limits.connections
        crowded = self._per_source[source] >= self.limits.connections_per_source
        if full or (crowded and not self.limits.exempt(source)):
            self.admission.dropped["connections"] += 1
            return False
        self._open.add(connection)
        self._per_source[source] += 1
        return True

    def closed(self, connection: Connection, source: str) -> None:
        self._open.discard(connection)
        self._per_source[source] -= 1
        if self._per_source[source] <= 0:
            del self._per_source[source]

    def _sweep(self) -> None:
        """One timer for all connections."""
        self._sweeper = self.loop.call_later(SWEEP_SECONDS, self._sweep)
        now = self.loop.time()
        for connection in list(self._open):
            if reason := connection.overdue(now):
                self.admission.dropped[reason] += 1
                connection.abort()


def accepting_context(certificate: Callable[[str | None], ssl.SSLContext]) -> ssl.SSLContext:
    """A server's TLS context that asks `certificate(server_name)` at each handshake, so that a
    renewed certificate serves the next connection. TLS 1.2 and up whatever that one says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    def choose(tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        tls.context = certificate(name)

    context.sni_callback = choose
    return context
