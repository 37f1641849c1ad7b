"""rtpengine in user space with one thread, commanded by its ng protocol (cookie, bencoded map)."""

import itertools
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.phones import address_of
from bench.processes import Server, running

_HOST, _PORT = "127.0.0.1", 22222
_RTP_PORT = 4000


@dataclass(frozen=True)
class Rtpengine:
    server: Server
    control: "Control"
    name: str = "rtpengine"

    @contextmanager
    def anchor(self, calls: int) -> Iterator[Path]:
        """An offer and an answer a call, as a proxy would send them."""
        with tempfile.TemporaryDirectory(prefix="bench-rtpengine-") as folder:
            legs = Path(folder) / "legs"
            legs.write_text("".join(self._open(n) for n in range(calls)))
            try:
                yield legs
            finally:
                for n in range(calls):
                    self.control.ask({"command": "delete", "call-id": f"c{n}", "from-tag": "a"})

    def _open(self, n: int) -> str:
        """The two lines of call n."""
        caller, callee = address_of(2 * n), address_of(2 * n + 1)
        call = {"call-id": f"c{n}", "from-tag": "a"}
        offer = self.control.ask({"command": "offer", **call, "sdp": _sdp(caller)})
        answer = self.control.ask({"command": "answer", **call, "to-tag": "b", "sdp": _sdp(callee)})
        to_caller = f"{caller} {_HOST} {_media_port(answer)}\n"
        return to_caller + f"{callee} {_HOST} {_media_port(offer)}\n"


class Control:
    """One question at a time over the ng port."""

    def __init__(self, asker: socket.socket) -> None:
        self._asker = asker
        self._cookies = itertools.count()

    def ask(self, command: Mapping[str, str], seconds: float = 5.0) -> str:
        """The raw answer; raises TimeoutError, or RuntimeError if it is not ok or pong."""
        cookie = f"q{next(self._cookies)} "
        self._asker.settimeout(seconds)
        self._asker.send(cookie.encode() + _bencoded(command))
        answer = self._asker.recv(65_536).decode()
        if not answer.startswith(cookie) or not ("2:ok" in answer or "4:pong" in answer):
            raise RuntimeError(f"rtpengine: {answer}")
        return answer


def is_installed() -> bool:
    return shutil.which("rtpengine") is not None


@contextmanager
def start() -> Iterator[Rtpengine]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-rtpengine-") as folder,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker,
    ):
        command = ["rtpengine", "--config-file=none", "--foreground", "--log-stderr", "-L", "2"]
        command += ["--table=-1", "--num-threads=1", f"--interface={_HOST}"]
        command += [f"--listen-ng={_HOST}:{_PORT}", "--port-min=20000", "--port-max=29999"]
        with running(command, Path(folder) / "log") as server:
            asker.connect((_HOST, _PORT))
            control = Control(asker)
            _await_ready(server, control)
            yield Rtpengine(server, control)


def _await_ready(server: Server, control: Control) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        server.check()
        try:
            control.ask({"command": "ping"}, seconds=0.2)
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            time.sleep(0.02)
            continue
        return
    raise TimeoutError("rtpengine did not answer within 10 s")


def _bencoded(command: Mapping[str, str]) -> bytes:
    words = (word for pair in command.items() for word in pair)
    return b"d" + b"".join(b"%d:%s" % (len(w), w) for w in (x.encode() for x in words)) + b"e"


def _sdp(host: str) -> str:
    lines = ("v=0", f"o=bench 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0")
    media = (f"m=audio {_RTP_PORT} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv")
    return "".join(f"{line}\r\n" for line in (*lines, *media))


def _media_port(answer: str) -> int:
    return int(answer.partition("m=audio ")[2].split()[0])
