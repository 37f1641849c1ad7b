"""Rows of box.db to the model's nouns, and back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import apsw
from peewee import SqliteDatabase as Database

from appliance.model.devices import Device, DeviceKey, DeviceType, MediaSecurity
from appliance.model.extensions import DEFAULT_RING_SECONDS, Extension, ExtensionKey
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import Tenant, TenantKey, TenantStatus
from appliance.store.database import connection
from appliance.store.keys import KeyRing, place


@dataclass(frozen=True, slots=True)
class NewExtension:
    """An extension that has no key yet."""

    number: str
    name: str
    enabled: bool = True
    ring_seconds: int = DEFAULT_RING_SECONDS


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


def insert_tenant(database: Database, slug: str, name: str) -> Tenant:
    file = connection(database)
    tenant = Tenant(TenantKey(_next_key(file, "tenants")), slug, name)
    file.execute(
        "INSERT INTO tenants (key, slug, name, status) VALUES (?, ?, ?, ?)",
        (tenant.key, slug, name, tenant.status.value),
    )
    return tenant


def insert_extensions(
    database: Database, tenant: TenantKey, new: Sequence[NewExtension]
) -> list[Extension]:
    file = connection(database)
    first = _next_key(file, "extensions")
    made = [
        Extension(ExtensionKey(key), tenant, one.number, one.name, one.enabled, one.ring_seconds)
        for key, one in enumerate(new, first)
    ]
    file.executemany(
        "INSERT INTO extensions (key, tenant_id, number, name, enabled, ring_seconds)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        ((e.key, e.tenant, e.number, e.name, e.enabled, e.ring_seconds) for e in made),
    )
    return made


def update_extension(database: Database, extension: Extension) -> None:
    """Write what may change of an extension: all but its key and tenant."""
    connection(database).execute(
        "UPDATE extensions SET number = ?, name = ?, enabled = ?, ring_seconds = ? WHERE key = ?",
        (
            extension.number,
            extension.name,
            extension.enabled,
            extension.ring_seconds,
            extension.key,
        ),
    )


def insert_devices(database: Database, new: Sequence[NewDevice], keys: KeyRing) -> list[Device]:
    file = connection(database)
    made = [_device(key, one) for key, one in enumerate(new, _next_key(file, "devices"))]
    file.executemany(
        "INSERT INTO devices (key, tenant_id, extension_id, username, type, name,"
        " media_security, md5_only, secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_device_row(device, one.secret, keys) for device, one in zip(made, new, strict=True)),
    )
    return made


def load_tenants(database: Database) -> list[Tenant]:
    rows = connection(database).execute("SELECT key, slug, name, status FROM tenants")
    return [Tenant(TenantKey(key), slug, name, TenantStatus(st)) for key, slug, name, st in rows]


def load_extensions(database: Database) -> list[Extension]:
    rows = connection(database).execute(
        "SELECT key, tenant_id, number, name, enabled, ring_seconds FROM extensions"
    )
    return [
        Extension(ExtensionKey(key), TenantKey(tenant), number, name, bool(enabled), ring_seconds)
        for key, tenant, number, name, enabled, ring_seconds in rows
    ]


def load_devices(database: Database, keys: KeyRing) -> list[tuple[Device, str]]:
    """Every device with its secret, in the order in which they were made."""
    rows = connection(database).execute(
        "SELECT key, tenant_id, extension_id, username, type, name, media_security, md5_only,"
        " secret FROM devices ORDER BY key"
    )
    return [
        (
            Device(
                DeviceKey(key),
                TenantKey(tenant),
                ExtensionKey(extension),
                username,
                DeviceType(type_),
                name,
                MediaSecurity(media_security),
                bool(md5_only),
            ),
            keys.open(secret, secret_place(key)),
        )
        for key, tenant, extension, username, type_, name, media_security, md5_only, secret in rows
    ]


def subscriber(
    device: Device, extension: Extension, tenant: Tenant, realm: str, secret: str
) -> Subscriber:
    """The device with its line and the two HA1 of its secret (RFC 7616 § 3.4.2)."""
    a1 = f"{device.username}:{realm}:{secret}".encode()
    md5 = hashlib.md5(a1, usedforsecurity=False).hexdigest()
    return Subscriber(device, extension, tenant, md5, hashlib.sha256(a1).hexdigest())


def secret_place(device: int) -> bytes:
    return place("devices", "secret", device)


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
