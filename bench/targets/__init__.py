"""What is measured: our box, and the peers that this machine has, behind two small interfaces."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from bench.phones import Phone
from bench.processes import Server


class SipTarget(Protocol):
    """A running registrar or switch. `address` is HOST:PORT; the phones are known to it."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def phones(self) -> Sequence[Phone]: ...
    @property
    def server(self) -> Server: ...


class MediaTarget(Protocol):
    """A running media relay."""

    @property
    def name(self) -> str: ...
    @property
    def server(self) -> Server: ...

    def anchor(self, calls: int) -> AbstractContextManager[Path]:
        """That many calls up while the block lasts; gives the file of legs for `rtp`."""


class StartSip(Protocol):
    """Start it with at least that many phones; it is ready when the block begins."""

    def __call__(self, phones: int) -> AbstractContextManager[SipTarget]: ...
