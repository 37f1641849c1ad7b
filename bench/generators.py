"""Run the C generators on the load's core and read what they measured."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import build
from bench import phones as phone_files
from bench.phones import Phone
from bench.processes import LOAD_CORE, pinned


@dataclass(frozen=True, slots=True)
class Registrations:
    """One run of `register`. Latencies are of answered attempts, first REGISTER to 200, in ms."""

    rate: float
    offered: int
    failed: int
    done_in_window: int
    p50_ms: float | None
    p99_ms: float | None
    detail: Mapping[str, Any] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Under 0.1 % failed, 97 % answered within the window."""
        return self.failed < 0.001 * self.offered and self.done_in_window >= 0.97 * self.offered


@dataclass(frozen=True, slots=True)
class Calls:
    """One run of `call`. Set-up is first INVITE to 200, in ms."""

    rate: float
    offered: int
    failed: int
    done_in_window: int
    setup_p50_ms: float | None
    setup_p99_ms: float | None
    detail: Mapping[str, Any] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Under 0.1 % failed, 93 % of the offered calls done within the window."""
        return self.failed < 0.001 * self.offered and self.done_in_window >= 0.93 * self.offered


@dataclass(frozen=True, slots=True)
class Media:
    """One run of `rtp`. Transit is from sending to the kernel's receipt, in ms; lost in packets.

    `server_cpu` is in percent of a core, from the first packet sent to the last.
    """

    calls: int
    sent: int
    lost: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_cpu: float
    detail: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """How fast and how long, seconds of warm-up before the window."""

    rate: float
    seconds: float
    warm_up: float = 0.5


def register(address: str, phones: Sequence[Phone], offer: Offer, *flags: str) -> Registrations:
    """Cycle through the phones at that rate."""
    with _file_of(phones) as path:
        command = ["--server", address, "--phones", str(path), *_paced(offer), *flags]
        found = _run("register", command)
    return _as_registrations(offer.rate, found)


def register_once(address: str, phones: Sequence[Phone], rate: float) -> Registrations:
    """Register each phone one time, for an hour."""
    return register(address, phones, Offer(rate, 0, 0), "--once")


@contextmanager
def registering(
    address: str, phones: Sequence[Phone], offer: Offer
) -> Iterator[list[Registrations]]:
    """Registrations go on beside the block; the list holds their run after it. Port 5067."""
    outcome: list[Registrations] = []
    with _file_of(phones) as path:
        command = ["--server", address, "--phones", str(path), *_paced(offer), "--port", "5067"]
        with _started("register", command) as process:
            yield outcome
            outcome.append(_as_registrations(offer.rate, _finish(process)))


def call(
    address: str, callers: Sequence[Phone], callees: Sequence[Phone], offer: Offer, *flags: str
) -> Calls:
    """Place calls at that rate, 200 ms each; the callees must be registered (at port 5066)."""
    with _file_of(callers) as first, _file_of(callees) as second:
        ends = ["--callers", str(first), "--callees", str(second)]
        found = _run("call", ["--server", address, *ends, *_paced(offer), *flags])
    return _as_calls(offer.rate, found)


@contextmanager
def calls_up(
    address: str,
    callers: Sequence[Phone],
    callees: Sequence[Phone],
    *,
    rate: float,
    port: int = 5066,
) -> Iterator[Path]:
    """One call per caller, held while the block lasts; gives the file of legs for `rtp`."""
    with _file_of(callers) as first, _file_of(callees) as second, _empty_file() as legs:
        command = ["--server", address, "--callers", str(first), "--callees", str(second)]
        command += ["--rate", str(rate), "--calls", str(len(callers)), "--stay"]
        command += ["--legs", str(legs), "--port", str(port)]
        with _started("call", command) as process:
            _check_calls(_next_object(process), "come up")
            yield legs
            assert process.stdin is not None
            process.stdin.close()
            _check_calls(_next_object(process), "end well")


def _check_calls(found: Mapping[str, Any], what: str) -> None:
    if found["failed"] or found.get("callees_left"):
        raise RuntimeError(f"calls did not {what}: {found}")


def send_media(
    legs: Path, seconds: float, cpu_seconds: Callable[[], float], warm_up: float = 1.0
) -> Media:
    """G.711 both ways through those legs; `cpu_seconds` is what the server has used so far."""
    durations = ["--seconds", str(seconds), "--warm-up", str(warm_up)]
    with _started("rtp", ["--legs", str(legs), *durations]) as process:
        percent = _cpu_while_sending(process, cpu_seconds)
        found = _finish(process)
    if found["misrouted"] or found["duplicates"]:
        raise RuntimeError(f"packets arrived twice or at the wrong leg: {found}")
    names = ("calls", "sent", "lost", "p50_ms", "p99_ms", "max_ms")
    return Media(**_chosen(found, *names), server_cpu=percent, detail=found)


def _cpu_while_sending(process: "subprocess.Popen[str]", cpu_seconds: Callable[[], float]) -> float:
    """Percent of a core between its two `sending` lines."""
    _next_object(process)
    used, begun = cpu_seconds(), time.monotonic()
    _next_object(process)
    return 100 * (cpu_seconds() - used) / (time.monotonic() - begun)


def _as_registrations(rate: float, found: Mapping[str, Any]) -> Registrations:
    chosen = _chosen(found, "offered", "failed", "done_in_window", "p50_ms", "p99_ms")
    return Registrations(rate, **chosen, detail=found)


def _as_calls(rate: float, found: Mapping[str, Any]) -> Calls:
    names = ("offered", "failed", "done_in_window", "setup_p50_ms", "setup_p99_ms")
    return Calls(rate, **_chosen(found, *names), detail=found)


def _chosen(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: found[name] for name in names}


def _paced(offer: Offer) -> list[str]:
    rate, seconds, warm_up = str(offer.rate), str(offer.seconds), str(offer.warm_up)
    return ["--rate", rate, "--seconds", seconds, "--warm-up", warm_up]


@contextmanager
def _started(name: str, arguments: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """The generator, gone after the block."""
    process = subprocess.Popen(
        [str(build.generator(name)), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(LOAD_CORE),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _run(name: str, arguments: Sequence[str]) -> dict[str, Any]:
    with _started(name, arguments) as process:
        return _finish(process)


def _finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The last object it prints, once it has ended."""
    assert process.stdout is not None
    said = process.stdout.read()
    if process.wait():
        raise RuntimeError(f"generator ended with {process.returncode}")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _next_object(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


@contextmanager
def _empty_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder) / "file"


@contextmanager
def _file_of(phones: Sequence[Phone]) -> Iterator[Path]:
    with _empty_file() as path:
        yield phone_files.write(phones, path)
