"""What becomes of tenants: told with the commit, besides the `Changed` of the noun, to whoever
passes it on (webhooks). Accounts, logins and phones have news of their own.
"""

from dataclasses import dataclass

from appliance.model.tenants import Tenant


@dataclass(frozen=True, slots=True)
class TenantCreated:
    """`reseller` is its code, "" for a direct tenant."""

    tenant: Tenant
    reseller: str
