"""The narrow interface to the media core: all that calls know of RTP.

A *stream* is one media line of one leg: a socket pair of the box (RTP and RTCP, or one UDPTL
socket). A stream is configured whole after each offer/answer, then connected to another stream,
echoed, or played to. Nothing here blocks and nothing here carries a packet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

Address = tuple[str, int]


class Carriage(Enum):
    RTP = "rtp"
    UDPTL = "udptl"


@dataclass(frozen=True, slots=True)
class Payload:
    """One RTP payload type as SDP names it: `number` 0..127, `codec` in upper case but for
    `telephone-event`, `clock` in Hz of the rtpmap (G722 says 8000)."""

    number: int
    codec: str
    clock: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """One direction's SRTP keying: SDES suite name (RFC 4568 § 6.2, RFC 7714 § 14.2), master key
    and salt joined."""

    suite: str
    key: bytes


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """What one offer/answer decided about one stream.

    `send` are the far end's payloads in its order, `receive` those that we told it to use.
    `remote` None: send nothing (held with 0.0.0.0, port 0, or not yet known).
    Applying a setup opens a new latch window (interop 26).
    """

    remote: Address | None
    remote_rtcp: Address | None
    send: tuple[Payload, ...] = ()
    receive: tuple[Payload, ...] = ()
    sending: bool = True
    receiving: bool = True
    send_keys: Keys | None = None
    receive_keys: Keys | None = None
    rtcp_mux: bool = False
    ptime_ms: int = 20


@dataclass(frozen=True, slots=True)
class Tone:
    """Sine tones of `frequencies` Hz, on and off for `cadence_ms` in turn; an empty cadence is
    continuous. `level_dbm0` per frequency. `seconds` 0 plays until stopped."""

    frequencies: tuple[float, ...]
    cadence_ms: tuple[int, ...] = ()
    level_dbm0: float = -13.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A WAV file (16-bit PCM, mono, 8 or 16 kHz) to play."""

    path: Path
    loop: bool = False


Sound = Tone | Recorded


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """Counters since the stream opened; `lost` and `jitter_ms` of what we received, the
    `reported_…` as the far end's RTCP says of what we sent. `round_trip_ms` 0 when unknown."""

    packets_received: int = 0
    bytes_received: int = 0
    packets_sent: int = 0
    bytes_sent: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    reported_lost: int = 0
    reported_jitter_ms: float = 0.0
    round_trip_ms: float = 0.0
    rejected: int = 0
    """Packets dropped: wrong source, failed authentication, malformed."""
    silent_seconds: float = 0.0
    """Since the last RTP or RTCP packet that was accepted."""


@dataclass(frozen=True, slots=True)
class DtmfDigit:
    """The far end pressed a key (RFC 4733); reported once, at the key's release."""

    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class MediaSilent:
    """No RTP and no RTCP for the silence limit; said once until packets flow again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class MediaResumed:
    """Packets flow again after `MediaSilent`."""


@dataclass(frozen=True, slots=True)
class SoundEnded:
    """A sound that was not looping played to its end."""


MediaEvent = DtmfDigit | MediaSilent | MediaResumed | SoundEnded


class NoMediaPorts(Exception):
    """Every port of the configured range is in use."""


class Stream(Protocol):
    """One media line of one leg."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def rtcp_port(self) -> int: ...

    def configure(self, setup: StreamSetup) -> None:
        """Apply an offer/answer whole. Raises ValueError for keys or payloads that cannot be."""

    def connect(self, other: "Stream") -> None:
        """Relay both ways between the two; each one's earlier connection, echo and sound end.

        Codecs that both share pass through with their payload types mapped; G.711 is transcoded
        where one side has only the other law; what cannot be mapped is dropped and counted.
        """

    def disconnect(self) -> None:
        """Relay nothing: packets are received, counted and dropped."""

    def echo(self) -> None:
        """Send back what arrives, until connected or disconnected."""

    def play(self, sound: Sound) -> None:
        """Play toward the far end in place of relayed media, until it ends or `stop_sound`."""

    def stop_sound(self) -> None: ...

    def send_dtmf(self, digit: str, duration_ms: int = 100) -> None:
        """Queue one digit as RFC 4733 events, or in-band tones where the far end has no
        telephone-event."""

    def record(self, path: Path) -> None:
        """Record what this stream receives and sends, mixed, to a WAV file, without blocking."""

    def stop_recording(self) -> None: ...

    def statistics(self) -> StreamStatistics: ...

    def close(self) -> None:
        """Free the ports; no event comes afterwards. Closing twice is harmless."""


class MediaPort(Protocol):
    """The media core as the call engine sees it."""

    def open(
        self, host: str, on_event: Callable[[MediaEvent], None], carriage: Carriage = Carriage.RTP
    ) -> Stream:
        """A new stream on unpredictable ports of the range. Raises NoMediaPorts.

        `on_event` is called on the event loop's thread.
        """

    def codecs_joinable(self, first: str, second: str) -> bool:
        """Whether a stream of codec `first` can be relayed to one of codec `second`."""
