"""Whose a key or a webhook is: the platform's, a reseller's or a tenant's (manual § 25.5).

It is never broader than whoever makes it: its tier is the maker's or below, and it is bound inside
the maker's own scope.
"""

from dataclasses import dataclass
from typing import Final

from appliance.control.changes import Change
from appliance.control.errors import NOT_YOURS, Forbidden, Invalid
from appliance.model.accounts import Tier
from appliance.model.resellers import Reseller
from appliance.model.tenants import Tenant
from appliance.store import rows

BROADNESS: Final = (Tier.TENANT, Tier.RESELLER, Tier.PLATFORM)


@dataclass(frozen=True, slots=True)
class Owner:
    """One of the two is set by the tier reseller or tenant; neither by the platform's."""

    tier: Tier
    reseller: Reseller | None = None
    tenant: Tenant | None = None

    @property
    def name(self) -> str:
        """The reseller's code in lower case, the tenant's slug, or `platform`."""
        if self.tenant is not None:
            return self.tenant.slug
        return self.reseller.code.lower() if self.reseller is not None else Tier.PLATFORM.value


def owner(change: Change, tier: str, reseller: str = "", tenant: str = "") -> Owner:
    """`tier` "" follows from the names, and without names is the caller's own; `reseller` is a
    code, `tenant` a slug. Raises Invalid, Forbidden, NotFound."""
    wanted = _tier(change, tier, reseller, tenant)
    if BROADNESS.index(wanted) > BROADNESS.index(change.caller.tier):
        raise Forbidden(NOT_YOURS, "broader_than_own")
    match wanted:
        case Tier.PLATFORM:
            _nothing(reseller=reseller, tenant=tenant)
            return Owner(wanted)
        case Tier.RESELLER:
            _nothing(tenant=tenant)
            return Owner(wanted, reseller=_reseller(change, reseller))
        case _:
            return Owner(wanted, tenant=_tenant(change, tenant))


def _tier(change: Change, tier: str, reseller: str, tenant: str) -> Tier:
    if not tier:
        if tenant:
            return Tier.TENANT
        return Tier.RESELLER if reseller else change.caller.tier
    if tier not in BROADNESS:
        raise Invalid.of(tier="One of platform, reseller, tenant.")
    return Tier(tier)


def _nothing(**names: str) -> None:
    for field, name in names.items():
        if name:
            raise Invalid.of(**{field: "This tier is bound to none."})


def _reseller(change: Change, code: str) -> Reseller:
    if not code and change.caller.reseller is not None:
        (own,) = rows.load_resellers(change.database, "WHERE key = ?", change.caller.reseller)
        return own
    if not code:
        raise Invalid.of(reseller="The code of a reseller.")
    return change.reseller(code)


def _tenant(change: Change, slug: str) -> Tenant:
    own = (
        rows.tenant_by_key(change.database, change.caller.tenant) if change.caller.tenant else None
    )
    if not slug and own is not None:
        return own
    if not slug:
        raise Invalid.of(tenant="The slug of a tenant.")
    return change.tenant(slug)
