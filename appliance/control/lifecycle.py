"""What becomes of resellers and tenants: told after the commit to whoever holds something of theirs
in memory (logins, keys, phones) or passes it on (webhooks).

Each comes besides the `Changed` of its noun. Accounts have their own news in `store/accounts.py`.
"""

from dataclasses import dataclass

from appliance.model.resellers import ResellerKey
from appliance.model.tenants import Tenant, TenantKey


@dataclass(frozen=True, slots=True)
class ResellerStanding:
    """It was suspended, or is active again: so are, in effect, its tenants (manual § 5.4.2)."""

    reseller: ResellerKey
    active: bool


@dataclass(frozen=True, slots=True)
class ResellerDeleted:
    reseller: ResellerKey


@dataclass(frozen=True, slots=True)
class TenantCreated:
    """`reseller` is its code, "" for a direct tenant."""

    tenant: Tenant
    reseller: str


@dataclass(frozen=True, slots=True)
class TenantStanding:
    """It was suspended for itself, or is active again (manual § 6.6.1)."""

    tenant: TenantKey
    active: bool


@dataclass(frozen=True, slots=True)
class TenantDeleted:
    """Nothing of it is there any more but its call records, which follow (manual § 6.6.2)."""

    tenant: TenantKey
    slug: str
