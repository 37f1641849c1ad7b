"""Readers of box.db and records.db beside their writers: a few threads, a connection each.

In WAL mode a reader sees the last commit and waits for nobody; SQLite works without Python's lock,
so that a long list costs the phones nothing.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from peewee import SqliteDatabase as Database

from appliance.store.database import open_read_only

T = TypeVar("T")

THREADS: Final = 2


class Readers:
    """Of one file. Each call sees one state of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._open: list[Database] = []
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"reader {path.name}")

    async def run(self, read: Callable[[Database], T]) -> T:
        """What `read` makes of the file, in a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, read)

    def close(self) -> None:
        self._pool.shutdown()
        for database in self._open:
            database.close()

    def _read(self, read: Callable[[Database], T]) -> T:
        database = getattr(self._own, "database", None)
        if database is None:
            database = self._own.database = open_read_only(self._path)
            self._open.append(database)
        with database.atomic():
            return read(database)
