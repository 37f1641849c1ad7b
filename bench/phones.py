"""The phones that the generators play: SIP user, secret, number, and a loopback address each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Phone:
    """`address` is its own in 127.0.0.0/8, as on a LAN: limits per source see each phone alone."""

    username: str
    password: str
    number: str
    address: str


def address_of(index: int) -> str:
    """The index-th phone's address: 250 to a /24, from 127.20.0.1 on."""
    return f"127.{20 + index // 50_000}.{index // 250 % 200}.{1 + index % 250}"


def write(phones: Iterable[Phone], path: Path) -> Path:
    """The file that the generators read; returns its path."""
    lines = (f"{p.username} {p.password} {p.number} {p.address}\n" for p in phones)
    path.write_text("".join(lines))
    return path
