"""A call record: one caller's whole visit, its legs, its timeline, its end (§ 22.5, § 23.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from appliance.model.devices import DeviceKey
from appliance.model.tenants import TenantKey


class Disposition(StrEnum):
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EndedBy(StrEnum):
    CALLER = "caller"
    CALLEE = "callee"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the call detail: seconds since the call arrived, what happened, a note."""

    at: float
    event: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class MediaFigures:
    """One direction of one leg's media. Jitter in milliseconds (RFC 3550 § 6.4.1)."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    jitter_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class LegRecord:
    """One dialog of the call: the caller's own leg, or one attempt at a device."""

    direction: str
    """`in` towards the box (the caller), `out` from it."""
    number: str
    device: DeviceKey | None
    username: str
    remote_address: str
    transport: str
    user_agent: str
    outcome: str
    """SIP status and words of the leg's final answer, such as `200 OK` or `486 Busy Here`."""
    codec: str = ""
    secure_media: bool = False
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    received: MediaFigures = MediaFigures()
    sent: MediaFigures = MediaFigures()


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The fact that is kept of a call. `call_key` is a UUID hex, made when the call arrives."""

    call_key: str
    tenant: TenantKey
    caller_number: str
    caller_name: str
    dialled: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    disposition: Disposition | None = None
    ended_by: EndedBy | None = None
    reason: str = ""
    answered_number: str = ""
    legs: tuple[LegRecord, ...] = ()
    timeline: tuple[TimelineEntry, ...] = field(default=())
