"""The scope rule (manual table 4.2): which rows a caller may see. It stands here and nowhere else.

    platform    every row, and those of the platform itself
    reseller    rows of its tenants, and its own
    tenant      rows of its tenant
    user        of those only the ones tied to its own extensions

Every read, count, search, feed and write goes through one of these functions.
"""

from appliance.control.caller import Caller
from appliance.control.errors import NOT_HERE, NOT_YOURS, Forbidden, NotFound
from appliance.model.accounts import Tier
from appliance.model.resellers import Reseller, ResellerKey
from appliance.model.tenants import Tenant, TenantKey
from appliance.store.conditions import ALL, Condition
from appliance.store.database import Database
from appliance.store.rows import reseller_by_code, tenant_by_slug


def sees(caller: Caller, tenant: TenantKey | None, reseller: ResellerKey | None) -> bool:
    """Whether a row of this tenant, whose reseller is this one, is in the caller's scope. A row of
    no tenant is the reseller's own, or the platform's where there is no reseller either."""
    match caller.tier:
        case Tier.PLATFORM:
            return True
        case Tier.RESELLER:
            return reseller is not None and reseller == caller.reseller
        case _:
            return tenant is not None and tenant == caller.tenant


def tenants_in(caller: Caller) -> Condition:
    """For a query over the table tenants, or one joined to it: those of the caller's scope."""
    match caller.tier:
        case Tier.PLATFORM:
            return ALL
        case Tier.RESELLER:
            return Condition("tenants.reseller_id = ?", _set(caller.reseller))
        case _:
            return Condition("tenants.key = ?", _set(caller.tenant))


def own_rows(caller: Caller, reseller: str, tenant: str) -> Condition:
    """For a table whose rows belong to the platform, a reseller or a tenant by two columns, whose
    names are given (keys, webhooks, audit): the caller's own and those beneath it."""
    match caller.tier:
        case Tier.PLATFORM:
            return ALL
        case Tier.RESELLER:
            own = _set(caller.reseller)
            theirs = "(SELECT key FROM tenants WHERE reseller_id = ?)"
            return Condition(f"({reseller} = ? OR {tenant} IN {theirs})", own, own)
        case _:
            return Condition(f"{tenant} = ?", _set(caller.tenant))


def enter_tenant(caller: Caller, database: Database, slug: str) -> Tenant:
    """The tenant that a path names. Raises Forbidden where it is not the caller's, whether or not
    it exists, and NotFound for who would see it (decisions: 404 or 403)."""
    tenant = tenant_by_slug(database, slug)
    if tenant is not None and sees(caller, tenant.key, tenant.reseller):
        return tenant
    raise NotFound(NOT_HERE) if caller.tier is Tier.PLATFORM else Forbidden(NOT_YOURS)


def enter_reseller(caller: Caller, database: Database, code: str) -> Reseller:
    """As `enter_tenant`, of a reseller by its code."""
    reseller = reseller_by_code(database, code)
    of_operators = caller.tier in (Tier.PLATFORM, Tier.RESELLER)
    if reseller is not None and of_operators and sees(caller, None, reseller.key):
        return reseller
    raise NotFound(NOT_HERE) if caller.tier is Tier.PLATFORM else Forbidden(NOT_YOURS)


def require_tier(caller: Caller, *tiers: Tier) -> None:
    """For what only some tiers may do wherever they stand. Raises Forbidden."""
    if caller.tier not in tiers:
        raise Forbidden(NOT_YOURS)


def _set(key: int | None) -> int:
    """A caller of this tier has one: else nothing is in its scope."""
    return -1 if key is None else key
