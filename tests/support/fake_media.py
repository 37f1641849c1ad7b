"""A media core without sockets: it remembers what it was told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.telephony.media.port import (
    Carriage,
    MediaEvent,
    Sound,
    Stream,
    StreamSetup,
    StreamStatistics,
)


@dataclass(eq=False)
class FakeStream:
    host: str
    port: int
    on_event: Callable[[MediaEvent], None]
    carriage: Carriage
    setup: StreamSetup | None = None
    connected: "FakeStream | None" = None
    echoing: bool = False
    playing: Sound | None = None
    pressed: list[tuple[str, int]] = field(default_factory=list)
    closed: bool = False

    @property
    def rtcp_port(self) -> int:
        return self.port + 1

    def configure(self, setup: StreamSetup) -> None:
        self.setup = setup

    def connect(self, other: Stream) -> None:
        assert isinstance(other, FakeStream)
        assert not self.closed
        assert not other.closed
        self.disconnect()
        other.disconnect()
        self.connected, other.connected = other, self

    def disconnect(self) -> None:
        if self.connected is not None:
            self.connected.connected = None
        self.connected, self.echoing, self.playing = None, False, None

    def echo(self) -> None:
        self.disconnect()
        self.echoing = True

    def play(self, sound: Sound) -> None:
        self.playing = sound

    def stop_sound(self) -> None:
        self.playing = None

    def send_dtmf(self, digit: str, duration_ms: int = 100) -> None:
        self.pressed.append((digit, duration_ms))

    def record(self, path: Path) -> None:
        raise AssertionError(f"nothing records here: {path}")

    def stop_recording(self) -> None: ...

    def statistics(self) -> StreamStatistics:
        return StreamStatistics(packets_received=7, packets_sent=5)

    def close(self) -> None:
        self.disconnect()
        self.closed = True


class FakeMedia:
    """`streams` are all that were ever opened, in order."""

    def __init__(self) -> None:
        self.streams: list[FakeStream] = []

    def open(
        self, host: str, on_event: Callable[[MediaEvent], None], carriage: Carriage = Carriage.RTP
    ) -> FakeStream:
        stream = FakeStream(host, 20000 + 2 * len(self.streams), on_event, carriage)
        self.streams.append(stream)
        return stream

    def codecs_joinable(self, first: str, second: str) -> bool:
        return first == second or {first, second} <= {"PCMU", "PCMA"}

    @property
    def open_streams(self) -> list[FakeStream]:
        return [stream for stream in self.streams if not stream.closed]
