"""An account: one login of one of the four tiers (manual § 4.1, § 7.1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from appliance.model.extensions import ExtensionKey
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey

AccountKey = NewType("AccountKey", int)


class Tier(StrEnum):
    """Fixed at creation (manual § 4.1). USER sees its own line alone."""

    PLATFORM = "platform"
    RESELLER = "reseller"
    TENANT = "tenant"
    USER = "user"


class AccountStatus(StrEnum):
    """INVITED: no password yet. DISABLED: login revoked, record kept (manual § 7.2.1)."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class LinkRole(StrEnum):
    """The first extension linked is the primary one (manual § 7.3)."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True, slots=True)
class Link:
    """An extension that a user answers."""

    extension: ExtensionKey
    role: LinkRole


@dataclass(frozen=True, slots=True)
class Account:
    """`username` is unique among operators and tenant handles on the box for the tiers platform,
    reseller and tenant owner, within the tenant for everybody else. `owner`: the login that was
    made with the tenant. `totp` and `passkeys` tell which second factors there are."""

    key: AccountKey
    tier: Tier
    username: str
    name: str
    email: str
    status: AccountStatus
    reseller: ResellerKey | None = None
    tenant: TenantKey | None = None
    owner: bool = False
    force_change: bool = False
    email_otp: bool = False
    totp: bool = False
    passkeys: int = 0
    created_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    links: tuple[Link, ...] = ()
    version: int = 1
