"""A login: a person's web session (manual § 3.1)."""

from dataclasses import dataclass
from datetime import datetime

from appliance.model.accounts import AccountKey


@dataclass(frozen=True, slots=True)
class Login:
    """`public_id` names it; `used_at` is when it was last refreshed, `expires_at` its very end.
    `address` and `user_agent` are those of its begin."""

    public_id: str
    account: AccountKey
    address: str
    user_agent: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
