"""Who tried wrong passwords too often, and from where (manual § 23.2.1)."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from appliance.model.blocks import Block

WRONG_PASSWORDS: Final = "too many wrong passwords"


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """`wrong_passwords` within `within_seconds` block for `seconds`; 0 of these: until lifted.
    `remembered` bounds both the blocks and the pairs that are counted."""

    wrong_passwords: int = 10
    within_seconds: float = 600.0
    seconds: float = 3600.0
    remembered: int = 10000


DEFAULTS: Final = BlockSettings()


class BlockStore(Protocol):
    """Where blocks are kept over a restart; nothing here waits."""

    def blocked(self, block: Block) -> None: ...
    def lifted(self, block: Block) -> None: ...


@dataclass(slots=True)
class _Tries:
    count: int
    since: float


_Pair = tuple[str, str]
"""Authentication name as tried, and address without port."""


class Blocks:
    """`spared(username, address)` tells who is never blocked: the address from which that device
    is registered. Names that nobody has are counted as others are, so that nothing tells them
    apart. `wall` is UTC now."""

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
        self._tries: OrderedDict[_Pair, _Tries] = OrderedDict()
        self._blocks: OrderedDict[_Pair, Block] = OrderedDict(
            ((block.username, block.address), block) for block in kept
        )

    def list(self) -> list[Block]:
        """The blocks in force, the oldest first."""
        for block in list(self._blocks.values()):
            self._lift_if_over(block)
        return list(self._blocks.values())

    def holds(self, username: str, address: str) -> bool:
        """Whether that device is blocked from that address."""
        block = self._blocks.get((username, address))
        return block is not None and not self._lift_if_over(block)

    def wrong_password(self, username: str, address: str, now: float) -> bool:
        """Count a wrong password; True when it led to a block."""
        pair = (username, address)
        tries = self._tries.pop(pair, None)
        if tries is None or now - tries.since > self._settings.within_seconds:
            tries = _Tries(0, now)
        tries.count += 1
        self._tries[pair] = tries
        if len(self._tries) > self._settings.remembered:
            self._tries.popitem(last=False)
        if tries.count < self._settings.wrong_passwords or self._spared(username, address):
            return False
        del self._tries[pair]
        self._block(Block(username, address, WRONG_PASSWORDS, self._wall()))
        return True

    def right_password(self, username: str, address: str) -> None:
        """Nobody is blocked for slips made before."""
        if self._tries:
            self._tries.pop((username, address), None)

    def lift(self, username: str, address: str) -> bool:
        """End a block before its time; False when there was none."""
        self._tries.pop((username, address), None)
        block = self._blocks.pop((username, address), None)
        if block is not None:
            self._store.lifted(block)
        return block is not None

    def _block(self, block: Block) -> None:
        self._blocks[block.username, block.address] = block
        self._store.blocked(block)
        if len(self._blocks) > self._settings.remembered:
            oldest = next(iter(self._blocks))
            self.lift(*oldest)

    def _lift_if_over(self, block: Block) -> bool:
        seconds = self._settings.seconds
        over = bool(seconds) and self._wall() - block.since >= timedelta(seconds=seconds)
        if over:
            self.lift(block.username, block.address)
        return over
