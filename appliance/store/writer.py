"""One thread per file that does all its writing: it takes functions, each in one transaction."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import apsw
from peewee import SqliteDatabase as Database

from appliance.store.database import open_database
from appliance.store.errors import AlreadyTaken

T = TypeVar("T")
Work = Callable[[Database], Any]


class Writer:
    """Opens the file in its own thread; construction raises what opening it raised."""

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self._path = path
        self._migrations = migrations
        self._queue: SimpleQueue[tuple[Work, Future[Any]] | None] = SimpleQueue()
        self._closed = False
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, name=f"writer {path.name}", daemon=True)
        self._thread.start()
        self._opened.result()

    def call(self, work: Callable[[Database], T]) -> Future[T]:
        """Queue `work`; the future is done once its transaction is on the disk, or undone. For the
        thread that closes, too: what comes after `close` fails."""
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(RuntimeError("the store is closed"))
        else:
            self._queue.put((work, future))
        return future

    async def run(self, work: Callable[[Database], T]) -> T:
        """As `call`, for the event loop."""
        return await asyncio.wrap_future(self.call(work))

    def close(self) -> None:
        """Finish what is queued, fold the log into the file and end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _live(self) -> None:
        try:
            database = open_database(self._path, self._migrations)
        except BaseException as error:  # noqa: BLE001 - it is raised where the writer is made
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        try:
            while (item := self._queue.get()) is not None:
                _transact(database, *item)
        finally:
            database.close()


def _transact(database: Database, work: Work, future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        # Whoever wanted it has gone before it began; from here on nobody can take it back.
        return
    try:
        with database.atomic():
            result = work(database)
    except apsw.ConstraintError as error:
        future.set_exception(AlreadyTaken(str(error)))
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
        future.set_exception(error)
    else:
        future.set_result(result)
