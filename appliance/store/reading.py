"""Reading a data folder from the command line, beside a running box or without one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from peewee import SqliteDatabase as Database

from appliance.model.bindings import RegistrationState, StoredBinding
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.registrations import Registration
from appliance.model.tenants import TenantKey
from appliance.settings import DataFolder
from appliance.store.bindings import load_bindings
from appliance.store.calls import latest_calls
from appliance.store.database import open_read_only
from appliance.store.errors import FolderUnusable
from appliance.store.rows import load_tenants
from appliance.store.store import check_folder
from appliance.store.tables import Devices, Extensions, Tenants


def read_calls(
    folder: DataFolder, tenant_slug: str | None, limit: int
) -> list[tuple[str, CallRecord]]:
    """The latest call records, newest first, each with its tenant's slug. Raises StoreError."""
    slugs = _slugs(folder)
    tenant = None
    if tenant_slug is not None:
        keys = [key for key, slug in slugs.items() if slug == tenant_slug]
        if not keys:
            raise FolderUnusable(f"there is no tenant {tenant_slug}")
        tenant = keys[0]
    with _records(folder) as database:
        records = latest_calls(database, tenant, limit)
    return [(slugs.get(record.tenant, ""), record) for record in records]


def read_registrations(folder: DataFolder, now: datetime) -> list[Registration]:
    """How each device stands by what is stored; the running box knows better. Raises StoreError."""
    latest: dict[DeviceKey, StoredBinding] = {}
    with _records(folder) as records:
        for binding in sorted(load_bindings(records), key=lambda one: one.expires_at):
            latest[binding.device] = binding
    query = (
        Devices.select(
            Devices.key,
            Devices.username,
            Devices.type,
            Extensions.number,
            Tenants.slug,
        )
        .join(Extensions)
        .join(Tenants, on=Devices.tenant == Tenants.key)
        .order_by(Tenants.slug, Extensions.number, Devices.key)
    )
    with _box(folder) as box:
        devices = list(query.dicts().execute(box))
    return [_registration(device, latest.get(device["key"]), now) for device in devices]


@contextmanager
def box_of(folder: DataFolder) -> Iterator[Database]:
    """Configuration and identity, for reading. Raises StoreError."""
    with _box(folder) as database:
        yield database


def _registration(
    device: dict[str, Any], binding: StoredBinding | None, now: datetime
) -> Registration:
    names = (device["slug"], device["number"], device["username"], device["type"])
    if binding is None:
        return Registration(*names, RegistrationState.IDLE)
    live = binding.expires_at > now
    return Registration(
        *names,
        _state(binding, live),
        f"{binding.remote_host}:{binding.remote_port}",
        binding.transport,
        binding.user_agent,
        binding.registered_at,
        binding.expires_at,
        contacts=int(live),
    )


def _state(binding: StoredBinding, live: bool) -> RegistrationState:
    if not live:
        return RegistrationState.EXPIRED
    # A connection ended with the box that held it; UDP is still where it was.
    over_udp = binding.transport.lower() == "udp"
    return RegistrationState.REGISTERED if over_udp else RegistrationState.UNREACHABLE


def _slugs(folder: DataFolder) -> dict[TenantKey, str]:
    with _box(folder) as database:
        return {tenant.key: tenant.slug for tenant in load_tenants(database)}


@contextmanager
def _box(folder: DataFolder) -> Iterator[Database]:
    if not folder.box_database.exists():
        raise FolderUnusable(f"there is no box in {folder.path}")
    check_folder(folder)
    with closing(open_read_only(folder.box_database)) as database:
        yield database


@contextmanager
def _records(folder: DataFolder) -> Iterator[Database]:
    if not folder.records_database.exists():
        raise FolderUnusable(f"there is no box in {folder.path}")
    with closing(open_read_only(folder.records_database)) as database:
        yield database
