"""Blocks of (device name, address), kept over a restart."""

from collections.abc import Sequence
from typing import Final

from peewee import SqliteDatabase as Database

from appliance.model.blocks import Block
from appliance.store.database import connection
from appliance.store.group_commit import GroupCommit, to_json
from appliance.store.moments import to_number
from appliance.store.tables import Blocks
from appliance.store.writer import Writer

BlockKey = tuple[str, str]
Change = tuple[BlockKey, Block | None]
"""A block in force, or None where it was lifted."""

COMMIT_SECONDS: Final = 0.1

_REPLACE = """
    INSERT OR REPLACE INTO blocks (username, address, reason, since)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?, '$.put')"""
_DELETE = """
    DELETE FROM blocks WHERE (username, address) IN
    (SELECT value ->> 0, value ->> 1 FROM json_each(?, '$.gone'))"""


class BlockRepository:
    """Writes behind telephony's own list; returns at once. For the event loop's thread."""

    def __init__(self, writer: Writer, stored: Sequence[Block]) -> None:
        self.stored = stored
        """The blocks that the last run left, the oldest first."""
        self._changes: GroupCommit[BlockKey, Change] = GroupCommit(
            writer, _encode, _write, COMMIT_SECONDS
        )

    def blocked(self, block: Block) -> None:
        key = block.username, block.address
        self._changes.put(key, (key, block))

    def lifted(self, block: Block) -> None:
        key = block.username, block.address
        self._changes.put(key, (key, None))

    async def flush(self) -> None:
        """Commit all that waits."""
        await self._changes.flush()


def load_blocks(database: Database) -> list[Block]:
    """Every stored block, the oldest first."""
    rows = Blocks.select().order_by(Blocks.since).tuples().execute(database)
    return [Block(*row) for row in rows]


def _encode(changes: Sequence[Change]) -> str:
    put = [
        (block.username, block.address, block.reason, to_number(block.since))
        for _, block in changes
        if block is not None
    ]
    return to_json({"put": put, "gone": [key for key, block in changes if block is None]})


def _write(database: Database, changes: str) -> None:
    file = connection(database)
    file.execute(_REPLACE, (changes,))
    file.execute(_DELETE, (changes,))
