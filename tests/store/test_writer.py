import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.store.database import Database, connection
from appliance.store.writer import Writer

TABLE = ("CREATE TABLE notes (text TEXT)",)


def note(text: str) -> Callable[[Database], None]:
    def work(database: Database) -> None:
        connection(database).execute("INSERT INTO notes VALUES (?)", (text,))

    return work


def notes(database: Database) -> list[str]:
    return [text for (text,) in connection(database).execute("SELECT text FROM notes")]


async def test_what_comes_after_the_end_fails_at_once(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x.db", TABLE)
    writer.close()
    with pytest.raises(RuntimeError):
        await writer.run(notes)


async def test_who_is_cancelled_while_he_waits_does_not_end_the_writer(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x.db", TABLE)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(database: Database) -> None:
        begun.set()
        go_on.wait()
        note("first")(database)

    running = asyncio.create_task(writer.run(slowly))
    waiting = asyncio.create_task(writer.run(note("second")))
    await asyncio.to_thread(begun.wait)
    running.cancel()
    waiting.cancel()
    for task in (running, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task
    go_on.set()
    # What had begun is done; what had not is not.
    assert await writer.run(notes) == ["first"]
    writer.close()
