"""Ceilings, counted live within the change that would pass them (manual § 5.4.1, § 6.4.2).

The tenant's licence first, then its reseller's plan; both are named in the refusal. Counts of later
nouns join `COUNTED`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from appliance.control.changes import Change
from appliance.control.errors import Conflict
from appliance.model.resellers import Reseller
from appliance.model.tenants import Tenant
from appliance.store import rows

COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "extensions": ("extension", "SELECT count(*) FROM extensions WHERE tenant_id"),
    "devices": ("device", "SELECT count(*) FROM devices WHERE tenant_id"),
    "tenants": ("tenant", "SELECT count(*) FROM tenants WHERE key"),
}
"""By the name of the cap: the word of the refusal, and the count of some tenants."""


def require_room(change: Change, tenant: Tenant, what: str, more: int = 1) -> None:
    """Raises Conflict where `more` would pass the tenant's cap, or its reseller's."""
    word, count = COUNTED[what]
    cap = asdict(tenant.caps).get(what, 0)
    if cap and change.file.execute(f"{count} = ?", (tenant.key,)).get + more > cap:
        raise Conflict(f"{word} limit reached for this tenant.", "limit_reached")
    if tenant.reseller is not None:
        (reseller,) = rows.load_resellers(change.database, "WHERE key = ?", tenant.reseller)
        require_reseller_room(change, reseller, what, more)


def require_reseller_room(change: Change, reseller: Reseller, what: str, more: int = 1) -> None:
    """Raises Conflict where `more` would pass the reseller's cap over all its tenants."""
    word, count = COUNTED[what]
    ceiling = asdict(reseller.caps).get(what)
    theirs = f"{count} IN (SELECT key FROM tenants WHERE reseller_id = ?)"  # noqa: S608
    if ceiling is not None and change.file.execute(theirs, (reseller.key,)).get + more > ceiling:
        raise Conflict(f"{word} limit reached for this reseller.", "limit_reached")
