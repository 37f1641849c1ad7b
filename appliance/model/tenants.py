"""A tenant: one customer organisation, the boundary of every number and record (manual § 6.1)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from appliance.model.resellers import ResellerKey

TenantKey = NewType("TenantKey", int)


class TenantStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Capability(StrEnum):
    """What the tenant's licence switches on (manual § 6.4)."""

    OUTBOUND = "outbound"
    VOICEMAIL_TO_EMAIL = "voicemail_to_email"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class TenantCaps:
    """Ceilings of the licence (manual § 6.4.1). 0: unlimited."""

    extensions: int = 0
    devices: int = 0
    numbers: int = 0
    concurrent_calls: int = 0


STANDARD_CAPABILITIES = frozenset({Capability.OUTBOUND, Capability.VOICEMAIL_TO_EMAIL})


@dataclass(frozen=True, slots=True)
class Tenant:
    """`reseller` None: a direct tenant. `country` is ISO 3166 alpha-2, `time_zone` an IANA name.
    `status` is its own; a suspended reseller suspends its tenants besides."""

    key: TenantKey
    slug: str
    name: str
    status: TenantStatus = TenantStatus.ACTIVE
    reseller: ResellerKey | None = None
    dial_prefix: str = ""
    country: str = "SG"
    time_zone: str = "Asia/Singapore"
    caps: TenantCaps = field(default_factory=TenantCaps)
    capabilities: frozenset[Capability] = STANDARD_CAPABILITIES
    version: int = 1
