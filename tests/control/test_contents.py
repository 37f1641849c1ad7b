"""The registry of what a tenant owns covers every table that refers to a tenant."""

from appliance.control.contents import CONTENTS, Count, Noun, sentence
from appliance.store import Store
from appliance.store.database import Database, connection
from tests.store.conftest import StillClock, clock, folder, reopen, store

__all__ = ["StillClock", "clock", "folder", "reopen", "store"]

NOT_CONTENTS = {"policies", "audit"}
"""Deleted by its own store; kept."""


async def test_every_table_of_a_tenants_is_in_the_registry(store: Store) -> None:
    def ask(database: Database) -> set[str]:
        file = connection(database)
        tables = [
            name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            table
            for table in tables
            for _, column, *_ in file.execute(f"PRAGMA table_info({table})")
            if column in ("tenant_id", "tenant")
        }

    assert await store.readers.run(ask) == {noun.table for noun in CONTENTS} | NOT_CONTENTS


def counts(**named: int) -> list[Count]:
    return [
        Count(Noun(name, name.removesuffix("s"), name, name), count)
        for name, count in named.items()
    ]


def test_counts_are_said_in_a_sentence_without_what_is_not_there() -> None:
    end = " will be destroyed. This cannot be undone."
    assert sentence(counts(extensions=2, numbers=0, users=1)) == f"2 extensions and 1 user{end}"
    assert sentence(counts(extensions=1200, boxs=2, users=3)) == (
        f"1,200 extensions, 2 boxs and 3 users{end}"
    )
    assert sentence(counts(users=0)) == "It owns nothing yet. This cannot be undone."
