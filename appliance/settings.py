"""Boot settings: what the command line decides before anything listens, in one value.

Everything else is configuration, which lives in the data folder and changes while the box runs.
"""

from dataclasses import dataclass, field
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM, SocketKind
from typing import Final

ANY: Final = ("0.0.0.0", "::")  # noqa: S104 - a telephone system is there to be reached
"""Every interface, of both families. Where the machine has no IPv6 the second is left out."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """What lies where in a data folder."""

    path: Path

    @property
    def box_database(self) -> Path:
        """Configuration and identity."""
        return self.path / "box.db"

    @property
    def records_database(self) -> Path:
        """Call records and bindings."""
        return self.path / "records.db"

    @property
    def keys(self) -> Path:
        """The keys that secrets are sealed with; never part of a backup."""
        return self.path / "keys"

    @property
    def tls(self) -> Path:
        """The box's certificates and its own authority."""
        return self.path / "tls"

    @property
    def audio(self) -> Path:
        """Recordings and prompts, beside the rows that name them."""
        return self.path / "audio"

    @property
    def running(self) -> Path:
        """Where the command line finds the running box."""
        return self.path / "run.json"

    @property
    def metrics_key(self) -> Path:
        """A key that the operator may put here, which opens `/metrics` from elsewhere."""
        return self.path / "metrics.key"

    @property
    def demo_credentials(self) -> Path:
        """What `byondvoice try` keeps of the demo's secrets."""
        return self.path / "demo-credentials.json"


@dataclass(frozen=True, slots=True)
class Ports:
    """Listening ports; 0 has the kernel choose."""

    https: int = 443
    http: int = 80
    sip: int = 5060
    sips: int = 5061
    turn: int = 3478
    turns: int = 5349
    rtc: int = 3480


@dataclass(frozen=True, slots=True)
class PortRange:
    """First and last port, both included."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> "PortRange":
        """`A-B`. Raises ValueError where that is no range of at least two ports."""
        first, dash, last = text.partition("-")
        if not (dash and first.isdecimal() and last.isdecimal()):
            raise ValueError(f"{text!r} is not two ports such as 20000-29999")
        if not 1024 <= int(first) < int(last) <= 65535:
            raise ValueError(f"{text!r} is not a range within 1024-65535")
        return cls(int(first), int(last))

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


RTP_PORTS: Final = PortRange(20000, 29999)


@dataclass(frozen=True, slots=True)
class Settings:
    """`bind`: the addresses that every listener binds. `lan`: greet phones by PnP, mDNS, TFTP."""

    data: DataFolder
    bind: tuple[str, ...] = ANY
    ports: Ports = field(default_factory=Ports)
    rtp_ports: PortRange = RTP_PORTS
    lan: bool = True

    @property
    def listening(self) -> tuple[tuple[int, tuple[SocketKind, ...]], ...]:
        """The ports of this build's listeners, and by what each listens."""
        return (
            (self.ports.https, (SOCK_STREAM,)),
            (self.ports.http, (SOCK_STREAM,)),
            (self.ports.sip, (SOCK_DGRAM, SOCK_STREAM)),
            (self.ports.sips, (SOCK_STREAM,)),
        )
