"""Devices: the phones beneath an extension, and how their usernames and secrets are made (manual
§ 9.4, § 9.5; decisions: Telephony).

A secret is in the answer that makes it, and nowhere else again.
"""

import secrets
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from appliance.control import extensions, fields
from appliance.control.caps import require_room
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, Changed, NotFound
from appliance.control.news import DevicesSignedOff
from appliance.model.devices import Device, DeviceType, MediaSecurity
from appliance.model.extensions import Extension
from appliance.model.tenants import Tenant
from appliance.store import rows
from appliance.store.database import Database, connection
from appliance.store.rows import NewDevice
from appliance.store.snapshot import Snapshot

ALPHABET = string.ascii_letters + string.digits
GROUPS = 4
GROUP_LENGTH = 4

SUFFIX = {DeviceType.DESK: "desk", DeviceType.BROWSER: "web", DeviceType.MOBILE: "mobile"}


@dataclass(frozen=True, slots=True)
class Made:
    """A device with its new secret, which is shown this once."""

    device: Device
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for of a new device; `name` is the friendly one."""

    type: DeviceType
    name: str
    media_security: MediaSecurity = MediaSecurity.OPTIONAL
    md5_only: bool = False


def create(change: Change, slug: str, number: str, wanted: Wanted) -> Made:
    """Raises Forbidden, NotFound, Invalid, Conflict."""
    tenant, extension = extensions.find(change, slug, number)
    wanted = replace(wanted, name=fields.name(wanted.name))
    require_room(change, tenant, "devices")
    new = NewDevice(
        extension,
        free_username(change.database, tenant, extension, wanted.type),
        wanted.type,
        wanted.name,
        new_secret(),
        wanted.media_security,
        wanted.md5_only,
    )
    (made,) = _insert(change, [new])
    change.record("device", "Created device", f"device {made.device.username}", tenant=tenant)
    return made


def create_many(change: Change, slug: str, new: Sequence[NewDevice]) -> list[Made]:
    """Many at once, of one tenant, with names of which the caller knows that they are free."""
    tenant = change.tenant(slug)
    made = _insert(change, new)
    change.record("device", "Created devices", f"{len(made)} devices", tenant=tenant)
    return made


def edit(
    change: Change,
    place: tuple[str, str, str],
    seen: int | None,
    *,
    name: str | None = None,
    media_security: MediaSecurity | None = None,
    md5_only: bool | None = None,
) -> Device:
    """What is None stays. `place`: slug, number, username. Raises Forbidden, NotFound, Invalid,
    Changed."""
    tenant, _, known = find(change, *place)
    _not_stale(known, seen)
    now = replace(
        known,
        name=known.name if name is None else fields.name(name),
        media_security=media_security or known.media_security,
        md5_only=known.md5_only if md5_only is None else md5_only,
        version=known.version + 1,
    )
    rows.update_device(change.database, now, None, change.transaction.keys)
    change.transaction.swap(lambda snapshot: _swap(snapshot, now))
    change.record("device", "Changed device", f"device {now.username}", tenant=tenant)
    return now


def rotate(change: Change, slug: str, number: str, name: str) -> Made:
    """A new secret; whoever uses the old one is signed off in the same moment, calls in progress
    go on (manual § 9.8.2, § 20.3). Raises Forbidden, NotFound."""
    tenant, extension, known = find(change, slug, number, name)
    made = Made(replace(known, version=known.version + 1), new_secret())
    rows.update_device(change.database, made.device, made.secret, change.transaction.keys)
    one = rows.subscriber(made.device, extension, tenant, change.transaction.realm, made.secret)
    change.transaction.swap(lambda snapshot: snapshot.replace_subscribers([one]))
    change.transaction.tell(DevicesSignedOff((known.key,)))
    change.record("device", "Rotated SIP secret", f"device {name}", tenant=tenant)
    return made


def delete(change: Change, place: tuple[str, str, str], seen: int | None = None) -> None:
    """This endpoint alone: the extension, its mailbox and its other devices stay (manual § 9.8).
    `place` as in `edit`. Raises Forbidden, NotFound, Changed."""
    tenant, _, known = find(change, *place)
    _not_stale(known, seen)
    rows.delete_devices(change.database, [known.key])
    change.transaction.swap(lambda snapshot: snapshot.remove_devices([known.key]))
    change.transaction.tell(DevicesSignedOff((known.key,)))
    change.record("device", "Deleted device", f"device {known.username}", tenant=tenant)


def find(change: Change, slug: str, number: str, name: str) -> tuple[Tenant, Extension, Device]:
    """The device by its place. Raises Forbidden, NotFound."""
    tenant, extension = extensions.find(change, slug, number)
    return tenant, extension, of_name(change.database, extension, name)


def of_name(database: Database, extension: Extension, name: str) -> Device:
    """Raises NotFound."""
    where = "WHERE extension_id = ? AND username = ?"
    found = rows.find_devices(database, where, extension.key, name)
    if not found:
        raise NotFound(NOT_HERE)
    return found[0]


def free_username(
    database: Database, tenant: Tenant, extension: Extension, type_: DeviceType
) -> str:
    """The next name of its kind: `1001-desk`, then `1001-desk2`; where another tenant holds that,
    with the slug."""

    def taken(name: str) -> bool:
        query = "SELECT 1 FROM devices WHERE username = ?"
        return connection(database).execute(query, (name,)).get is not None

    own = {
        device.username
        for device in rows.find_devices(database, "WHERE extension_id = ?", extension.key)
    }
    for local_name in local_names(extension.number, type_):
        made = username(local_name, tenant.slug, taken)
        if not taken(made) and local_name not in own:
            return made
    raise AssertionError("names never end")


def new_secret() -> str:
    """A secret that a person can read out, such as `b7Qz-9pK2-mW4t-Xa1r`: 95 bits. None begins
    like a hexadecimal number, as which sipp would read it."""
    while True:
        groups = (
            "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
        )
        secret = "-".join(groups)
        if not secret.lower().startswith("0x"):
            return secret


def local_names(number: str, type_: DeviceType) -> Iterator[str]:
    """The names of an extension's devices of one type, in order: `1001-desk`, `1001-desk2`, …"""
    first = f"{number}-{SUFFIX[type_]}"
    yield first
    for position in count(2):
        yield f"{first}{position}"


def username(local_name: str, tenant_slug: str, taken: Callable[[str], bool]) -> str:
    """The local name, or where another tenant holds it, that with the tenant's slug."""
    return f"{local_name}-{tenant_slug}" if taken(local_name) else local_name


def _insert(change: Change, new: Sequence[NewDevice]) -> list[Made]:
    """Write them, and have telephony know them with their HA1."""
    devices = rows.insert_devices(change.database, new, change.transaction.keys)
    realm = change.transaction.realm
    made = [Made(device, one.secret) for device, one in zip(devices, new, strict=True)]
    lines = [one.extension for one in new]

    def swap(snapshot: Snapshot) -> None:
        snapshot.put_subscribers(
            rows.subscriber(one.device, line, tenant, realm, one.secret)
            for one, line in zip(made, lines, strict=True)
            if (tenant := snapshot.tenant(line.tenant)) is not None
        )

    change.transaction.swap(swap)
    return made


def _not_stale(known: Device, seen: int | None) -> None:
    """Raises Changed."""
    if seen is not None and seen != known.version:
        raise Changed("Somebody has changed this device since. Look at it again.")


def _swap(snapshot: Snapshot, device: Device) -> None:
    """The device as it is now; its secret stays what it was."""
    known = snapshot.device(device.key)
    if known is not None:
        snapshot.replace_subscribers([replace(known, device=device)])
