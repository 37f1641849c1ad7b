"""A binding: where a device can be reached until when (RFC 3261 § 10, manual § 22.3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from appliance.model.devices import DeviceKey


class RegistrationState(StrEnum):
    """Manual § 9.6.1 and § 22.2.1."""

    REGISTERED = "registered"
    IDLE = "idle"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class StoredBinding:
    """A binding as it is kept over a restart; `contact` is the phone's own Contact value."""

    device: DeviceKey
    contact: str
    instance: str
    reg_id: int
    transport: str
    remote_host: str
    remote_port: int
    local_host: str
    local_port: int
    path: str
    user_agent: str
    call_id: str
    cseq: int
    registered_at: datetime
    expires_at: datetime
