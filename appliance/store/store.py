"""A data folder, opened: the snapshot that calls read, and a repository per noun."""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from peewee import SqliteDatabase as Database

from appliance.clock import Clock
from appliance.model.bindings import StoredBinding
from appliance.model.devices import Device
from appliance.model.extensions import Extension
from appliance.model.tenants import Tenant, TenantKey
from appliance.settings import DataFolder
from appliance.store import migrations, rows
from appliance.store.bindings import BindingRepository, drop_lapsed, load_bindings
from appliance.store.blocks import BlockRepository, load_blocks
from appliance.store.calls import CallRepository, close_open_calls, forget_lost
from appliance.store.database import check
from appliance.store.errors import DamagedDatabase, FolderUnusable
from appliance.store.keys import KeyRing
from appliance.store.lock import FolderLock
from appliance.store.moments import EPOCH
from appliance.store.readers import Readers
from appliance.store.rows import NewDevice, NewExtension
from appliance.store.snapshot import Snapshot
from appliance.store.tables import BoxSettings
from appliance.store.transactions import Transaction
from appliance.store.writer import Writer

REALM: Final = "byondvoice"
"""The digest realm of a new box. It stays with the box: every phone's HA1 hangs on it."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class Store:
    """Open until `close`. Reads come from memory; a write returns once it is on the disk and in
    the snapshot."""

    def __init__(self, folder: DataFolder, clock: Clock, keys: KeyRing, parts: ExitStack) -> None:
        self.keys = keys
        self._parts = parts
        self._box = self._writer(folder.box_database, migrations.BOX)
        self._records = self._writer(folder.records_database, migrations.RECORDS)
        self.readers = Readers(folder.box_database)
        self.record_readers = Readers(folder.records_database)
        parts.callback(self.readers.close)
        parts.callback(self.record_readers.close)
        self.realm = self._box.call(_realm).result()
        self.snapshot = self._box.call(lambda db: load_snapshot(db, keys, self.realm)).result()
        self.blocks = BlockRepository(self._box, self._box.call(load_blocks).result())
        self.calls = CallRepository(self._records)
        self._records.call(lambda db: drop_lapsed(db, clock.wall())).result()
        self.bindings = BindingRepository(self._records, self._load_bindings())
        closed = self._records.call(close_open_calls).result()
        tenants = {tenant.key for tenant in self.snapshot.tenants()}
        self._records.call(lambda db: forget_lost(db, tenants)).result()
        if closed:
            log.warning("calls that the last run left open were closed", extra={"calls": closed})

    @classmethod
    def open(cls, folder: DataFolder, clock: Clock) -> "Store":
        """Open the data folder; an empty one becomes a new box's. Needs no event loop.

        Raises StoreError before anything is written.
        """
        with ExitStack() as parts:
            _make_folder(folder)
            parts.callback(FolderLock(folder.path).release)
            check_folder(folder)
            store = cls(folder, clock, _open_keys(folder), parts)
            store._parts = parts.pop_all()
            return store

    async def close(self) -> None:
        """Commit what waits, close the files and let the folder go."""
        await self.calls.flush()
        await self.bindings.flush()
        await self.blocks.flush()
        self._parts.close()

    async def change(
        self, work: Callable[[Transaction], T], now: datetime, publish: Callable[[object], None]
    ) -> T:
        """Do `work` in one transaction of box.db; when it is on the disk, change the snapshot and
        publish its events. Raises what `work` raises, and nothing is changed."""
        transaction: list[Transaction] = []

        def run(database: Database) -> T:
            transaction.append(Transaction(database, self.keys, now, self.realm))
            return work(transaction[0])

        result = await self._box.run(run)
        for swap in transaction[0].swaps:
            swap(self.snapshot)
        for event in transaction[0].events:
            publish(event)
        return result

    async def add_tenant(self, slug: str, name: str) -> Tenant:
        """`slug` is unique on the box (else AlreadyTaken)."""
        new = Tenant(TenantKey(0), slug, name)
        tenant = await self._box.run(lambda db: rows.insert_tenant(db, new, EPOCH))
        self.snapshot.put_tenant(tenant)
        return tenant

    async def add_extensions(self, tenant: Tenant, new: Sequence[NewExtension]) -> list[Extension]:
        """All or none; a number is unique in its tenant (else AlreadyTaken)."""
        made = await self._box.run(lambda db: rows.insert_extensions(db, tenant.key, new))
        self.snapshot.put_extensions(made)
        return made

    async def change_extension(self, extension: Extension) -> None:
        """Put the extension in place of the one with its key."""
        await self._box.run(lambda db: rows.update_extension(db, extension))
        self.snapshot.put_extensions([extension])

    async def add_devices(self, new: Sequence[NewDevice]) -> list[Device]:
        """All or none; a username is unique on the box (else AlreadyTaken)."""
        made = await self._box.run(lambda db: rows.insert_devices(db, new, self.keys))
        tenants = {tenant.key: tenant for tenant in self.snapshot.tenants()}
        self.snapshot.put_subscribers(
            rows.subscriber(device, one.extension, tenants[device.tenant], self.realm, one.secret)
            for device, one in zip(made, new, strict=True)
        )
        return made

    def _writer(self, path: Path, steps: Sequence[str]) -> Writer:
        writer = Writer(path, steps)
        self._parts.callback(writer.close)
        return writer

    def _load_bindings(self) -> list[StoredBinding]:
        """Those whose device is still there: the two files share no transaction."""
        stored = self._records.call(load_bindings).result()
        return [one for one in stored if self.snapshot.device(one.device) is not None]


def check_folder(folder: DataFolder) -> None:
    """See that this program can use what is in the folder. Raises StoreError, writes nothing."""
    if folder.records_database.exists() and not folder.box_database.exists():
        raise DamagedDatabase(f"{folder.box_database} is missing")
    check(folder.box_database, migrations.BOX, thoroughly=True)
    check(folder.records_database, migrations.RECORDS, thoroughly=False)


def load_snapshot(database: Database, keys: KeyRing, realm: str) -> Snapshot:
    """Everything that calls read, from box.db."""
    resellers = rows.load_resellers(database)
    tenants = {tenant.key: tenant for tenant in rows.load_tenants(database)}
    extensions = {extension.key: extension for extension in rows.load_extensions(database)}
    subscribers = (
        rows.subscriber(device, extensions[device.extension], tenants[device.tenant], realm, secret)
        for device, secret in rows.load_devices(database, keys)
    )
    return Snapshot(tenants.values(), extensions.values(), subscribers, resellers)


def _make_folder(folder: DataFolder) -> None:
    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(f"cannot make {folder.path}: {error.strerror}") from None


def _open_keys(folder: DataFolder) -> KeyRing:
    """The keys of the folder; a new box, which has no secrets yet, gets its first."""
    if not folder.box_database.exists() and not any(folder.keys.glob("*.key")):
        return KeyRing.create(folder.keys)
    return KeyRing.load(folder.keys)


def _realm(database: Database) -> str:
    BoxSettings.insert(name="realm", value=REALM).on_conflict_ignore().execute(database)
    (row,) = BoxSettings.select().where(BoxSettings.name == "realm").execute(database)
    return str(row.value)
