"""A real box in a process of its own, on a fresh data folder and free ports of the loopback."""

import itertools
import json
import selectors
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.baresip import Line
from tests.support.journal import eventually
from tests.support.ports import free_port, rtp_range, uri_host

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 15.0
STOP_SECONDS = 20.0

Record = dict[str, Any]


@dataclass(frozen=True)
class Credentials:
    """One device of the demo's cast."""

    tenant: str
    name: str
    extension: str
    username: str
    password: str


class Box:
    """Made by `Box.demo`; `start` it, then `stop` or `kill` and `start` it again as needed."""

    def __init__(self, folder: Path, secrets: dict[str, Any], host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.host = host
        self.secrets = secrets
        self.ready: dict[str, Any] = {}
        self.more_options: list[str] = []
        self.log_path = folder.with_name(folder.name + ".log")
        self._rtp_ports = rtp_range()
        self._ports = {name: free_port(host) for name in ("https", "http", "sip", "sips", "rtc")}
        self._ports |= {name: free_port(host) for name in ("turn", "turns")}
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def demo(
        cls, folder: Path, *, bulk: int = 0, md5_only: bool = True, host: str = "127.0.0.1"
    ) -> "Box":
        """A folder with the demo cast, not yet served. Debian's baresip and sipp know no SHA-256
        and give up at its challenge, so their devices are set to MD5 only."""
        options = ["--bulk-extensions", str(bulk)] if bulk else []
        for number in itertools.count():
            data = folder / f"data{number}"
            done = appliance("demo", "--data", str(data), *options)
            box = cls(data, json.loads(done.stdout), host)
            if all(map(sipp_reads, box.cast())):
                break
        if md5_only:
            box.set_md5_only()
        return box

    def set_md5_only(self) -> None:
        """What an operator sets on a device's page, until there is one: while the box is down."""
        with sqlite3.connect(self.folder / "box.db") as database:
            database.execute("UPDATE devices SET md5_only = 1")
        database.close()

    def change(self, statement: str, *values: object) -> None:
        """Configuration that no command line changes yet, while the box is down."""
        with sqlite3.connect(self.folder / "box.db") as database:
            assert database.execute(statement, values).rowcount > 0, f"nothing changed: {statement}"
        database.close()

    # -- its life

    def start(self) -> "Box":
        """Serve, and wait for the ready line. AssertionError with the log where none comes."""
        options = [f"--{name}-port={port}" for name, port in self._ports.items()]
        command = [sys.executable, "-m", "appliance", "serve", "--data", str(self.folder)]
        command += ["--bind", self.host, f"--rtp-ports={self._rtp_ports}", "--no-lan", *options]
        with self.log_path.open("a") as log:
            self._process = subprocess.Popen(
                command + self.more_options,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.ready = json.loads(self._ready_line())
        assert self.ready["ready"] is True
        assert self._process.stdout is not None
        threading.Thread(target=self._process.stdout.read, daemon=True).start()
        return self

    def stop(self) -> None:
        """SIGTERM; the box must end by itself with exit code 0."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(
                f"no end {STOP_SECONDS} s after SIGTERM\n{self.log_end()}"
            ) from None
        finally:
            self._process = None
        assert code == 0, f"exit code {code} after SIGTERM\n{self.log_end()}"

    def kill(self) -> None:
        """A power cut: kill -9."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def close(self) -> None:
        """Whatever state it is in, it runs no longer."""
        if self._process is not None and self._process.poll() is None:
            self.stop()

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def assert_unharmed(self) -> None:
        """It runs, and its log shows no exception."""
        assert self.is_up, f"the box has ended\n{self.log_end()}"
        log = self.log_path.read_text()
        assert "Traceback" not in log, f"an exception in the box's log\n{log[-6000:]}"

    def log_end(self) -> str:
        return self.log_path.read_text()[-4000:]

    # -- where it is

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def sip_port(self) -> int:
        return int(self.ready["sip"])

    @property
    def sip_address(self) -> tuple[str, int]:
        return self.host, self.sip_port

    @property
    def rtp_range(self) -> tuple[int, int]:
        first, last = self._rtp_ports.split("-")
        return int(first), int(last)

    @property
    def ca_file(self) -> Path:
        return self.folder / "tls" / "ca.pem"

    def address(self, transport: str = "udp") -> str:
        """host:port for a phone's registrar."""
        port = self.ready["sips" if transport == "tls" else "sip"]
        return f"{uri_host(self.host)}:{port}"

    # -- who may use it

    def credentials(self, name: str, tenant: str = "acme") -> Credentials:
        """A device of the cast by its local name, such as `1001-desk`."""
        found = self.secrets["tenants"][tenant]["devices"][name]
        return Credentials(tenant, name, found["extension"], found["username"], found["password"])

    def cast(self) -> list[Credentials]:
        """The devices of both tenants, but for the bulk."""
        tenants = self.secrets["tenants"]
        names = [(name, tenant) for tenant in tenants for name in tenants[tenant]["devices"]]
        cast = [self.credentials(*each) for each in names]
        return [each for each in cast if len(each.extension) < 5]

    def line(self, name: str, tenant: str = "acme", **more: Any) -> Line:
        """A phone's line for a device of the cast."""
        who = self.credentials(name, tenant)
        transport = more.get("transport", "udp")
        if transport == "tls":
            more.setdefault("ca_file", self.ca_file)
        return Line(who.username, who.password, self.address(transport), **more)

    # -- what it says of itself

    def calls(self, limit: int = 50) -> list[Record]:
        """The latest call records, newest first."""
        return self._listed("calls", "--limit", str(limit))

    def registrations(self) -> list[Record]:
        return self._listed("registrations")

    async def record(self, number_of_calls: int = 1, **wanted: object) -> Record:
        """The newest finished record whose fields are as wanted, once there are that many."""

        def find() -> list[Record]:
            found = [r for r in self.calls() if r["ended_at"] and matches(r, wanted)]
            return found if len(found) >= number_of_calls else []

        return (await eventually(find, f"record {wanted} among {self.calls()[:3]}", every=0.2))[0]

    def metrics(self) -> dict[str, float]:
        """Prometheus text without labels' meaning: `name{labels}` to value."""
        url = f"http://{uri_host(self.host)}:{self.ready['http']}/metrics"
        with urllib.request.urlopen(url, timeout=5) as response:
            lines = response.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def memory_kib(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1])

    def sockets(self) -> int:
        """Open sockets of every kind."""
        return sum(map(is_socket, Path(f"/proc/{self.pid}/fd").iterdir()))

    def threads(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.pid}/task").iterdir())

    # -- inside

    def _listed(self, command: str, *options: str) -> list[Record]:
        done = appliance(command, "--data", str(self.folder), "--json", *options)
        listed = json.loads(done.stdout)
        return list(listed[command] if isinstance(listed, dict) else listed)

    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None, "the box does not run"
        return self._process

    def _ready_line(self) -> str:
        process = self._running()
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(READY_SECONDS) else ""
        if not line:
            process.kill()
            process.wait()
            raise AssertionError(f"the box did not become ready\n{self.log_end()}")
        return line


def appliance(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, expected to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "appliance", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stderr}"
    return done


def sipp_reads(who: Credentials) -> bool:
    """sipp takes a password that begins with 0x for hexadecimal."""
    return not who.password.startswith("0x")


def is_socket(descriptor: Path) -> bool:
    """Whether it is a socket; one that was closed meanwhile is none."""
    try:
        return str(descriptor.readlink()).startswith("socket:")
    except FileNotFoundError:
        return False


def matches(record: Record, wanted: dict[str, object]) -> bool:
    return all(record.get(name) == value for name, value in wanted.items())
