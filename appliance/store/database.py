"""Opening the two SQLite files: checked before they are written, WAL, every commit on the disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast
from urllib.parse import quote

import apsw
from peewee import SqliteDatabase
from playhouse.apsw_ext import APSWDatabase

from appliance.store.errors import DamagedDatabase, FolderUnusable, NewerSchema

Database = SqliteDatabase
"""What is handed to functions that ask or change; nothing outside the store imports peewee."""

BUSY_SECONDS = 5
DAMAGE = (apsw.NotADBError, apsw.CorruptError, apsw.FormatError)
# Growing beyond this, the write-ahead log is folded back into the file: about 4 MB.
CHECKPOINT_PAGES = 1000


def open_database(path: Path, migrations: Sequence[str]) -> Database:
    """Open for reading and writing, and bring to the newest shape. For one thread alone."""
    database: Database = APSWDatabase(
        str(path),
        timeout=BUSY_SECONDS,
        thread_safe=False,
        pragmas={
            "journal_mode": "wal",
            "synchronous": "full",
            "foreign_keys": 1,
            "wal_autocheckpoint": CHECKPOINT_PAGES,
        },
    )
    database.connect()
    _migrate(database, migrations)
    return database


def open_read_only(path: Path) -> Database:
    """Open for queries beside a running box."""
    database: Database = APSWDatabase(
        _read_only_name(path),
        timeout=BUSY_SECONDS,
        thread_safe=False,
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
    )
    database.connect()
    return database


def connection(database: Database) -> apsw.Connection:
    """APSW's own connection: a cached statement there costs a thirtieth of peewee's."""
    return cast(apsw.Connection, database.connection())  # type: ignore[no-untyped-call]


def check(path: Path, migrations: Sequence[str], *, thoroughly: bool) -> None:
    """See that this program can use the file, without writing to the folder; a missing one is well.

    `thoroughly` reads every page: for the small file only.
    Raises DamagedDatabase, NewerSchema, FolderUnusable.
    """
    if not path.exists():
        return
    try:
        version = _inspect(path, thoroughly)
    except DAMAGE as error:
        raise DamagedDatabase(f"{path} is damaged: {error}") from None
    except apsw.Error as error:
        raise FolderUnusable(f"cannot read {path}: {error}") from None
    if version > len(migrations):
        raise NewerSchema(
            f"{path} was written by a newer version (schema {version}, known {len(migrations)})"
        )


def _inspect(path: Path, thoroughly: bool) -> int:
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    file = apsw.Connection(_read_only_name(path), flags=flags)
    try:
        list(file.execute("SELECT name FROM sqlite_master"))
        if thoroughly:
            _see_whole(path, file)
        return int(file.pragma("user_version"))
    finally:
        file.close()


def _read_only_name(path: Path) -> str:
    # Without a write-ahead log the file is all there is, and `immutable` keeps SQLite from making
    # one; with a log, only an ordinary open sees the whole.
    log = path.with_name(path.name + "-wal")
    how = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    return f"file:{quote(str(path))}?{how}"


def _see_whole(path: Path, file: apsw.Connection) -> None:
    verdict = file.pragma("quick_check", 1)
    if verdict != "ok":
        raise DamagedDatabase(f"{path} is damaged: {verdict}")


def _migrate(database: Database, migrations: Sequence[str]) -> None:
    """Each missing migration in a transaction of its own, with its number."""
    apsw_connection = connection(database)
    for number in range(int(apsw_connection.pragma("user_version")) + 1, len(migrations) + 1):
        with database.atomic():
            list(apsw_connection.execute(migrations[number - 1]))
            apsw_connection.pragma("user_version", number)
