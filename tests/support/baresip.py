"""Debian's baresip as a phone that tests hold in their hand: real SIP, real RTP, real SRTP.

The driver talks to it by ctrl_tcp (netstrings of JSON) and reads its SIP trace, so a test sees
both what the phone says of its calls and every message on its wire. What the phone hears is
written to a WAV file per call; what it says comes from a WAV file.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.journal import PATIENCE, Journal
from tests.support.ports import free_port, uri_host
from tests.support.tones import Recording, Samples, tone, write_wav
from tests.support.wire import WireMessage

PROGRAM = "baresip"
MODULES = Path("/usr/lib/baresip/modules")
TRACED = re.compile(r"^(UDP|TCP|TLS) (\S+) -> (\S+)$")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PLAYING = re.compile(r"^wavout: (\S+) (\S+)$")
LOUDSPEAKER = Path(__file__).with_name("wavout.c")
AUDIO_OF_CODEC = {"PCMU": (8000, 1), "PCMA": (8000, 1), "G722": (16000, 1), "opus": (48000, 2)}
"""Sampling rate and channels that the source's file must have."""


@dataclass(frozen=True)
class Line:
    """What is typed into the phone. `registrar` is `host:port` of the box for this transport;
    without one the phone takes calls for `username` at its own address."""

    username: str
    password: str = ""
    registrar: str = ""
    transport: str = "udp"
    media: str = ""
    """'' plain, `srtp` where the other side has it, `srtp-mand` always."""
    codecs: tuple[str, ...] = ("PCMU",)
    expires: int = 120
    ca_file: Path | None = None
    certificate: Path | None = None
    answer: str = "manual"
    """manual, early or auto."""
    display_name: str = ""
    from_user: str = ""
    """A lie for the From, where it shall not be the user name."""
    outbound: bool = False
    """RFC 5626: +sip.instance and reg-id."""
    max_calls: int = 6


@dataclass(frozen=True)
class Event:
    """One event of ctrl_tcp."""

    type: str
    call_id: str
    param: str
    raw: dict[str, Any] = field(repr=False, default_factory=dict)


