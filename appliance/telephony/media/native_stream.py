"""A stream of the native core: `Stream` of port.py, turned into commands to the media thread."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from pylibsrtp import Session

from appliance.telephony.media import srtp
from appliance.telephony.media._core import ffi, lib
from appliance.telephony.media.commands import Commands
from appliance.telephony.media.encoding import DIGITS, fill_setup
from appliance.telephony.media.port import (
    Address,
    Carriage,
    Keys,
    MediaEvent,
    Sound,
    Stream,
    StreamSetup,
    StreamStatistics,
)
from appliance.telephony.media.ports import SocketPair
from appliance.telephony.media.sounds import fill_sound


class Core(Protocol):
    """What a stream needs of the media core that it belongs to."""

    engine: Any
    commands: Commands

    def forget(self, stream: "NativeStream") -> None:
        """Deliver no more events of this stream."""

    def is_own(self, address: Address | None) -> bool:
        """Whether a stream of the core listens there."""

    def release(self, pair: SocketPair) -> None:
        """Close the pair and free its ports."""

    def promise(self) -> "asyncio.Future[None]":
        """A future of the event loop that the core belongs to."""

    def finish(self, recording: Any, when_written: Callable[[], None]) -> None:
        """End a recording that the thread has let go of; call back when its file is whole."""


class NativeStream:
    """One media line of one leg. Everything is harmless after `close`."""

    def __init__(
        self,
        core: Core,
        key: int,
        host: str,
        pair: SocketPair,
        on_event: Callable[[MediaEvent], None],
    ) -> None:
        self.key = key
        self.carriage = Carriage.UDPTL if pair.control is None else Carriage.RTP
        self.on_event = on_event
        self.sound_token = 0
        """Of the sound that plays; a sound's end that names another is out of date."""
        self._core = core
        self._host = host
        self._pair = pair
        self._keys: tuple[Keys | None, Keys | None] = (None, None)
        self._sessions: tuple[Session | None, Session | None] = (None, None)
        self._sound: object = None
        self._recording: Any = None
        self._unwritten: set[asyncio.Future[None]] = set()
        self._last: StreamStatistics | None = None
        control = -1 if pair.control is None else pair.control.fileno()
        self.handle = lib.bv_stream_new(core.engine, key, pair.media.fileno(), control)
        if self.handle == ffi.NULL:
            raise MemoryError
        self._send(lib.BV_OPEN)

    @property
    def host(self) -> str:
        return self._host

    @property
    def port(self) -> int:
        return self._pair.port

    @property
    def rtcp_port(self) -> int:
        return self._pair.port + 1

    @property
    def closed(self) -> bool:
        return self._last is not None

    def configure(self, setup: StreamSetup) -> None:
        if self.closed:
            return
        if self._core.is_own(setup.remote) or self._core.is_own(setup.remote_rtcp):
            setup = replace(setup, remote=None, remote_rtcp=None)
        command = self._core.commands.new(lib.BV_CONFIGURE, self.handle)
        fill_setup(command.setup, setup, 6 if ":" in self._host else 4)
        keys = (setup.send_keys, setup.receive_keys)
        sessions = (self._session(0, keys[0]), self._session(1, keys[1]))
        command.setup.srtp_out = srtp.context(sessions[0])
        command.setup.srtp_in = srtp.context(sessions[1])
        self._core.commands.send(command, keep=(sessions, self._sessions))
        self._keys, self._sessions = keys, sessions

    def connect(self, other: Stream) -> None:
        if not isinstance(other, NativeStream):
            raise TypeError("both streams must be of one media core")
        if self.closed or other.closed or other is self:
            self.disconnect()
            return
        command = self._core.commands.new(lib.BV_CONNECT, self.handle)
        command.other = other.handle
        self._core.commands.send(command, keep=(self.take_sound(), other.take_sound()))

    def disconnect(self) -> None:
        self._send(lib.BV_DISCONNECT)

    def echo(self) -> None:
        self._end_sound(lib.BV_ECHO)

    def play(self, sound: Sound) -> None:
        if self.closed:
            return
        command = self._core.commands.new(lib.BV_PLAY, self.handle)
        new = fill_sound(command.sound, sound)
        self._core.commands.send(command, keep=(new, self._sound))
        self._sound, self.sound_token = new, command.token

    def stop_sound(self) -> None:
        self._end_sound(lib.BV_STOP_SOUND)

    def send_dtmf(self, digit: str, duration_ms: int = 100) -> None:
        """Raises ValueError for what is no key. Durations are kept within 40..8000 ms."""
        event = DIGITS.find(digit.upper()) if len(digit) == 1 else -1
        if event < 0:
            raise ValueError(f"no key: {digit!r}")
        self._send(lib.BV_SEND_DTMF, digit=event, duration_ms=max(duration_ms, 0))

    def record(self, path: Path) -> None:
        """Raises OSError when the file cannot be made. A recording under way ends first."""
        if self.closed:
            return
        self.stop_recording()
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._recording = lib.bv_recording_new(self._core.engine, file)
        if self._recording == ffi.NULL:
            os.close(file)
            raise MemoryError
        self._send(lib.BV_RECORD, recording=self._recording)

    def stop_recording(self) -> None:
        if self._recording is None:
            return
        recording, self._recording = self._recording, None
        written = self._core.promise()
        self._unwritten.add(written)
        when_written = partial(self._written, written)
        self._send(
            lib.BV_STOP_RECORDING,
            when_done=lambda: self._core.finish(recording, when_written),
        )

    async def recordings_written(self) -> None:
        """Wait until every recording that was stopped is whole on its file."""
        while self._unwritten:
            await asyncio.wait(self._unwritten)

    def statistics(self) -> StreamStatistics:
        """The counters now; after `close`, as they were then."""
        if self._last is not None:
            return self._last
        raw = ffi.new("struct bv_statistics *")
        lib.bv_stream_statistics(self.handle, raw)
        return StreamStatistics(
            packets_received=raw.packets_received,
            bytes_received=raw.bytes_received,
            packets_sent=raw.packets_sent,
            bytes_sent=raw.bytes_sent,
            lost=raw.lost,
            jitter_ms=raw.jitter_us / 1000,
            reported_lost=raw.reported_lost,
            reported_jitter_ms=raw.reported_jitter_us / 1000,
            round_trip_ms=raw.round_trip_us / 1000,
            rejected=raw.rejected,
            silent_seconds=raw.silent_us / 1e6,
        )

    def close(self) -> None:
        if self.closed:
            return
        self.stop_recording()
        statistics = self.statistics()
        self._core.forget(self)
        held = (self._sessions, self._sound)
        self._send(lib.BV_CLOSE, keep=held, when_done=self._released)
        self._last = statistics

    def _released(self) -> None:
        """The thread has let go: nothing of this stream is in use any more."""
        lib.bv_stream_free(self.handle)
        self.handle = ffi.NULL
        self._sessions, self._sound = (None, None), None
        self._core.release(self._pair)

    def _session(self, direction: int, keys: Keys | None) -> Session | None:
        """The same keys go on in the same context: its rollover and replay state count."""
        if keys is None or keys == self._keys[direction]:
            return None if keys is None else self._sessions[direction]
        return srtp.session(keys, outbound=direction == 0)

    def _send(
        self,
        kind: int,
        keep: object = None,
        when_done: Callable[[], None] | None = None,
        **fields: object,
    ) -> None:
        if self.closed:
            return
        command = self._core.commands.new(kind, self.handle)
        for name, value in fields.items():
            setattr(command, name, value)
        self._core.commands.send(command, keep, when_done)

    def _end_sound(self, kind: int) -> None:
        self._send(kind, keep=self.take_sound())

    def take_sound(self) -> object:
        """What played until now, to be kept until the thread has stopped it."""
        sound, self._sound, self.sound_token = self._sound, None, 0
        return sound

    def _written(self, written: "asyncio.Future[None]") -> None:
        self._unwritten.discard(written)
        if not written.done():
            written.set_result(None)
