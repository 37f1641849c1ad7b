"""What becomes of resellers and tenants: told with the commit, besides the `Changed` of the noun,
to whoever passes it on (webhooks) or holds something of theirs in memory (keys). Accounts, logins
and phones have news of their own.
"""

from dataclasses import dataclass

from appliance.model.resellers import ResellerKey
from appliance.model.tenants import Tenant, TenantKey


@dataclass(frozen=True, slots=True)
class ResellerDeleted:
    reseller: ResellerKey


@dataclass(frozen=True, slots=True)
class TenantCreated:
    """`reseller` is its code, "" for a direct tenant."""

    tenant: Tenant
    reseller: str


@dataclass(frozen=True, slots=True)
class TenantDeleted:
    """Nothing of it is there any more but its call records, which follow (manual § 6.6.2)."""

    tenant: TenantKey
    slug: str