class Phone:
    """One running baresip with one line. Use `async with Phone(...) as phone`."""

    def __init__(
        self, folder: Path, line: Line, *, speaks: float | Samples = 440.0, host: str = "127.0.0.1"
    ) -> None:
        self.folder = folder
        self.line = line
        self.host = host
        self.port = free_port(host, run=2)
        self.control_port = free_port()
        self.name = line.username
        self.events: Journal[Event] = Journal(f"{self.name} (events)")
        self.wire: Journal[WireMessage] = Journal(f"{self.name} (wire)")
        self.recordings: dict[str, Recording] = {}
        self._speaks = speaks
        self._opening = ""
        self._call_of_stream: dict[str, str] = {}
        self._command_lock = asyncio.Lock()
        self._answers: Journal[dict[str, Any]] = Journal(f"{self.name} (control)")
        self._readers: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        self._log: list[str] = []

    async def __aenter__(self) -> "Phone":
        await asyncio.to_thread(self._write_folder)
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM,
            "-4" if ":" not in self.host else "-6",
            "-s",
            "-f",
            str(self.folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        self._readers.append(asyncio.create_task(self._read_output()))
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()
        reader, self._control = await asyncio.open_connection("127.0.0.1", self.control_port)
        self._readers.append(asyncio.create_task(self._read_control(reader)))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Quit as a user would (hang up, unregister); what takes longer than 2 s is killed."""
        with contextlib.suppress(ConnectionError):
            self._send({"command": "quit", "token": "quit"})
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            await self.power_cut()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self._control.close()

    async def power_cut(self) -> None:
        """kill -9: no BYE, no unregistration."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def address(self) -> str:
        return f"{uri_host(self.host)}:{self.port}"

    @property
    def registers(self) -> bool:
        return bool(self.line.registrar and self.line.expires)

    @property
    def log(self) -> str:
        return "\n".join(self._log)

    # -- registration

    async def registered(self, after: int = 0) -> WireMessage:
        """The 200 to a REGISTER."""
        return await self.wire.wait(
            lambda m: m.status == 200 and m.answers == "REGISTER", "200 to REGISTER", after=after
        )

    async def refused_registration(self) -> WireMessage:
        """The final refusal of a REGISTER that carried credentials."""
        sent = await self.wire.wait(
            lambda m: m.method == "REGISTER" and bool(m.get("authorization")), "credentials sent"
        )
        return await self.wire.wait(
            lambda m: m.status >= 400 and m.get("cseq") == sent.get("cseq"), "refusal of REGISTER"
        )

    # -- calls

    async def dial(self, target: str) -> "Call":
        """Dial as on the key pad; answers when the INVITE is on the wire."""
        mark = self.wire.position
        await self.command("dial", target)
        invite = await self.wire.wait(
            lambda m: m.method == "INVITE" and not m.to_tag, f"INVITE to {target}", after=mark
        )
        return Call(self, invite.call_id, mark, outgoing=True)

    async def rung(self, after: int = 0, seconds: float = PATIENCE) -> "Call":
        """The next call that rings at this phone since the mark (of `wire.position`). An INVITE
        that the phone refuses by itself (488 to an offer that it cannot have) is passed over."""
        ringing = await self.wire.wait(
            lambda m: m.sent and m.answers == "INVITE" and m.status in (180, 183, 200),
            "ringing",
            after=after,
            seconds=seconds,
        )
        mark = next(i for i, m in enumerate(self.wire) if m.call_id == ringing.call_id)
        return Call(self, ringing.call_id, mark, outgoing=False)

    def never_rang(self) -> bool:
        return not any(
            m.method == "INVITE" and not m.to_tag and self._is_incoming(m) for m in self.wire
        )

    async def speak(self, frequency: float) -> None:
        """From now on say another tone, in every call."""
        path = await asyncio.to_thread(self._write_source, frequency)
        await self.command("ausrc", f"aufile,{path}")

    async def command(self, name: str, parameters: str = "") -> str:
        """One command of baresip; its answer in words. AssertionError where it refuses."""
        async with self._command_lock:
            token = f"t{self._answers.position}"
            message = {"command": name, "token": token}
            self._send(message | ({"params": parameters} if parameters else {}))
            answer = await self._answers.wait(lambda a: a.get("token") == token, f"answer: {name}")
        assert answer["ok"], f"{self.name}: {name} {parameters}: {answer.get('data')}"
        return str(answer.get("data", ""))

    async def command_in(self, call_id: str, name: str, parameters: str = "") -> str:
        """A command to one of several calls: it is made the current one first."""
        await self.command("callfind", call_id)
        return await self.command(name, parameters)

    # -- inside

    def _is_incoming(self, message: WireMessage) -> bool:
        return not message.sent

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        self._control.write(b"%d:%s," % (len(data), data))

    async def _read_control(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int((await reader.readuntil(b":"))[:-1])
                message = json.loads((await reader.readexactly(size + 1))[:-1])
                self._control_said(message)

    def _control_said(self, message: dict[str, Any]) -> None:
        if message.get("response"):
            self._answers.append(message)
            return
        self.events.append(
            Event(message["type"], message.get("id", ""), message.get("param", ""), message)
        )

    async def _read_output(self) -> None:
        """Split the log into traced messages and remarks."""
        assert self._process.stdout is not None
        traced: list[str] | None = None
        route = ("", "")
        async for raw in self._process.stdout:
            text = raw.decode(errors="replace").rstrip("\r\n")
            line = COLOURS.sub("", text)
            self._log.append(line)
            if traced is None:
                found = TRACED.match(line)
                if found:
                    traced, route = [], (found.group(2), found.group(3))
                else:
                    self._remarked(line)
            elif text.startswith("\x1b[;m"):
                self._traced("\n".join(traced), *route)
                traced = None
                self._remarked(line)
            elif "\x1b[;m" in text:
                self._traced("\n".join([*traced, line]), *route)
                traced = None
            else:
                traced.append(line)

    def _traced(self, text: str, source: str, target: str) -> None:
        own = [f"{uri_host(self.host)}:{port}" for port in (self.port, self.port + 1)]
        sent = source in own or target == self.line.registrar
        message = WireMessage.parse(text, sent=sent, source=source, target=target)
        if not sent and message.answers == "INVITE" and message.status in (183, 200):
            self._opening = message.call_id
        if not sent and message.method == "INVITE" and self.line.answer != "manual":
            self._opening = message.call_id
        self.wire.append(message)

    def _remarked(self, line: str) -> None:
        if line.startswith("baresip is ready"):
            self._ready.set()
        if found := PLAYING.match(line):
            self._heard_in(found.group(1), Path(found.group(2)))

    def _heard_in(self, stream: str, path: Path) -> None:
        """A loudspeaker starts: for the call that is being set up, or again after a hold."""
        call_id = self._call_of_stream.get(stream, "")
        if not call_id or self._is_closed(call_id):
            call_id = self._call_of_stream[stream] = self._opening
        self.recordings.setdefault(call_id, Recording()).paths.append(path)

    def _is_closed(self, call_id: str) -> bool:
        return any(m.call_id == call_id and m.method == "BYE" for m in self.wire)

    def _write_folder(self) -> None:
        (self.folder / "heard").mkdir(parents=True)
        source = self._write_source(self._speaks)
        (self.folder / "config").write_text(self._config(source))
        (self.folder / "accounts").write_text(account_of(self.line, self.address))
        (self.folder / "contacts").touch()

    def _write_source(self, speaks: float | Samples) -> Path:
        rate, channels = AUDIO_OF_CODEC[self.line.codecs[0]]
        name = f"{speaks:g}" if isinstance(speaks, (int, float)) else "speech"
        path = self.folder / f"{name}.wav"
        samples = tone(speaks, 90, rate) if isinstance(speaks, (int, float)) else speaks
        return write_wav(path, samples, rate, channels)

    def _config(self, source: Path) -> str:
        settings = [
            ("sip_listen", self.address),
            ("call_local_timeout", "120"),
            ("call_max_calls", str(self.line.max_calls)),
            ("audio_player", f"wavout,{self.folder / 'heard'}"),
            ("audio_alert", "aubridge,alert"),
            ("audio_source", f"aufile,{source}"),
            ("rtp_ports", "10000-19999"),
            ("jitter_buffer_delay", "1-5"),
            ("net_interface", self.host),
            ("module_path", str(MODULES)),
            *[("module", f"{name}.so") for name in CALL_MODULES],
            ("module", os.path.relpath(loudspeaker(), MODULES)),
            *[("module_app", f"{name}.so") for name in ("account", "menu", "ctrl_tcp")],
            ("ctrl_tcp_listen", f"127.0.0.1:{self.control_port}"),
            ("snd_path", str(self.folder / "heard")),
            ("statmode_default", "off"),
            ("ringback_disabled", "yes"),
            ("menu_bell", "no"),
        ]
        if self.line.outbound:
            settings.append(("module_tmp", "uuid.so"))
        if self.line.ca_file:
            settings.append(("sip_cafile", str(self.line.ca_file)))
        if self.line.certificate:
            settings.append(("sip_certificate", str(self.line.certificate)))
        return "".join(f"{name}\t{value}\n" for name, value in settings)


CALL_MODULES = ("g711", "g722", "opus", "aubridge", "aufile", "srtp")


def loudspeaker() -> Path:
    """The module that writes WAV files, compiled once for each version of its source."""
    source = LOUDSPEAKER.read_bytes()
    built = Path(tempfile.gettempdir()) / f"wavout-{hashlib.sha256(source).hexdigest()[:16]}.so"
    if not built.exists():
        fresh = built.with_suffix(f".{os.getpid()}")
        command: list[str | Path] = [
            "cc",
            "-O2",
            "-shared",
            "-fPIC",
            "-pthread",
            "-o",
            fresh,
            LOUDSPEAKER,
        ]
        subprocess.run(command, check=True)
        fresh.rename(built)
    return built


def account_of(line: Line, own_address: str) -> str:
    """The line of baresip's accounts file."""
    domain = line.registrar or own_address
    transport = "" if line.transport == "udp" else f";transport={line.transport}"
    user = line.from_user or line.username
    rates = {"G722": "G722/16000/1", "opus": "opus/48000/2"}
    parameters = [
        f"auth_user={line.username}",
        f"auth_pass={line.password or 'none'}",
        f"regint={line.expires if line.registrar else 0}",
        f"answermode={line.answer}",
        "audio_codecs=" + ",".join(rates.get(codec, f"{codec}/8000/1") for codec in line.codecs),
        "mwi=no",
    ]
    if line.media:
        parameters.append(f"mediaenc={line.media}")
    if line.outbound:
        parameters.append("sipnat=outbound")
    display = f'"{line.display_name}" ' if line.display_name else ""
    return f"{display}<sip:{user}@{domain}{transport}>;" + ";".join(parameters) + "\n"


@dataclass
class Call:
    """One call of one phone."""

    phone: Phone
    call_id: str
    mark: int
    outgoing: bool

    # -- what happens to it

    async def accept(self) -> "Call":
        self.phone._opening = self.call_id
        await self.phone.command_in(self.call_id, "accept")
        return await self.established()

    async def established(self) -> "Call":
        await self._event("CALL_ESTABLISHED")
        return self

    async def ringing(self) -> WireMessage:
        """The 180 that the caller sees."""
        return await self.saw(lambda m: m.status == 180, "180")

    async def closed(self, seconds: float = PATIENCE) -> str:
        """How it ended, in baresip's words: `486 Busy Here`, `Connection reset by peer`."""
        return (await self._event("CALL_CLOSED", seconds=seconds)).param

    async def failed(self, seconds: float = PATIENCE) -> int:
        """The final status that refused our INVITE."""
        response = await self.saw(
            lambda m: m.answers == "INVITE" and m.status >= 400 and m.status not in (401, 407),
            "refusal of INVITE",
            seconds=seconds,
        )
        return response.status

    async def hold(self) -> WireMessage:
        """Put the other side on hold; the 200 of the re-INVITE."""
        return await self._renegotiate("hold")

    async def resume(self) -> WireMessage:
        return await self._renegotiate("resume")

    async def reinvite(self) -> WireMessage:
        return await self._renegotiate("reinvite")

    async def transfer(self, target: str) -> None:
        """Blind transfer (REFER)."""
        await self.phone.command_in(self.call_id, "transfer", target)

    async def transfer_to(self, other: "Call", number: str) -> None:
        """Attended transfer: REFER whose Refer-To names our dialog of the other call."""
        confirmed = other.dialog()
        replaces = quote(
            f"{confirmed.call_id};to-tag={confirmed.to_tag};from-tag={confirmed.from_tag}", safe=""
        )
        domain = self.phone.line.registrar
        await self.transfer(f"<sip:{number}@{domain}?Replaces={replaces}>")

    async def press(self, digits: str) -> None:
        """Keys, as RFC 4733 events."""
        for digit in digits:
            await self.phone.command_in(self.call_id, "sndcode", digit)

    async def hang_up(self) -> None:
        """Hang up, cancel or decline, as the state of the call has it."""
        await self.phone.command_in(self.call_id, "hangup")

    # -- what it hears

    @property
    def recording(self) -> Recording:
        """All that the phone played in this call so far."""
        return self.phone.recordings.setdefault(self.call_id, Recording())

    async def hears(self, frequency: float, seconds: float = 0.4, after: int = 0) -> None:
        await self.recording.hears(frequency, seconds, after)

    async def digit(self, digit: str, after: int = 0) -> Event:
        """The far end's key arrives."""
        return await self._event("CALL_DTMF_START", param=digit, after=after)

    # -- what is on its wire

    def messages(self) -> list[WireMessage]:
        return [m for m in self.phone.wire if m.call_id == self.call_id]

    async def saw(
        self, wanted: Any, what: str, *, after: int | None = None, seconds: float = PATIENCE
    ) -> WireMessage:
        return await self.phone.wire.wait(
            lambda m: m.call_id == self.call_id and wanted(m),
            what,
            after=self.mark if after is None else after,
            seconds=seconds,
        )

    def dialog(self) -> WireMessage:
        """A message that carries the confirmed dialog's tags, our own as `from_tag`."""
        found = [m for m in self.messages() if m.answers == "INVITE" and m.status == 200]
        assert found, f"{self.call_id} has no dialog"
        if self.outgoing:
            return found[0]
        swapped = {"from": "to", "to": "from"}
        headers = tuple((swapped.get(name, name), value) for name, value in found[0].headers)
        return WireMessage(found[0].start, headers, found[0].body)

    async def _renegotiate(self, command: str) -> WireMessage:
        mark = self.phone.wire.position
        await self.phone.command_in(self.call_id, command)
        return await self.saw(
            lambda m: m.answers == "INVITE" and m.status == 200, f"200 to {command}", after=mark
        )

    async def _event(
        self, kind: str, *, param: str = "", after: int = 0, seconds: float = PATIENCE
    ) -> Event:
        return await self.phone.events.wait(
            lambda e: e.type == kind and e.call_id == self.call_id and param in ("", e.param),
            f"{kind} {param} of {self.call_id}",
            after=after,
            seconds=seconds,
        )


@contextlib.asynccontextmanager
async def phones(
    folder: Path, *lines: Line, speak: tuple[float, ...], host: str = "127.0.0.1"
) -> AsyncIterator[list[Phone]]:
    """Several phones at once, started side by side, registered where they have a registrar."""
    async with contextlib.AsyncExitStack() as stack:
        made = [
            Phone(folder / f"{number}-{line.username}", line, speaks=frequency, host=host)
            for number, (line, frequency) in enumerate(zip(lines, speak, strict=True))
        ]
        await asyncio.gather(*(stack.enter_async_context(phone) for phone in made))
        await asyncio.gather(*(phone.registered() for phone in made if phone.registers))
        yield made
