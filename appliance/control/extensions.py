"""Extensions: what may be done to a tenant's lines (manual § 9.2, § 9.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from appliance.control import fields, numbers
from appliance.control.caps import require_room
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, Changed, Conflict, Invalid, NotFound
from appliance.control.news import DevicesSignedOff
from appliance.model.accounts import Account, LinkRole
from appliance.model.extensions import Extension
from appliance.model.tenants import Tenant
from appliance.store import accounts, rows
from appliance.store.database import Database
from appliance.store.rows import NewExtension

SHORTEST_RING: Final = 5
LONGEST_RING: Final = 300


def create(change: Change, slug: str, new: NewExtension) -> Extension:
    """A new line with its mailbox. Raises Forbidden, NotFound, Invalid, Conflict."""
    tenant = change.tenant(slug)
    new = replace(new, name=fields.name(new.name), ring_seconds=_ring(new.ring_seconds))
    numbers.require_free(change.database, tenant, new.number)
    require_room(change, tenant, "extensions")
    (made,) = rows.insert_extensions(change.database, tenant.key, [new])
    change.transaction.swap(lambda snapshot: snapshot.put_extensions([made]))
    change.record("extension", "Created extension", f"extension {made.number}", tenant=tenant)
    return made


def create_many(change: Change, slug: str, new: Sequence[NewExtension]) -> list[Extension]:
    """Many lines at once, numbers of which the caller knows that they are free (the demo)."""
    tenant = change.tenant(slug)
    made = rows.insert_extensions(change.database, tenant.key, new)
    change.transaction.swap(lambda snapshot: snapshot.put_extensions(made))
    change.record("extension", "Created extensions", f"{len(made)} extensions", tenant=tenant)
    return made


def edit(
    change: Change,
    slug: str,
    number: str,
    seen: int | None,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    shared: bool | None = None,
    ring_seconds: int | None = None,
) -> Extension:
    """What is None stays. `seen` is the version that the caller knows. Raises Forbidden, NotFound,
    Invalid, Changed."""
    tenant, known = find(change, slug, number)
    _not_stale(known, seen)
    now = replace(
        known,
        name=known.name if name is None else fields.name(name),
        enabled=known.enabled if enabled is None else enabled,
        shared=known.shared if shared is None else shared,
        ring_seconds=known.ring_seconds if ring_seconds is None else _ring(ring_seconds),
        version=known.version + 1,
    )
    if known.shared and not now.shared and len(accounts.linked_to(change.database, now.key)) > 1:
        raise Conflict.of("shared", "Several users answer this extension.", "in_use")
    rows.update_extension(change.database, now)
    change.transaction.swap(lambda snapshot: snapshot.put_extensions([now]))
    if known.enabled and not now.enabled:
        _sign_off(change, now)
    change.record("extension", _what(known, now), f"extension {number}", tenant=tenant)
    return now


def delete(change: Change, slug: str, number: str, seen: int | None = None) -> None:
    """The whole line: its devices, which are signed off at once, its mailbox, its links; never a
    user (manual § 9.8). Raises Forbidden, NotFound, Changed."""
    tenant, known = find(change, slug, number)
    _not_stale(known, seen)
    for account in accounts.linked_to(change.database, known.key):
        accounts.update(change.transaction, _without(account, known))
    _sign_off(change, known)
    rows.delete_extension(change.database, known.key)
    change.transaction.swap(lambda snapshot: snapshot.remove_extensions([known.key]))
    change.record("extension", "Deleted extension", f"extension {number}", tenant=tenant)


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes with an extension when it is deleted."""

    devices: int
    mailboxes: int
    users: int
    """Those who lose it; they stay."""


def contents(database: Database, extension: Extension) -> Contents:
    def count(table: str) -> int:
        return rows.count(database, table, "WHERE extension_id = ?", extension.key)

    return Contents(count("devices"), count("mailboxes"), count("links"))


def find(change: Change, slug: str, number: str) -> tuple[Tenant, Extension]:
    """The line by its tenant and number. Raises Forbidden, NotFound."""
    tenant = change.tenant(slug)
    return tenant, of_number(change.database, tenant, number)


def of_number(database: Database, tenant: Tenant, number: str) -> Extension:
    """Raises NotFound."""
    found = rows.load_extensions(database, "WHERE tenant_id = ? AND number = ?", tenant.key, number)
    if not found:
        raise NotFound(NOT_HERE)
    return found[0]


def _not_stale(known: Extension, seen: int | None) -> None:
    """Raises Changed."""
    if seen is not None and seen != known.version:
        raise Changed("Somebody has changed this extension since. Look at it again.")


def _sign_off(change: Change, extension: Extension) -> None:
    devices = rows.find_devices(change.database, "WHERE extension_id = ?", extension.key)
    change.transaction.tell(DevicesSignedOff(tuple(device.key for device in devices)))


def _without(account: Account, extension: Extension) -> Account:
    """The account without its link to the extension; where that was its primary one, the next one
    is now (manual § 7.3)."""
    links = [link for link in account.links if link.extension != extension.key]
    if links and all(link.role is not LinkRole.PRIMARY for link in links):
        links[0] = replace(links[0], role=LinkRole.PRIMARY)
    return replace(account, links=tuple(links), version=account.version + 1)


def _ring(seconds: int) -> int:
    if not SHORTEST_RING <= seconds <= LONGEST_RING:
        raise Invalid.of(ring_seconds=f"{SHORTEST_RING} to {LONGEST_RING} seconds.")
    return seconds


def _what(before: Extension, after: Extension) -> str:
    if before.enabled != after.enabled:
        return "Enabled extension" if after.enabled else "Disabled extension"
    return "Changed extension"
