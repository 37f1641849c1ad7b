"""A phone's socket end, and a driver that answers every request with 200."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from appliance.telephony.sip.core_events import Event, RequestReceived
from appliance.telephony.sip.flow import Address, Flow
from appliance.telephony.transport.driver import Driver, Listen
from tests.telephony.sip.requests import make

PATIENCE = 5.0


class Box:
    """A started driver; `events` are those without owner, `closed` the flows that ended."""

    def __init__(self, **settings: Any) -> None:
        self.events: list[Event] = []
        self.closed: list[Flow] = []
        self.news = asyncio.Event()
        self.driver = Driver(self._on_event, **settings)
        self.driver.on_flow_closed.append(self._on_closed)

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, RequestReceived):
            self.driver.respond(event.transaction, event.request.reply(200, to_tag="box"))
        self.news.set()

    def _on_closed(self, flow: Flow) -> None:
        self.closed.append(flow)
        self.news.set()

    def address(self, transport: str) -> Address:
        return self.driver.local_addresses[transport][0]

    async def something(self) -> None:
        """Until an event or a closed flow comes."""
        await asyncio.wait_for(self.news.wait(), PATIENCE)
        self.news.clear()


@asynccontextmanager
async def box(*transports: str, host: str = "127.0.0.1", **settings: Any) -> AsyncIterator[Box]:
    made = Box(**settings)
    await made.driver.start([Listen(transport, host, 0) for transport in transports])
    try:
        yield made
    finally:
        await made.driver.stop()


class UdpPhone:
    def __init__(self, to: Address) -> None:
        family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(to)

    def __enter__(self) -> "UdpPhone":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def address(self) -> Address:
        name: Address = self.socket.getsockname()[:2]
        return name

    def send(self, data: bytes) -> None:
        self.socket.send(data)

    async def hear(self) -> bytes:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.sock_recv(self.socket, 65_536), PATIENCE)


class StreamPhone:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, to: Address, context: ssl.SSLContext | None = None, name: str | None = None
    ) -> "StreamPhone":
        return cls(*await asyncio.open_connection(*to, ssl=context, server_hostname=name))

    async def __aenter__(self) -> "StreamPhone":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    @property
    def address(self) -> Address:
        name: Address = self.writer.get_extra_info("sockname")[:2]
        return name

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self) -> bytes:
        """The next message without body; b"" at the end of the connection."""
        try:
            return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


def options(number: int = 1, via: str = "SIP/2.0/UDP 10.0.0.9:5062") -> bytes:
    """An OPTIONS as bytes; each number another transaction."""
    top = ("Via", f"{via};branch=z9hG4bK{number};rport")
    return bytes(make("OPTIONS", top, call_id=f"options-{number}"))
