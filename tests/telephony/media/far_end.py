"""A phone's media half for tests: an RTP and an RTCP socket that say and hear packets."""

import asyncio
import socket
import struct
import time
from dataclasses import dataclass

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.native_stream import NativeStream
from appliance.telephony.media.port import Address, Keys, Payload, StreamSetup

PCMU = Payload(0, "PCMU", 8000)
PCMA = Payload(8, "PCMA", 8000)
G722 = Payload(9, "G722", 8000)
OPUS = Payload(111, "opus", 48000, 2)
KEYS = Payload(101, "telephone-event", 8000)
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Packet:
    """An RTP packet as heard; `at` is time.monotonic()."""

    marker: bool
    type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    source: Address
    at: float


def rtp(
    sequence: int,
    timestamp: int,
    payload: bytes = b"\xff" * 160,
    *,
    payload_type: int = 0,
    ssrc: int = 0x1234,
    marker: bool = False,
) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    return struct.pack("!BBHII", 0x80, second, sequence & 0xFFFF, timestamp, ssrc) + payload


def parse(packet: bytes, source: Address = ("", 0)) -> Packet:
    _, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", packet[:12])
    at = time.monotonic()
    return Packet(second > 127, second & 127, sequence, timestamp, ssrc, packet[12:], source, at)


class FarEnd:
    """Sockets on an even/odd pair of loopback; `say` counts sequence and timestamp by itself."""

    def __init__(self, host: str = HOST, ssrc: int = 0x1234) -> None:
        self.media, self.control = _pair(host)
        self.ssrc, self.sequence, self.timestamp = ssrc, 1000, 160000

    @property
    def address(self) -> Address:
        host, port = self.media.getsockname()[:2]
        return str(host), int(port)

    def setup(self, *payloads: Payload, **more: object) -> StreamSetup:
        """What an offer/answer with this far end decides; the same payloads both ways."""
        chosen = payloads or (PCMU, KEYS)
        fields: dict[str, object] = {"send": chosen, "receive": chosen, **more}
        return StreamSetup(self.address, None, **fields)  # type: ignore[arg-type]

    def say(
        self,
        stream: NativeStream,
        payload: bytes = b"\xff" * 160,
        payload_type: int = 0,
        step: int = 160,
        marker: bool = False,
    ) -> None:
        self.send(
            stream,
            rtp(
                self.sequence,
                self.timestamp,
                payload,
                payload_type=payload_type,
                ssrc=self.ssrc,
                marker=marker,
            ),
        )
        self.sequence += 1
        self.timestamp += step

    def send(self, stream: NativeStream, packet: bytes) -> None:
        self.media.sendto(packet, (stream.host, stream.port))

    def send_rtcp(self, stream: NativeStream, packet: bytes) -> None:
        self.control.sendto(packet, (stream.host, stream.rtcp_port))

    async def hear_raw(self, seconds: float = 1.0) -> tuple[bytes, Address]:
        return await _receive(self.media, seconds)

    async def hear_rtcp(self, seconds: float = 1.0) -> bytes:
        return (await _receive(self.control, seconds))[0]

    async def hear(self, seconds: float = 1.0) -> Packet:
        """The next packet. Raises TimeoutError."""
        return parse(*await self.hear_raw(seconds))

    async def hear_for(self, seconds: float) -> list[Packet]:
        """Every packet of the next `seconds`."""
        heard: list[Packet] = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                heard.append(await self.hear(left))
            except TimeoutError:
                break
        return heard

    async def hears_nothing(self, seconds: float = 0.1) -> bool:
        return not await self.hear_for(seconds)

    def close(self) -> None:
        self.media.close()
        self.control.close()


def _pair(host: str) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        media = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        control = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        media.bind((host, 0))
        try:
            control.bind((host, media.getsockname()[1] + 1))
        except (OSError, OverflowError):
            media.close()
            control.close()
            continue
        return media, control


async def _receive(sock: socket.socket, seconds: float) -> tuple[bytes, Address]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        packet, source = await loop.sock_recvfrom(sock, 4096)
    return packet, source[:2]


async def settled(media: NativeMedia) -> None:
    """Until the media thread has carried out every command."""
    async with asyncio.timeout(2):
        while media.commands._under_way:
            await asyncio.sleep(0.001)


def keys(suite: str, seed: int = 0) -> Keys:
    octets = {"AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}.get(suite, 30)
    return Keys(suite, bytes((seed + i) % 256 for i in range(octets)))
