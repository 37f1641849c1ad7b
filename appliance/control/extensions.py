"""Extensions: what may be done to a tenant's lines (manual § 9.2, § 9.3)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from appliance.control import fields
from appliance.control.caps import require_room
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, Changed, Conflict, Invalid, NotFound
from appliance.model.extensions import Extension
from appliance.model.numbering import reserved_for
from appliance.model.tenants import Tenant
from appliance.store import rows
from appliance.store.database import Database
from appliance.store.rows import NewExtension

NUMBER: Final = re.compile(r"[0-9]{3,5}")
LONGEST_RING: Final = 300


def create(change: Change, slug: str, new: NewExtension) -> Extension:
    """A new line with its mailbox. Raises Forbidden, NotFound, Invalid, Conflict."""
    tenant = change.tenant(slug)
    new = replace(new, name=fields.name(new.name), ring_seconds=_ring(new.ring_seconds))
    _free(change, tenant, new.number)
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
    if seen is not None and seen != known.version:
        raise Changed("Somebody has changed this extension since. Look at it again.")
    now = replace(
        known,
        name=known.name if name is None else fields.name(name),
        enabled=known.enabled if enabled is None else enabled,
        shared=known.shared if shared is None else shared,
        ring_seconds=known.ring_seconds if ring_seconds is None else _ring(ring_seconds),
        version=known.version + 1,
    )
    rows.update_extension(change.database, now)
    change.transaction.swap(lambda snapshot: snapshot.put_extensions([now]))
    change.record("extension", _what(known, now), f"extension {number}", tenant=tenant)
    return now


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


def _free(change: Change, tenant: Tenant, number: str) -> None:
    """Raises Invalid for what is no extension number, Conflict naming who has it."""
    if not NUMBER.fullmatch(number):
        raise Invalid.of(extension="3–5 digits, unique in this tenant.")
    owner = reserved_for(number, tenant.country)
    if owner:
        raise Conflict.of("extension", f"{number} is {owner}.")
    if rows.load_extensions(
        change.database, "WHERE tenant_id = ? AND number = ?", tenant.key, number
    ):
        raise Conflict.of("extension", "extension number already in use.")


def _ring(seconds: int) -> int:
    if not 5 <= seconds <= LONGEST_RING:
        raise Invalid.of(ring_seconds=f"5 to {LONGEST_RING} seconds.")
    return seconds


def _what(before: Extension, after: Extension) -> str:
    if before.enabled != after.enabled:
        return "Enabled extension" if after.enabled else "Disabled extension"
    return "Changed extension"
