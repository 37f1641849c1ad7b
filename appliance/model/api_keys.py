"""An API key: what an integration presents instead of a person's login (manual § 25.2, § 25.5)."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from appliance.model.accounts import Tier
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey

ApiKeyKey = NewType("ApiKeyKey", int)


class ApiKeyState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`public_id` is what lists and paths call it (`key_…`); `label` what the audit log does. Its
    secret is shown once; `secret_hash` is SHA-256 of it. `rights` are the words of its grants."""

    key: ApiKeyKey
    public_id: str
    label: str
    tier: Tier
    reseller: ResellerKey | None
    tenant: TenantKey | None
    rights: Set[str]
    secret_hash: bytes
    made_by: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> ApiKeyState:
        if self.revoked_at is not None:
            return ApiKeyState.REVOKED
        lapsed = self.expires_at is not None and self.expires_at <= now
        return ApiKeyState.EXPIRED if lapsed else ApiKeyState.ACTIVE
