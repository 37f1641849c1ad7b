"""Who asks: a person's login or a machine's key, with its tier and its scope (manual § 4.3.2)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.model.accounts import AccountKey, Tier
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey


class Right(StrEnum):
    """What a key may be granted (manual § 25.2); a login has all that its tier has. Who may write
    may read."""

    TENANCY_READ = "tenancy:read"
    TENANCY_WRITE = "tenancy:write"
    PBX_READ = "pbx:read"
    PBX_WRITE = "pbx:write"
    CALLS_READ = "calls:read"
    AUDIT_READ = "audit:read"
    KEYS_WRITE = "keys:write"
    WEBHOOKS_WRITE = "webhooks:write"


ALL_RIGHTS: Final = frozenset(Right)


@dataclass(frozen=True, slots=True)
class Caller:
    """`credential` names the login or key (`login:…`, `key:…`); `label` is how the audit log calls
    it. `reseller` is set for the tier reseller alone, `tenant` for the tiers tenant and user: what
    a tenant's reseller is decides nothing (table 4.2 goes by tier)."""

    tier: Tier
    credential: str
    label: str
    account: AccountKey | None = None
    reseller: ResellerKey | None = None
    tenant: TenantKey | None = None
    rights: frozenset[Right] = ALL_RIGHTS
    address: str = ""

    @property
    def is_key(self) -> bool:
        """Whether a machine asks, by its API key."""
        return self.credential.startswith("key:")

    def may(self, right: Right) -> bool:
        """Whether it holds the right, or the writing one of the same family."""
        family, _, verb = right.value.partition(":")
        return right in self.rights or (
            verb == "read" and any(held.value == f"{family}:write" for held in self.rights)
        )


SYSTEM: Final = Caller(Tier.PLATFORM, "system", "system")
"""The box itself: the demo, the first-run page, housekeeping."""
