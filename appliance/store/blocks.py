"""Blocks of (device name, address), kept over a restart and lifted by an operator."""

from collections.abc import Sequence

from peewee import SqliteDatabase as Database

from appliance.model.blocks import Block
from appliance.store.tables import Blocks
from appliance.store.writer import Writer


class BlockRepository:
    """Writes behind the registrar's own list; call from the event loop's thread."""

    def __init__(self, writer: Writer, stored: Sequence[Block]) -> None:
        self._writer = writer
        self.stored = stored
        """The blocks that the last run left."""

    async def put(self, block: Block) -> None:
        """Keep the block; one of the same name and address is replaced."""
        await self._writer.run(lambda database: _put(database, block))

    async def lift(self, username: str, address: str) -> None:
        await self._writer.run(lambda database: _lift(database, username, address))


def load_blocks(database: Database) -> list[Block]:
    rows = Blocks.select().order_by(Blocks.since).tuples().execute(database)
    return [Block(*row) for row in rows]


def _put(database: Database, block: Block) -> None:
    row = {
        "username": block.username,
        "address": block.address,
        "reason": block.reason,
        "since": block.since,
    }
    Blocks.insert(row).on_conflict_replace().execute(database)


def _lift(database: Database, username: str, address: str) -> None:
    named = (Blocks.username == username) & (Blocks.address == address)
    Blocks.delete().where(named).execute(database)
