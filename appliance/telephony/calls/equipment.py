"""The equipment that every leg and call uses, handed over whole by `main`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from appliance.clock import Clock
from appliance.model.calls import CallRecord
from appliance.model.devices import Device, DeviceKey
from appliance.telephony.directory import Directory
from appliance.telephony.media.port import MediaPort
from appliance.telephony.sip.dialog import DialogKey
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.session_timer import SessionPolicy
from appliance.telephony.sip.uri import Uri
from appliance.telephony.transport.driver import Driver

if TYPE_CHECKING:
    from appliance.telephony.calls.call import Call
    from appliance.telephony.calls.leg import Leg


class Contact(Protocol):
    """Where a registered device can be reached: a binding of the registrar."""

    @property
    def uri(self) -> Uri: ...
    @property
    def flow(self) -> Flow: ...
    @property
    def path(self) -> Sequence[str]: ...
    @property
    def instance(self) -> str:
        """Which phone it is (RFC 5626 § 4.1), "" where it does not say so."""


class Records(Protocol):
    """Where call records go; both return at once, the store commits within 100 ms."""

    def begin(self, record: CallRecord) -> None: ...
    def finish(self, record: CallRecord) -> None: ...


@dataclass(slots=True)
class CallCounters:
    """What happened on the wire since the start; shown by status and metrics."""

    arrived: int = 0
    answered: int = 0
    refused: int = 0
    failed_inside: int = 0
    """Calls ended by an error of our own; each is logged."""
    unmatched: int = 0
    """In-dialog requests for dialogs that are not here (481)."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """`contacts` gives a device's live contacts; `dialogs` finds a request's leg."""

    driver: Driver
    media: MediaPort
    directory: Directory
    records: Records
    contacts: Callable[[Device], Sequence[Contact]]
    clock: Clock
    session_policy: SessionPolicy = field(default_factory=SessionPolicy)
    dialogs: dict[DialogKey, Leg] = field(default_factory=dict)
    secure_profile: set[DeviceKey] = field(default_factory=set)
    """Devices with optional SRTP whose phones turned out to take RTP/SAVP only."""
    counters: CallCounters = field(default_factory=CallCounters)
    answered: Callable[[Call], None] = lambda _call: None
    """Told of every call whose caller was answered."""
