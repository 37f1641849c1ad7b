"""Who tried wrong passwords too often, and from where (manual § 23.2.1).

Names that nobody has are counted and blocked as others are, so that nothing tells them apart. That
invented names cost no real block its place, each source has its own share of the tables, and one
that fills a table with names is blocked as a whole.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from appliance.model.blocks import EVERY_NAME, Block
from appliance.telephony.fair_table import FairTable
from appliance.telephony.transport.admission import source_of

WRONG_PASSWORDS: Final = "too many wrong passwords"
MANY_NAMES: Final = "wrong passwords for too many names"


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """`wrong_passwords` within `within_seconds` block for `seconds`; 0 of these: until lifted.
    `remembered` bounds both the blocks and the pairs that are counted. Where there are more, the
    source with the most names is blocked as a whole if it has `names_per_source`; else its oldest
    name is let go."""

    wrong_passwords: int = 10
    within_seconds: float = 600.0
    seconds: float = 3600.0
    remembered: int = 10000
    names_per_source: int = 100


DEFAULTS: Final = BlockSettings()


class BlockStore(Protocol):
    """Where blocks are kept over a restart; nothing here waits."""

    def blocked(self, block: Block) -> None: ...
    def lifted(self, block: Block) -> None: ...


@dataclass(slots=True)
class _Tries:
    count: int
    since: float


class Blocks:
    """`spared(username, address)` tells who is never blocked: the address from which that device
    is registered. `wall` is UTC now."""

    def __init__(
        self,
        store: BlockStore,
        wall: Callable[[], datetime],
        spared: Callable[[str, str], bool],
        settings: BlockSettings = DEFAULTS,
        kept: Iterable[Block] = (),
    ) -> None:
        self._store = store
        self._wall = wall
        self._spared = spared
        self._settings = settings
        self._tries: FairTable[_Tries] = FairTable()
        self._blocks: FairTable[Block] = FairTable()
        for block in kept:
            self._blocks.put(block.username, blocked_source(block.address), block)

    def list(self) -> list[Block]:
        """The blocks in force, the oldest first."""
        in_force = [block for block in self._blocks.values() if not self._lift_if_over(block)]
        return sorted(in_force, key=lambda block: block.since)

    def holds(self, username: str, address: str) -> bool:
        """Whether that device is blocked from that address."""
        if not self._blocks:
            return False
        source = blocked_source(address)
        blocked = self._in_force(username, source) or self._in_force(EVERY_NAME, source)
        return blocked and not self._spared(username, address)

    def wrong_password(self, username: str, address: str, now: float) -> bool:
        """Count a wrong password; True when it led to a block. No device has the name of all names,
        and whoever tries it shall not block their neighbours."""
        if username == EVERY_NAME:
            return False
        source = blocked_source(address)
        if self._too_many(username, source, now) and not self._spared(username, address):
            self._block(username, source, WRONG_PASSWORDS)
            return True
        return self._make_room(self._tries, self._tries.pop)

    def right_password(self, username: str, address: str) -> None:
        """Nobody is blocked for slips made before."""
        if self._tries:
            self._tries.pop(username, blocked_source(address))

    def lift(self, username: str, address: str) -> bool:
        """End a block before its time; False when there was none."""
        source = blocked_source(address)
        self._tries.pop(username, source)
        block = self._blocks.pop(username, source)
        if block is not None:
            self._store.lifted(block)
        return block is not None

    def lift_all(self, username: str, address: str) -> int:
        """Lift the blocks of that name and that address, either of them empty for any; how many
        there were."""
        source = blocked_source(address)
        chosen = [
            block
            for block in self.list()
            if username in ("", block.username) and source in ("", blocked_source(block.address))
        ]
        return sum(self.lift(block.username, block.address) for block in chosen)

    def _too_many(self, username: str, source: str, now: float) -> bool:
        """Count a try; whether it was one too many."""
        tries = self._tries.get(username, source)
        if tries is None or now - tries.since > self._settings.within_seconds:
            tries = _Tries(0, now)
        tries.count += 1
        self._tries.put(username, source, tries)
        return tries.count >= self._settings.wrong_passwords

    def _block(self, username: str, source: str, reason: str) -> None:
        self._tries.pop(username, source)
        block = Block(username, source, reason, self._wall())
        self._blocks.put(username, source, block)
        self._store.blocked(block)
        self._make_room(self._blocks, self.lift)

    def _make_room(self, table: FairTable[Any], forget: Callable[[str, str], object]) -> bool:
        """Keep a table within its bounds; True when that blocked a source."""
        if len(table) <= self._settings.remembered:
            return False
        source, names = table.fullest()
        if names < self._settings.names_per_source:
            forget(table.oldest(source), source)
            return False
        for name in {*self._tries.names(source), *self._blocks.names(source)}:
            self.lift(name, source)
        self._block(EVERY_NAME, source, MANY_NAMES)
        return True

    def _in_force(self, username: str, source: str) -> bool:
        block = self._blocks.get(username, source)
        return block is not None and not self._lift_if_over(block)

    def _lift_if_over(self, block: Block) -> bool:
        seconds = self._settings.seconds
        over = bool(seconds) and self._wall() - block.since >= timedelta(seconds=seconds)
        if over:
            self.lift(block.username, block.address)
        return over


def blocked_source(address: str) -> str:
    """What is blocked with an address: of IPv6 its /64, since a host has a whole one. What is no
    address stays as it is."""
    if ":" not in address:
        return address
    try:
        source = source_of(address.partition("/")[0])
    except ValueError:
        return address
    return f"{source}/64" if ":" in source else source
