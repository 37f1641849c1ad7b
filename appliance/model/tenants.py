"""A tenant: one customer organisation, the boundary of every number and record (manual § 6.1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

TenantKey = NewType("TenantKey", int)


class TenantStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Tenant:
    key: TenantKey
    slug: str
    name: str
    status: TenantStatus = TenantStatus.ACTIVE
