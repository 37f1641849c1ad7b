"""Kamailio as registrar and proxy, configured by bench/peers/kamailio.cfg."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.phones import Phone, address_of
from bench.processes import Server, running

_HOST, _PORT = "127.0.0.1", 5060
_CONFIGURATION = Path(__file__).parent.parent / "peers" / "kamailio.cfg"
_OPTIONS = (
    f"OPTIONS sip:{_HOST} SIP/2.0\r\nVia: SIP/2.0/UDP {_HOST}:5099;branch=z9hG4bKready;rport\r\n"
    f"Max-Forwards: 1\r\nFrom: <sip:ready@{_HOST}>;tag=1\r\nTo: <sip:{_HOST}>\r\n"
    "Call-ID: ready@bench\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
).encode()


@dataclass(frozen=True)
class Kamailio:
    """One UDP worker; a proxy, so a call has no second leg of its own and no anchored media."""

    server: Server
    phones: Sequence[Phone]
    name: str = "Kamailio (proxy)"
    address: str = f"{_HOST}:{_PORT}"


def is_installed() -> bool:
    return shutil.which("kamailio") is not None


@contextmanager
def start(phones: int) -> Iterator[Kamailio]:
    """The cfg file holds the other half of this list of phones."""
    listed = [
        Phone(str(20_000 + n), f"pw-{20_000 + n}", str(20_000 + n), address_of(n))
        for n in range(phones)
    ]
    with tempfile.TemporaryDirectory(prefix="bench-kamailio-") as folder:
        command = ["kamailio", "-f", str(_CONFIGURATION), "-A", f"PHONES={phones}", "-DD"]
        command += ["-x", "fm", "-X", "fm", "-m", "512", "-M", "32", "-Y", folder]
        with running(command, Path(folder) / "log") as server:
            _await_ready(server)
            yield Kamailio(server, listed)


def _await_ready(server: Server) -> None:
    """Ask with OPTIONS until it answers, for at most 10 s."""
    deadline = time.monotonic() + 10
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.bind((_HOST, 5099))
        asker.settimeout(0.1)
        while time.monotonic() < deadline:
            server.check()
            asker.sendto(_OPTIONS, (_HOST, _PORT))
            try:
                asker.recv(2000)
            except TimeoutError:
                continue
            return
    raise TimeoutError("kamailio did not answer within 10 s")
