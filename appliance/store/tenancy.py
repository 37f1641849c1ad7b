"""Resellers and tenants as lists show them: with their owners, and what is used of each cap."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from appliance.model.accounts import Account
from appliance.model.resellers import Reseller, ResellerKey
from appliance.model.tenants import Tenant, TenantKey
from appliance.store import accounts
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.moments import from_number
from appliance.store.orders import among
from appliance.store.rows import load_resellers, load_tenants


@dataclass(frozen=True, slots=True)
class ResellerFacts:
    """Counts are over all its tenants. `admin` is its first login, None where that is deleted."""

    reseller: Reseller
    admin: Account | None
    tenants: int
    extensions: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """`reseller` None: direct. `owner` None: made without one."""

    tenant: Tenant
    reseller: Reseller | None
    owner: Account | None
    extensions: int
    devices: int
    users: int
    created_at: datetime


EFFECTIVE_STATUS: Final = (
    "CASE WHEN tenants.status = 'suspended' OR resellers.status = 'suspended'"
    " THEN 'suspended' ELSE 'active' END"
)
"""A suspended reseller suspends its tenants, whose own status stays (manual § 5.4.2)."""
WITH_RESELLERS: Final = "tenants LEFT JOIN resellers ON resellers.key = tenants.reseller_id"


@dataclass(frozen=True, slots=True)
class TenantCounts:
    """By the effective status."""

    tenants: int
    active: int
    suspended: int
    extensions: int


def count_tenants(database: Database, wanted: Condition) -> TenantCounts:
    query = (
        f"SELECT count(*), total(({EFFECTIVE_STATUS}) = 'active'),"  # noqa: S608 - our own words
        " total((SELECT count(*) FROM extensions WHERE tenant_id = tenants.key))"
        f" FROM {WITH_RESELLERS} {wanted.where}"
    )
    ((tenants, active, extensions),) = connection(database).execute(query, wanted.values)
    return TenantCounts(tenants, int(active), tenants - int(active), int(extensions))


def reseller_facts(
    database: Database, keys: Collection[ResellerKey]
) -> dict[ResellerKey, ResellerFacts]:
    wanted = among("resellers.key", keys)
    admins: dict[ResellerKey | None, Account] = {}
    for account in accounts.load(database, f"{among('reseller_id', keys).where}", *wanted.values):
        if account.owner and account.tenant is None:
            admins[account.reseller] = account
    known = {one.key: one for one in load_resellers(database, wanted.where, *wanted.values)}
    query = (
        "SELECT key, created_at,"  # noqa: S608 - our own words
        " (SELECT count(*) FROM tenants WHERE reseller_id = resellers.key),"
        " (SELECT count(*) FROM tenants JOIN extensions ON extensions.tenant_id = tenants.key"
        "   WHERE reseller_id = resellers.key)"
        f" FROM resellers {wanted.where}"
    )
    return {
        key: ResellerFacts(known[key], admins.get(key), tenants, lines, from_number(created_at))
        for key, created_at, tenants, lines in connection(database).execute(query, wanted.values)
    }


def tenant_facts(database: Database, keys: Collection[TenantKey]) -> dict[TenantKey, TenantFacts]:
    wanted = among("tenants.key", keys)
    known = {one.key: one for one in load_tenants(database, wanted.where, *wanted.values)}
    owned = among("tenant_id", known)
    owners: dict[TenantKey | None, Account] = {
        one.tenant: one
        for one in accounts.load(database, f"{owned.where} AND owner", *owned.values)
    }
    theirs = among("key", {one.reseller for one in known.values() if one.reseller is not None})
    resellers: dict[ResellerKey | None, Reseller | None] = defaultdict(lambda: None)
    for reseller in load_resellers(database, theirs.where, *theirs.values):
        resellers[reseller.key] = reseller
    query = (
        "SELECT key, created_at,"  # noqa: S608
        " (SELECT count(*) FROM extensions WHERE tenant_id = tenants.key),"
        " (SELECT count(*) FROM devices WHERE tenant_id = tenants.key),"
        " (SELECT count(*) FROM accounts WHERE tenant_id = tenants.key)"
        f" FROM tenants {wanted.where}"
    )
    return {
        key: TenantFacts(
            *(known[key], resellers[known[key].reseller], owners.get(key)),
            *(lines, devices, users, from_number(created_at)),
        )
        for key, created_at, lines, devices, users in connection(database).execute(
            query, wanted.values
        )
    }
