"""Rows of box.db to the model's nouns, and back."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any

import apsw
from peewee import SqliteDatabase as Database

from appliance.model.devices import Device, DeviceKey, DeviceType, MediaSecurity
from appliance.model.extensions import DEFAULT_RING_SECONDS, Extension, ExtensionKey
from appliance.model.resellers import (
    Entitlement,
    Reseller,
    ResellerCaps,
    ResellerKey,
    ResellerStatus,
)
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import Capability, Tenant, TenantCaps, TenantKey, TenantStatus
from appliance.store.database import connection
from appliance.store.keys import KeyRing, place
from appliance.store.moments import to_number

_RESELLER = (
    "code, name, admin_email, plan, region, status, entitlements, max_tenants, max_extensions,"
    " max_numbers, max_concurrent_pstn, max_rooms, version"
)
_TENANT = (
    "slug, name, status, reseller_id, dial_prefix, country, time_zone, max_extensions,"
    " max_devices, max_numbers, max_concurrent_calls, capabilities, version"
)
_EXTENSION = "number, name, enabled, ring_seconds, shared, version"


@dataclass(frozen=True, slots=True)
class NewExtension:
    """An extension that has no key yet."""

    number: str
    name: str
    enabled: bool = True
    ring_seconds: int = DEFAULT_RING_SECONDS
    shared: bool = False


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device that has no key yet, and the secret that is shown once."""

    extension: Extension
    username: str
    type: DeviceType
    name: str
    secret: str = field(repr=False)
    media_security: MediaSecurity = MediaSecurity.OPTIONAL
    md5_only: bool = False


def insert_reseller(database: Database, reseller: Reseller, now: datetime) -> Reseller:
    """Give it a key and keep it; whatever key it has is ignored."""
    file = connection(database)
    made = replace(reseller, key=ResellerKey(_next_key(file, "resellers")))
    file.execute(
        f"INSERT INTO resellers (key, {_RESELLER}, created_at)"  # noqa: S608 - our own names
        f" VALUES ({_marks(_RESELLER, 2)})",
        (made.key, *_reseller_row(made), to_number(now)),
    )
    return made


def update_reseller(database: Database, reseller: Reseller) -> None:
    connection(database).execute(
        f"UPDATE resellers SET {_sets(_RESELLER)} WHERE key = ?",  # noqa: S608
        (*_reseller_row(reseller), reseller.key),
    )


def insert_tenant(database: Database, tenant: Tenant, now: datetime) -> Tenant:
    """Give it a key and keep it; whatever key it has is ignored."""
    file = connection(database)
    made = replace(tenant, key=TenantKey(_next_key(file, "tenants")))
    file.execute(
        f"INSERT INTO tenants (key, {_TENANT}, created_at)"  # noqa: S608
        f" VALUES ({_marks(_TENANT, 2)})",
        (made.key, *_tenant_row(made), to_number(now)),
    )
    return made


def update_tenant(database: Database, tenant: Tenant) -> None:
    connection(database).execute(
        f"UPDATE tenants SET {_sets(_TENANT)} WHERE key = ?",  # noqa: S608
        (*_tenant_row(tenant), tenant.key),
    )


def insert_extensions(
    database: Database, tenant: TenantKey, new: Sequence[NewExtension]
) -> list[Extension]:
    file = connection(database)
    first = _next_key(file, "extensions")
    made = [
        Extension(
            ExtensionKey(key),
            tenant,
            one.number,
            one.name,
            one.enabled,
            one.ring_seconds,
            one.shared,
        )
        for key, one in enumerate(new, first)
    ]
    file.executemany(
        f"INSERT INTO extensions (key, tenant_id, {_EXTENSION})"  # noqa: S608
        f" VALUES ({_marks(_EXTENSION, 2)})",
        ((e.key, e.tenant, *_extension_row(e)) for e in made),
    )
    file.executemany(
        "INSERT INTO mailboxes (tenant_id, number, extension_id) VALUES (?, ?, ?)",
        ((e.tenant, e.number, e.key) for e in made),
    )
    return made


