"""A reseller: a white-label partner and what it may consume (manual § 5.2, § 5.4)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

ResellerKey = NewType("ResellerKey", int)


class ResellerStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Entitlement(StrEnum):
    """A feature that the partner may enable for its tenants (manual § 5.4)."""

    ATTENDANTS = "attendants"
    CONFERENCES = "conferences"
    VIDEO = "video"
    TRANSCRIPTION = "transcription"
    OWN_CARRIER = "own_carrier"


PLAN: Final = "Wholesale · Standard"
STANDARD_ENTITLEMENTS: Final = frozenset(Entitlement) - {Entitlement.TRANSCRIPTION}


@dataclass(frozen=True, slots=True)
class ResellerCaps:
    """Ceilings over all its tenants together (manual § 5.4.1). None: no ceiling; 0: none at all."""

    tenants: int | None = 25
    extensions: int | None = 200
    numbers: int | None = 50
    concurrent_pstn: int | None = 10
    rooms: int | None = 20


@dataclass(frozen=True, slots=True)
class Reseller:
    """`code` is in upper case (`NIMBUS`); paths carry it in lower case."""

    key: ResellerKey
    code: str
    name: str
    admin_email: str
    plan: str = PLAN
    region: str = ""
    status: ResellerStatus = ResellerStatus.ACTIVE
    caps: ResellerCaps = field(default_factory=ResellerCaps)
    entitlements: frozenset[Entitlement] = STANDARD_ENTITLEMENTS
    version: int = 1
