"""Our box, by its command line: `demo` fills a data folder, `serve` runs it."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import generators
from bench.phones import Phone, address_of
from bench.processes import Server, running

_CHECKOUT = Path(__file__).parent.parent.parent
_HOST, _PORT, _HTTPS_PORT = "127.0.0.1", 5060, 8443
_PROGRAM = (sys.executable, "-m", "appliance")
_PORTS = (
    *(f"--https-port={_HTTPS_PORT}", "--http-port=8080", f"--sip-port={_PORT}"),
    "--rtp-ports=20000-29999",
)
_BULK_FROM = 20_000
_SETUP_RATE = 40.0


@dataclass(frozen=True)
class Box:
    """`ready_seconds` is from the start of the process to its ready line; `credentials` is what
    `demo` printed."""

    server: Server
    phones: Sequence[Phone]
    ready_seconds: float
    credentials: Mapping[str, Any] = field(repr=False)
    name: str = "ByondVoice"
    https: str = f"https://{_HOST}:{_HTTPS_PORT}"
    address: str = f"{_HOST}:{_PORT}"

    @contextmanager
    def anchor(self, calls: int) -> Iterator[Path]:
        """The first phones call the next ones, one call each."""
        callers, callees = self.phones[:calls], self.phones[calls : 2 * calls]
        generators.register_once(self.address, callees, rate=500)
        with generators.calls_up(self.address, callers, callees, rate=_SETUP_RATE) as legs:
            yield legs


def is_installed() -> bool:
    return (_CHECKOUT / "appliance" / "main.py").exists()


@contextmanager
def start(phones: int) -> Iterator[Box]:
    """A demo box with that many bulk extensions, in a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-box-") as folder:
        data = Path(folder) / "box"
        listed, credentials = _demo(phones, data)
        command = [*_PROGRAM, "serve", "--data", str(data), "--bind", _HOST, "--no-lan", *_PORTS]
        begun = time.monotonic()
        log = Path(folder) / "log"
        with running(command, log, piped=True, directory=_CHECKOUT) as server:
            _await_ready(server)
            yield Box(server, listed, time.monotonic() - begun, credentials)


def _await_ready(server: Server) -> None:
    line = server.output.readline()
    if not line:
        server.check()
        raise RuntimeError("the box closed its output")
    if not json.loads(line)["ready"]:
        raise RuntimeError(f"not ready: {line}")


def _demo(phones: int, data: Path) -> tuple[list[Phone], dict[str, Any]]:
    """Fill the folder, or copy it from the last time; filling 10,000 extensions takes its while."""
    kept = _kept_demo(phones)
    shutil.copytree(kept / "box", data)
    found: dict[str, Any] = json.loads((kept / "credentials.json").read_text())
    devices = [d for d in found["tenants"]["acme"]["devices"].values() if _is_bulk(d)]
    devices.sort(key=lambda device: int(device["extension"]))
    listed = [
        Phone(device["username"], device["password"], device["extension"], address_of(n))
        for n, device in enumerate(devices[:phones])
    ]
    return listed, found


def _is_bulk(device: dict[str, str]) -> bool:
    return device["extension"].isdecimal() and int(device["extension"]) >= _BULK_FROM


_kept: dict[int, tempfile.TemporaryDirectory[str]] = {}


def _kept_demo(phones: int) -> Path:
    """The demo of this run of the bench with so many phones."""
    if phones not in _kept:
        folder = tempfile.TemporaryDirectory(prefix="bench-demo-")
        command = [*_PROGRAM, "demo", "--data", f"{folder.name}/box"]
        command += ["--bulk-extensions", str(phones)]
        made = subprocess.run(command, cwd=_CHECKOUT, check=True, capture_output=True, text=True)
        (Path(folder.name) / "credentials.json").write_text(made.stdout)
        _kept[phones] = folder
    return Path(_kept[phones].name)