def update_extension(database: Database, extension: Extension) -> None:
    """Write what may change of an extension: all but its key, tenant and number."""
    connection(database).execute(
        f"UPDATE extensions SET {_sets(_EXTENSION)} WHERE key = ?",  # noqa: S608
        (*_extension_row(extension), extension.key),
    )


def insert_devices(database: Database, new: Sequence[NewDevice], keys: KeyRing) -> list[Device]:
    file = connection(database)
    made = [_device(key, one) for key, one in enumerate(new, _next_key(file, "devices"))]
    file.executemany(
        "INSERT INTO devices (key, tenant_id, extension_id, username, type, name,"
        " media_security, md5_only, secret, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (_device_row(device, one.secret, keys) for device, one in zip(made, new, strict=True)),
    )
    return made


def update_device(database: Database, device: Device, secret: str | None, keys: KeyRing) -> None:
    """Write what may change of a device; `secret` None leaves that as it is."""
    file = connection(database)
    file.execute(
        "UPDATE devices SET name = ?, media_security = ?, md5_only = ?, version = ? WHERE key = ?",
        (device.name, device.media_security, device.md5_only, device.version, device.key),
    )
    if secret is not None:
        sealed = keys.seal(secret, secret_place(device.key))
        file.execute("UPDATE devices SET secret = ? WHERE key = ?", (sealed, device.key))


def load_resellers(database: Database, where: str = "", *values: object) -> list[Reseller]:
    rows = connection(database).execute(
        f"SELECT key, {_RESELLER} FROM resellers {where} ORDER BY code",  # noqa: S608
        values,
    )
    return [_reseller(*row) for row in rows]


def reseller_by_code(database: Database, code: str) -> Reseller | None:
    return next(iter(load_resellers(database, "WHERE code = ?", code.upper())), None)


def load_tenants(database: Database, where: str = "", *values: object) -> list[Tenant]:
    rows = connection(database).execute(
        f"SELECT key, {_TENANT} FROM tenants {where}",  # noqa: S608
        values,
    )
    return [_tenant(*row) for row in rows]


def tenant_by_slug(database: Database, slug: str) -> Tenant | None:
    return next(iter(load_tenants(database, "WHERE slug = ?", slug)), None)


def tenant_by_key(database: Database, key: int) -> Tenant | None:
    return next(iter(load_tenants(database, "WHERE key = ?", key)), None)


def load_extensions(database: Database, where: str = "", *values: object) -> list[Extension]:
    rows = connection(database).execute(
        f"SELECT key, tenant_id, {_EXTENSION} FROM extensions {where}",  # noqa: S608
        values,
    )
    return [
        Extension(
            ExtensionKey(key),
            TenantKey(tenant),
            *(number, name, bool(enabled), ring_seconds, bool(shared), version),
        )
        for key, tenant, number, name, enabled, ring_seconds, shared, version in rows
    ]


def count(database: Database, table: str, where: str, *values: object) -> int:
    """How many rows of one of our own tables."""
    query = f"SELECT count(*) FROM {table} {where}"  # noqa: S608 - our own names
    return int(connection(database).execute(query, values).get)


def load_devices(database: Database, keys: KeyRing) -> list[tuple[Device, str]]:
    """Every device with its secret, in the order in which they were made."""
    rows = connection(database).execute(
        "SELECT key, tenant_id, extension_id, username, type, name, media_security, md5_only,"
        " version, secret FROM devices ORDER BY key"
    )
    return [
        (_stored_device(*row), keys.open(secret, secret_place(row[0]))) for *row, secret in rows
    ]


def find_devices(database: Database, where: str, *values: object) -> list[Device]:
    """Devices without their secrets, in the order in which they were made."""
    rows = connection(database).execute(
        "SELECT key, tenant_id, extension_id, username, type, name, media_security, md5_only,"  # noqa: S608 - our own words
        f" version FROM devices {where} ORDER BY key",
        values,
    )
    return [_stored_device(*row) for row in rows]


def delete_devices(database: Database, keys: Sequence[DeviceKey]) -> None:
    connection(database).executemany("DELETE FROM devices WHERE key = ?", ((k,) for k in keys))


