"""One media line with all that belongs to it (RFC 8866 § 5.14, RFC 3264 § 5)."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from appliance.telephony.sdp.attributes import Attributes, every, first, line
from appliance.telephony.sdp.codec import REMEMBERED, STATIC, Codec, parse_rtpmap
from appliance.telephony.sdp.crypto import Crypto
from appliance.telephony.sdp.direction import DIRECTIONS, Direction
from appliance.telephony.sdp.origin import family

Address = tuple[str, int]

DEFAULT_PTIME_MS = 20


@dataclass(frozen=True)
class Media:
    """`host` is where media goes, of the line itself or else of the session; `direction` likewise.

    `attributes` hold everything but the direction. What is derived is worked out when first
    asked for. `port` 0 means that the line is rejected or ended (RFC 3264 § 6, § 8.2).
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    host: str
    direction: Direction = Direction.SENDRECV
    bandwidth: tuple[str, ...] = ()
    attributes: Attributes = ()

    @property
    def live(self) -> bool:
        return self.port != 0

    @property
    def rtp(self) -> bool:
        """Whether the line is RTP keyed by SDP or not at all; DTLS is not."""
        return self.protocol in RTP_PROTOCOLS

    @property
    def udptl(self) -> bool:
        """T.38 fax (ITU-T T.38 annex D)."""
        return self.kind == "image" and self.protocol == "udptl"

    @property
    def savp(self) -> bool:
        """Whether the profile itself demands SRTP (RFC 3711 § 12, RFC 5124)."""
        return "SAVP" in self.protocol

    @cached_property
    def codecs(self) -> tuple[Codec, ...]:
        """The formats that mean something, in the line's order, static ones filled in."""
        maps = tuple(every(self.attributes, "rtpmap"))
        return _codecs(self.formats, maps, tuple(every(self.attributes, "fmtp")))

    @cached_property
    def crypto(self) -> tuple[Crypto, ...]:
        """The crypto lines that we could use, in the line's order."""
        lines = (Crypto.parse(value) for value in every(self.attributes, "crypto"))
        return tuple(crypto for crypto in lines if crypto)

    @property
    def keyed(self) -> bool:
        """Whether there is any crypto line, usable or not."""
        return first(self.attributes, "crypto") is not None

    @cached_property
    def held_by_address(self) -> bool:
        """The old way to hold: media to an address that is none (RFC 3264 § 8.4)."""
        return self.live and _unspecified(self.host)

    @property
    def effective_direction(self) -> Direction:
        """The direction with that old way of holding counted in."""
        if self.held_by_address:
            return self.direction & Direction.SENDONLY
        return self.direction

    @cached_property
    def rtp_address(self) -> Address | None:
        """Where to send; None where nothing may be sent: port 0, no address, a name (nothing here
        waits for DNS; the source of what arrives will tell), a group of receivers."""
        return (self.host, self.port) if self.live and sendable(self.host) else None

    @cached_property
    def rtcp_address(self) -> Address | None:
        """Port and address of `a=rtcp` (RFC 3605), else the port above RTP's; what holds while
        the two are not multiplexed."""
        if self.rtp_address is None:
            return None
        words = (first(self.attributes, "rtcp") or "").split()
        if not words or not words[0].isdecimal() or not 0 < int(words[0]) < 65536:
            return (self.host, self.port + 1) if self.port < 65535 else None
        host = words[3] if len(words) >= 4 else self.host
        return (host, int(words[0])) if sendable(host) else None

    @property
    def rtcp_mux(self) -> bool:
        """RTP and RTCP on one port (RFC 5761 § 5.1.1)."""
        return first(self.attributes, "rtcp-mux") is not None

    @property
    def ptime_ms(self) -> int:
        """The packet length asked for, within what everything here accepts (interop 28)."""
        text = first(self.attributes, "ptime") or ""
        asked = int(text) if text.isdecimal() and len(text) < 5 else DEFAULT_PTIME_MS
        return min(max(asked // 10 * 10, 10), 60)

    def rejected(self) -> "Media":
        """The same line with port 0, as an answer refuses it or an offer ends it."""
        return Media(self.kind, 0, self.protocol, self.formats, self.host)

    def lines(self, session_host: str) -> list[str]:
        """The lines to print, within a session whose own `c=` says `session_host`."""
        out = [f"m={self.kind} {self.port} {self.protocol} {' '.join(self.formats)}"]
        if self.host != session_host:
            out.append(f"c=IN {family(self.host)} {self.host}")
        out += [f"b={value}" for value in self.bandwidth]
        out += [line(name, value) for name, value in self.attributes]
        if self.direction is not Direction.SENDRECV or (self.rtp and self.live):
            out.append(f"a={self.direction}")
        return out


RTP_PROTOCOLS = frozenset({"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"})


@lru_cache(maxsize=REMEMBERED)
def _codecs(
    formats: tuple[str, ...], maps: tuple[str, ...], fmtps: tuple[str, ...]
) -> tuple[Codec, ...]:
    """Phones of one make write the same of these with every call."""
    mapped = {codec.number: codec for value in maps if (codec := parse_rtpmap(value))}
    parameters = _parameters(fmtps)
    return tuple(
        Codec(codec.number, codec.name, codec.clock, codec.channels, parameters.get(text, ""))
        for text in dict.fromkeys(formats)
        if text.isdecimal() and (codec := mapped.get(int(text)) or STATIC.get(int(text)))
    )


def _parameters(fmtps: tuple[str, ...]) -> dict[str, str]:
    pairs = (value.partition(" ") for value in fmtps)
    return {number: parameters.strip() for number, _, parameters in pairs}


@lru_cache(maxsize=4096)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def sendable(host: str) -> bool:
    """Whether `host` is the address of one receiver, written as an address."""
    address = _address(host)
    return address is not None and not (
        address.is_unspecified or address.is_multicast or host == "255.255.255.255"
    )


def _unspecified(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_unspecified


def split_direction(attributes: Attributes) -> tuple[Direction | None, Attributes]:
    """The last direction among the attributes, and the others."""
    found: Direction | None = None
    rest: list[tuple[str, str]] = []
    for name, value in attributes:
        if name in DIRECTIONS:
            found = DIRECTIONS[name]
        else:
            rest.append((name, value))
    return found, tuple(rest)
