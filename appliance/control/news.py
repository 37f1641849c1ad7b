"""News between the telephone side and control, as events.

What happens on the wire is published by `main` and heard by the feed, webhooks and counts; what a
change means for phones is told with its commit and heard by `main`.
"""

from dataclasses import dataclass

from appliance.model.bindings import RegistrationState
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.tenants import TenantKey


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A device's registration stands otherwise now (manual § 9.6.1). `address` is `host:port` as
    the box saw it, "" where none is known."""

    device: DeviceKey
    tenant: TenantKey
    extension: str
    username: str
    old: RegistrationState
    new: RegistrationState
    address: str = ""


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A call arrived; its record is open."""

    record: CallRecord


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Its caller talks to somebody, or to a service of the box."""

    record: CallRecord


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over; its record is on its way to the disk (manual § 25.4)."""

    record: CallRecord


@dataclass(frozen=True, slots=True)
class DevicesSignedOff:
    """For the telephone side: whatever is registered by these devices is so no longer, since they
    were deleted, their secret was replaced, or their extension was disabled."""

    devices: tuple[DeviceKey, ...]


@dataclass(frozen=True, slots=True)
class BlockLifted:
    """For the telephone side: this name may try again from this address."""

    username: str
    address: str
