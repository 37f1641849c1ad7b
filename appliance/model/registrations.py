"""How a device stands with the registrar, as operators see it (manual § 9.6, § 22.2)."""

from dataclasses import dataclass
from datetime import datetime

from appliance.model.bindings import RegistrationState


@dataclass(frozen=True, slots=True)
class Registration:
    """`address` is `host:port` as the box saw it; `contacts` how many live bindings there are;
    `rejection` why the last attempt was refused. What never was is empty or None."""

    tenant: str
    extension: str
    username: str
    type: str
    state: RegistrationState
    address: str = ""
    transport: str = ""
    user_agent: str = ""
    last_seen: datetime | None = None
    expires_at: datetime | None = None
    contacts: int = 0
    rejection: str = ""