def delete_extension(database: Database, extension: ExtensionKey) -> None:
    """With its devices, its mailbox and its links."""
    file = connection(database)
    file.execute("DELETE FROM devices WHERE extension_id = ?", (extension,))
    file.execute("DELETE FROM extensions WHERE key = ?", (extension,))


def subscriber(
    device: Device, extension: Extension, tenant: Tenant, realm: str, secret: str
) -> Subscriber:
    """The device with its line and the two HA1 of its secret (RFC 7616 § 3.4.2)."""
    a1 = f"{device.username}:{realm}:{secret}".encode()
    md5 = hashlib.md5(a1, usedforsecurity=False).hexdigest()
    return Subscriber(device, extension, tenant, md5, hashlib.sha256(a1).hexdigest())


def secret_place(device: int) -> bytes:
    return place("devices", "secret", device)


def _reseller(key: int, *row: Any) -> Reseller:
    code, name, email, plan, region, status, entitled, *caps, version = row
    return Reseller(
        ResellerKey(key),
        *(code, name, email, plan, region, ResellerStatus(status)),
        caps=ResellerCaps(*caps),
        entitlements=frozenset(map(Entitlement, filter(None, entitled.split(",")))),
        version=version,
    )


def _tenant(key: int, *row: Any) -> Tenant:
    slug, name, status, reseller, prefix, country, time_zone, *caps, capable, version = row
    return Tenant(
        TenantKey(key),
        *(slug, name, TenantStatus(status)),
        None if reseller is None else ResellerKey(reseller),
        *(prefix, country, time_zone),
        TenantCaps(*caps),
        frozenset(map(Capability, filter(None, capable.split(",")))),
        version,
    )


def _stored_device(key: int, *row: Any) -> Device:
    tenant, extension, username, type_, name, media_security, md5_only, version = row
    return Device(
        DeviceKey(key),
        TenantKey(tenant),
        ExtensionKey(extension),
        *(username, DeviceType(type_), name, MediaSecurity(media_security)),
        bool(md5_only),
        version,
    )


def _marks(columns: str, more: int) -> str:
    """As many question marks as there are columns, and some more."""
    return ", ".join("?" * (columns.count(",") + 1 + more))


def _sets(columns: str) -> str:
    return ", ".join(f"{column.strip()} = ?" for column in columns.split(","))


def _reseller_row(reseller: Reseller) -> tuple[str | int | None, ...]:
    return (
        *(reseller.code, reseller.name, reseller.admin_email, reseller.plan, reseller.region),
        reseller.status.value,
        ",".join(sorted(reseller.entitlements)),
        *astuple(reseller.caps),
        reseller.version,
    )


def _tenant_row(tenant: Tenant) -> tuple[str | int | None, ...]:
    return (
        *(tenant.slug, tenant.name, tenant.status.value, tenant.reseller, tenant.dial_prefix),
        *(tenant.country, tenant.time_zone),
        *astuple(tenant.caps),
        ",".join(sorted(tenant.capabilities)),
        tenant.version,
    )


def _extension_row(extension: Extension) -> tuple[str | int, ...]:
    return (
        *(extension.number, extension.name, extension.enabled, extension.ring_seconds),
        *(extension.shared, extension.version),
    )


def _device(key: int, new: NewDevice) -> Device:
    return Device(
        DeviceKey(key),
        new.extension.tenant,
        new.extension.key,
        new.username,
        new.type,
        new.name,
        new.media_security,
        new.md5_only,
    )


def _device_row(device: Device, secret: str, keys: KeyRing) -> tuple[str | int | bytes, ...]:
    return (
        device.key,
        device.tenant,
        device.extension,
        device.username,
        device.type.value,
        device.name,
        device.media_security.value,
        device.md5_only,
        keys.seal(secret, secret_place(device.key)),
    )


def _next_key(file: apsw.Connection, table: str) -> int:
    """The key after the highest ever given: a key is never used again."""
    query = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?"
    last = file.execute(query, (table,)).get
    return last + 1 if isinstance(last, int) else 1
