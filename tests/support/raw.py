"""Bytes on the wire, for what no phone will send: malformed, spoofed, idle. No phone of its own."""

import asyncio
import secrets
import socket
from typing import cast

from tests.support.journal import Journal
from tests.support.wire import WireMessage

Address = tuple[str, int]


class RawUdp(asyncio.DatagramProtocol):
    """A UDP socket: `await RawUdp.open()`, `send`, and what came back in `received`."""

    def __init__(self) -> None:
        self.datagrams: Journal[bytes] = Journal("raw UDP")
        self.received: Journal[WireMessage] = Journal("raw UDP")

    @classmethod
    async def open(cls, host: str = "127.0.0.1", port: int = 0) -> "RawUdp":
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(cls, (host, port))
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.datagrams.append(data)
        if data.startswith((b"SIP/2.0", b"OPTIONS", b"INVITE", b"UPDATE", b"NOTIFY", b"BYE")):
            self.received.append(WireMessage.parse(data.decode(errors="replace")))

    def send(self, data: bytes | str, target: Address) -> None:
        self.transport.sendto(data.encode() if isinstance(data, str) else data, target)

    async def ask(
        self, request: str, target: Address, *, seconds: float = 1.0, every: float = 0.0
    ) -> WireMessage:
        """Send a request, again `every` so many seconds if given; its first response."""
        call_id = WireMessage.parse(request).call_id
        mark = self.received.position
        answer = asyncio.create_task(
            self.received.wait(
                lambda m: m.call_id == call_id and m.status > 0,
                "answer to " + request.split(" ")[0],
                after=mark,
                seconds=seconds,
            )
        )
        self.send(request, target)
        while every:
            done, _ = await asyncio.wait({answer}, timeout=every)
            if done:
                break
            self.send(request, target)
        return await answer

    def close(self) -> None:
        self.transport.close()


class RawTcp:
    """A TCP connection that reads whatever the box sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, target: Address, host: str = "127.0.0.1") -> "RawTcp":
        return cls(*await asyncio.open_connection(*target, local_addr=(host, 0)))

    @property
    def host(self) -> str:
        return str(self.writer.get_extra_info("sockname")[0])

    @property
    def port(self) -> int:
        return int(self.writer.get_extra_info("sockname")[1])

    async def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def read(self, seconds: float = 1.0) -> bytes:
        """What comes next; b'' at the end of the stream or after the time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._reader.read(65536)
        except (TimeoutError, ConnectionError):
            return b""

    async def response(self, seconds: float = 2.0) -> WireMessage:
        """The next whole message without a body."""
        async with asyncio.timeout(seconds):
            data = await self._reader.readuntil(b"\r\n\r\n")
        return WireMessage.parse(data.decode(errors="replace"))

    async def message(self, seconds: float = 2.0) -> WireMessage:
        """The next whole message with its body."""
        async with asyncio.timeout(seconds):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
            length = int(WireMessage.parse(head).get("content-length") or 0)
            body = await self._reader.readexactly(length)
        return WireMessage.parse(head + body.decode(errors="replace"))

    async def is_closed(self, seconds: float = 3.0) -> bool:
        """Whether the box ends the connection within that time."""
        try:
            async with asyncio.timeout(seconds):
                while await self._reader.read(65536):
                    pass
                return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            return


def request(
    method: str,
    target: Address,
    source: Address,
    *,
    transport: str = "UDP",
    user: str = "",
    via: str = "",
    headers: str = "",
    body: str = "",
    cseq: int = 1,
) -> str:
    """A well-formed request without credentials; `headers` are whole lines, CRLF at each end."""
    sent_by = via or f"{source[0]}:{source[1]};rport"
    at = f"{user}@" if user else ""
    return (
        f"{method} sip:{at}{target[0]}:{target[1]} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} {insert_branch(sent_by)}\r\n"
        f"Max-Forwards: 70\r\n"
        f"From: <sip:raw@{source[0]}>;tag={secrets.token_hex(4)}\r\n"
        f"To: <sip:{at}{target[0]}>\r\n"
        f"Call-ID: {secrets.token_hex(8)}\r\n"
        f"CSeq: {cseq} {method}\r\n"
        f"Contact: <sip:raw@{source[0]}:{source[1]}>\r\n"
        f"{headers}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


def insert_branch(sent_by: str) -> str:
    host, semicolon, parameters = sent_by.partition(";")
    return f"{host};branch=z9hG4bK{secrets.token_hex(8)}{semicolon}{parameters}"


async def options_answered(
    target: Address, *, seconds: float = 1.0, every: float = 0.0
) -> WireMessage:
    """An OPTIONS from a fresh socket: the box is alive if it answers within the time."""
    udp = await RawUdp.open()
    try:
        asked = request("OPTIONS", target, (udp.host, udp.port))
        return await udp.ask(asked, target, seconds=seconds, every=every)
    finally:
        udp.close()


def can_bind(host: str) -> bool:
    """Whether this machine has that loopback address (`::1` may be missing)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True
