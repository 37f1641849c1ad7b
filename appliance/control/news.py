"""What the telephone side tells: published by `main`, heard by the feed, webhooks and counts."""

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
