"""The media core's face: `MediaPort` of port.py over one native thread that never takes the GIL.

Commands go down and events come up without locks; nothing here waits for the thread but `stop`.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import count
from typing import Any

from appliance.telephony.media import srtp
from appliance.telephony.media._core import ffi, lib
from appliance.telephony.media.commands import Commands
from appliance.telephony.media.encoding import DIGITS, is_g711
from appliance.telephony.media.native_stream import NativeStream
from appliance.telephony.media.port import (
    Address,
    Carriage,
    DtmfDigit,
    MediaEvent,
    MediaResumed,
    MediaSilent,
    NoMediaPorts,
    SoundEnded,
)
from appliance.telephony.media.ports import PortRange, SocketPair

Place = tuple[IPv4Address | IPv6Address, int]

_EVENTS_AT_ONCE = 256
"""Told in one turn of the event loop, so that a burst does not hold it."""


@dataclass(frozen=True, slots=True)
class MediaTotals:
    """Counters over all streams since the start, for metrics and status."""

    packets_received: int
    packets_sent: int
    rejected: int
    send_failures: int
    """Packets that the kernel or libsrtp refused to send."""
    events_lost: int
    recorder_drops: int
    """Packets missing from recordings because their ring was full."""
    streams: int
    free_port_pairs: int
    latest_tick_ms: float
    """The worst delay of the thread's 10 ms clock so far."""


class NativeMedia:
    """One media thread, its ports and its streams. `start` and `stop` mirror each other."""

    def __init__(
        self,
        ports: tuple[int, int],
        silence_seconds: float = 30.0,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """`ports` is the inclusive range. Raises ValueError for a range without a pair."""
        self._range = PortRange(*ports)
        self._silence_seconds = silence_seconds
        self._loop = loop
        self._keys = count(1)
        self._streams: dict[int, NativeStream] = {}
        self._own: set[Place] = set()
        """Where our streams listen."""
        self._finishing: list[tuple[Any, Callable[[], None]]] = []
        self.engine: Any = None
        self.commands: Commands

    def start(self) -> None:
        """Start the thread. Raises OSError when the system refuses one."""
        self._loop = self._loop or asyncio.get_running_loop()
        functions = ffi.new("struct bv_srtp *", srtp.functions())
        engine = lib.bv_engine_new(self._range.pairs, self._silence_seconds, functions[0])
        if engine == ffi.NULL:
            raise MemoryError
        failed = lib.bv_engine_start(engine)
        if failed:
            lib.bv_engine_free(engine)
            raise OSError(-failed, os.strerror(-failed))
        self.engine, self.commands = engine, Commands(engine, self._loop.call_later)
        self._loop.add_reader(lib.bv_engine_news_fd(engine), self._on_news)

    def stop(self) -> None:
        """Close every stream, end every recording and the thread; waits for both (milliseconds)."""
        if self.engine is None:
            return
        for stream in list(self._streams.values()):
            stream.close()
        self.commands.send(self.commands.new(lib.BV_STOP_ENGINE, ffi.NULL))
        self.commands.wake()
        lib.bv_engine_join(self.engine)
        assert self._loop is not None
        self._loop.remove_reader(lib.bv_engine_news_fd(self.engine))
        self._settle()
        lib.bv_engine_free(self.engine)
        self.engine = None

    @property
    def scheduling(self) -> str:
        """How the thread runs: "SCHED_RR 1", "nice -10" or "normal"."""
        if self.engine is None:
            return "stopped"
        return bytes(ffi.string(lib.bv_engine_scheduling(self.engine))).decode("ascii")

    def totals(self) -> MediaTotals:
        """The counters now."""
        raw = ffi.new("struct bv_totals *")
        if self.engine is not None:
            lib.bv_engine_totals(self.engine, raw)
        return MediaTotals(
            packets_received=raw.packets_received,
            packets_sent=raw.packets_sent,
            rejected=raw.rejected,
            send_failures=raw.send_failures,
            events_lost=raw.events_lost,
            recorder_drops=raw.recorder_drops,
            streams=len(self._streams),
            free_port_pairs=self._range.free,
            latest_tick_ms=raw.latest_tick_us / 1000,
        )

    def open(
        self, host: str, on_event: Callable[[MediaEvent], None], carriage: Carriage = Carriage.RTP
    ) -> NativeStream:
        """A new stream on unpredictable ports of the range. Raises NoMediaPorts."""
        if self.engine is None:
            raise NoMediaPorts("the media core is not running")
        if not self._range.free:
            self._settle()
        pair = self._range.open(host, with_control=carriage is Carriage.RTP)
        stream = NativeStream(self, next(self._keys), host, pair, on_event)
        self._streams[stream.key] = stream
        self._own |= _places(stream)
        return stream

    def codecs_joinable(self, first: str, second: str) -> bool:
        """Equal codecs pass through; of others only the two G.711 laws become each other."""
        return first.upper() == second.upper() or (is_g711(first) and is_g711(second))

    # What streams ask (native_stream.Core).

    def forget(self, stream: NativeStream) -> None:
        self._streams.pop(stream.key, None)
        self._own -= _places(stream)

    def is_own(self, address: Address | None) -> bool:
        """Whether a stream of ours listens there: what it echoes or relays would come back, and
        one packet go round for ever."""
        return address is not None and _place(*address) in self._own

    def release(self, pair: SocketPair) -> None:
        pair.close()
        self._range.give_back(pair.port)

    def promise(self) -> "asyncio.Future[None]":
        assert self._loop is not None
        return self._loop.create_future()

    def finish(self, recording: Any, when_written: Callable[[], None]) -> None:
        lib.bv_recording_finish(recording)
        self._finishing.append((recording, when_written))

    # News of the thread.

    def _on_news(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(lib.bv_engine_news_fd(self.engine))
        self._settle()
        self._tell_events()

    def _settle(self) -> None:
        self.commands.settle()
        waiting, self._finishing = self._finishing, []
        for recording, when_written in waiting:
            if not lib.bv_recording_finished(recording):
                self._finishing.append((recording, when_written))
                continue
            lib.bv_recording_free(recording)
            when_written()

    def _tell_events(self) -> None:
        if self.engine is None:
            return
        raw = ffi.new("struct bv_event *")
        for _ in range(_EVENTS_AT_ONCE):
            if not lib.bv_take_event(self.engine, raw):
                return
            self._tell(raw)
        assert self._loop is not None
        self._loop.call_soon(self._tell_events)

    def _tell(self, raw: Any) -> None:
        stream = self._streams.get(raw.stream)
        event = None if stream is None else _event_of(raw, stream)
        if stream is None or event is None:
            return
        assert self._loop is not None
        self._loop.call_soon(_deliver, stream, event)


def _deliver(stream: NativeStream, event: MediaEvent) -> None:
    if not stream.closed:
        stream.on_event(event)


def _event_of(raw: Any, stream: NativeStream) -> MediaEvent | None:
    """The event in words of port.py; None for the end of a sound that was replaced meanwhile."""
    if raw.kind == lib.BV_DIGIT:
        return DtmfDigit(DIGITS[raw.digit], raw.duration_ms)
    if raw.kind == lib.BV_SILENT:
        return MediaSilent(raw.seconds)
    if raw.kind == lib.BV_RESUMED:
        return MediaResumed()
    return SoundEnded() if raw.sound == stream.sound_token else None


def _places(stream: NativeStream) -> set[Place]:
    return {_place(stream.host, stream.port), _place(stream.host, stream.rtcp_port)}


def _place(host: str, port: int) -> Place:
    return ip_address(host), port
