"""sipp as a peer: scenarios of tests/interop/scenarios, one process and one port for each phone."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.box import Box, Credentials
from tests.support.journal import eventually
from tests.support.ports import free_port
from tests.support.wire import WireMessage

PROGRAM = "sipp"
SCENARIOS = Path(__file__).resolve().parents[1] / "interop" / "scenarios"
TRACED = re.compile(r"^-{20,}.*\n(UDP|TCP|TLS) message (sent|received)[^\n]*\n\n?", re.MULTILINE)
ALL_SUCCEEDED = 0


@dataclass
class Sipp:
    """One run. `fields` are the injection file's lines; `keys` fill `[name]` in the scenario."""

    scenario: str
    target: str
    folder: Path
    fields: Sequence[Sequence[str]] = ()
    calls: int = 1
    rate: float = 10.0
    at_once: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    transport: str = "u1"
    """u1 one UDP socket, t1 one TCP connection, l1 one TLS connection."""
    seconds: float = 20.0
    keys: dict[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    trace: bool = True

    def __post_init__(self) -> None:
        self.port = self.port or free_port(self.host)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stem = self.folder / f"{self.scenario}-{self.port}"
        number = 0
        while self.errors_path.exists() or self.messages_path.exists():
            number += 1
            self._stem = self.folder / f"{self.scenario}-{self.port}-{number}"

    @property
    def errors_path(self) -> Path:
        return self._stem.with_suffix(".errors")

    @property
    def messages_path(self) -> Path:
        return self._stem.with_suffix(".messages")

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    async def run(self) -> "Sipp":
        """Run to the end; every call must have gone as the scenario says."""
        await self.start()
        return await self.finished()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._output = asyncio.create_task(self._process.communicate())

    async def listening(self) -> "Sipp":
        """Wait until its UDP port is bound."""
        wanted = f":{self.port:04X} "
        await eventually(
            lambda: (
                self._process.returncode is not None
                or any(wanted in line for line in Path("/proc/net/udp").read_text().splitlines())
            ),
            f"sipp listens on {self.port}",
            every=0.01,
        )
        return self

    async def finished(self, expected: int = ALL_SUCCEEDED) -> "Sipp":
        """Wait for its end and check its exit code (0: all calls were successful)."""
        try:
            async with asyncio.timeout(self.seconds + 5):
                output, _ = await asyncio.shield(self._output)
        except TimeoutError:
            await self.stop()
            raise AssertionError(f"{self.scenario}: sipp does not end\n{self.story()}") from None
        code = self._process.returncode
        assert code == expected, (
            f"{self.scenario}: sipp exit {code}\n{self.errors()}\n{self.story()}\n"
            f"{output.decode(errors='replace')[-600:] if not self.trace else ''}"
        )
        return self

    async def stop(self) -> None:
        """End it by force, where a test has seen enough."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._output

    def errors(self) -> str:
        return self.errors_path.read_text()[-3000:] if self.errors_path.exists() else ""

    def messages(self) -> list[WireMessage]:
        """All that it sent and received, in order."""
        if not self.messages_path.exists():
            return []
        text = self.messages_path.read_bytes().decode(errors="replace")
        parts = TRACED.split(text)[1:]
        triples = zip(parts[1::3], parts[2::3], strict=True)
        return [WireMessage.parse(body.lstrip("\n"), sent=way == "sent") for way, body in triples]

    def received(self) -> list[WireMessage]:
        return [message for message in self.messages() if not message.sent]

    def story(self) -> str:
        """The dialogue in one line per message."""
        return "\n".join(str(message) for message in self.messages()[-30:])

    def _command(self) -> list[str]:
        command = [PROGRAM, self.target, "-sf", str(SCENARIOS / f"{self.scenario}.xml")]
        command += ["-i", self.host, "-p", str(self.port), "-t", self.transport, "-nostdin"]
        command += ["-m", str(self.calls), "-r", str(self.rate), "-aa"]
        command += ["-timeout", f"{self.seconds:g}s", "-timeout_error"]
        command += ["-trace_err", "-error_file", str(self.errors_path)]
        if self.trace:
            command += ["-trace_msg", "-message_file", str(self.messages_path)]
        if self.at_once:
            command += ["-l", str(self.at_once)]
        if self.fields:
            injection = self._stem.with_suffix(".csv")
            lines = "".join(";".join(fields) + "\n" for fields in self.fields)
            injection.write_text("SEQUENTIAL\n" + lines)
            command += ["-inf", str(injection)]
        for name, value in self.keys.items():
            command += ["-key", name, value]
        return [*command, *self.options]


@contextlib.asynccontextmanager
async def listening(*runs: Sipp) -> AsyncIterator[None]:
    """Callees that wait for their calls; at the end each must have succeeded."""
    for run in runs:
        await run.start()
    try:
        for run in runs:
            await run.listening()
        yield
        for run in runs:
            await run.finished()
    finally:
        for run in runs:
            await run.stop()


class Peers:
    """Makes sipp runs against one box, in one folder; the next loopback address for each phone."""

    def __init__(self, box: Box, folder: Path) -> None:
        self.box = box
        self.folder = folder

    def caller(self, scenario: str, who: Credentials, dialled: str, **more: object) -> Sipp:
        """A device that dials: fields are username, credentials, dialled number."""
        fields = ((who.username, credentials(who), dialled),)
        return self._sipp(scenario, fields, more)

    async def callee(self, scenario: str, who: Credentials, **more: object) -> Sipp:
        """A device that is registered over UDP and will answer at the port that it registered
        from. Enter `listening(callee)` before it is called."""
        registration = await self.register(who)
        more = {"host": registration.host, "port": registration.port, **more}
        return self.device(scenario, who, **more)

    async def register(self, who: Credentials, **more: object) -> Sipp:
        """REGISTER from a port that a callee may take over."""
        return await self.device("register", who, **more).run()

    async def unregister(self, run: Sipp, who: Credentials) -> None:
        """Remove all bindings of a callee that has finished."""
        await self.device("unregister", who, host=run.host, port=run.port).run()

    def device(self, scenario: str, who: Credentials, **more: object) -> Sipp:
        """Whatever else a device does: fields are username and credentials."""
        return self._sipp(scenario, ((who.username, credentials(who)),), more)

    def _sipp(
        self, scenario: str, fields: Sequence[Sequence[str]], more: dict[str, object]
    ) -> Sipp:
        target = self.box.address("tls" if more.get("transport") == "l1" else "udp")
        keys = {"expires": "120"} | dict(more.pop("keys", {}))  # type: ignore[call-overload]
        return Sipp(scenario, target, self.folder, fields, keys=keys, **more)  # type: ignore[arg-type]


def credentials(who: Credentials) -> str:
    """The field that sipp turns into the Authorization for the last challenge."""
    return f"[authentication username={who.username} password={who.password}]"
