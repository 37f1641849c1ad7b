"""Processes under measurement: pinned to a core, ended by process id, CPU time and memory read."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

SERVER_CORE = 0
LOAD_CORE = 1

_PR_SET_PDEATHSIG = 1
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LIBC = ctypes.CDLL(None)


class Ended(Exception):
    """A process ended before its time; the message holds what it said last."""


def pinned(core: int) -> Callable[[], None]:
    """What a child does before its program: stay on the core, end when the bench ends."""

    def prepare() -> None:
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return prepare


class Server:
    """A running server and its descendants."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def output(self) -> IO[str]:
        """Its standard output, when it was started with `piped`."""
        assert self._process.stdout is not None
        return self._process.stdout

    def check(self) -> None:
        """Raise `Ended` if the process is gone."""
        if self._process.poll() is not None:
            raise Ended(f"ended with {self._process.returncode}: {self._log.read_text()[-2000:]}")

    def cpu_seconds(self) -> float:
        """User and system time of all its processes since they started."""
        return sum(_cpu_ticks(pid) for pid in _tree(self._process.pid)) / _TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        """Anonymous and shared pages of all its processes, each page once, and the largest's files.

        Of a single process that is its RSS.
        """
        tree = _tree(self._process.pid)
        shares = [_kilobytes(Path(f"/proc/{pid}/smaps_rollup")) for pid in tree]
        own = sum(share.get("Pss_Anon", 0) + share.get("Pss_Shmem", 0) for share in shares)
        files = (_kilobytes(Path(f"/proc/{pid}/status")).get("RssFile", 0) for pid in tree)
        return 1024 * (own + max(files, default=0))

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to what is left of it after 15 s."""
        tree = _tree(self._process.pid)
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            for pid in tree:
                _kill(pid)
            self._process.wait()


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    *,
    piped: bool = False,
    directory: Path | None = None,
) -> Iterator[Server]:
    """The server while the block lasts, on its own core; what it says goes to the log."""
    with log.open("w") as said:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE if piped else said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=directory,
            preexec_fn=pinned(SERVER_CORE),
        )
    server = Server(process, log)
    try:
        yield server
    finally:
        server.stop()
        if process.stdout is not None:
            process.stdout.close()


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting.extend(int(child) for child in _read(children).split())
    return found


def _cpu_ticks(pid: int) -> int:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if fields else 0


def _kilobytes(path: Path) -> dict[str, int]:
    """The kB lines of such a file under /proc."""
    lines = (line.split() for line in _read(path).splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1:] == ["kB"]}


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
