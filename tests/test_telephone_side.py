"""What happens on the wire is told, once each."""

from datetime import UTC, datetime

from appliance.control.news import CallBegan, CallEnded, DevicesSignedOff, StateChanged
from appliance.control.registrations import StateCounts
from appliance.events import Events
from appliance.model.bindings import RegistrationState
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.tenants import TenantKey
from appliance.telephone_side import ToldRecords

IDLE, EXPIRED = RegistrationState.IDLE, RegistrationState.EXPIRED
REGISTERED = RegistrationState.REGISTERED
ACME, HELIOS = TenantKey(1), TenantKey(2)
RECORD = CallRecord("key", ACME, "1001", "Alice Tan", "1002", datetime(2026, 11, 23, tzinfo=UTC))


class Kept:
    """Fills telephony's Records."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    def begin(self, record: CallRecord) -> None:
        self.records.append(record)

    def finish(self, record: CallRecord) -> None:
        self.records.append(record)


def test_record_is_kept_and_told_even_if_a_listener_breaks() -> None:
    events, kept = Events(), Kept()
    told: list[object] = []

    def break_down(_news: CallBegan) -> None:
        raise ValueError

    events.listen(CallBegan, break_down)
    events.listen(CallBegan, told.append)
    events.listen(CallEnded, told.append)
    records = ToldRecords(kept, events)
    records.begin(RECORD)
    records.finish(RECORD)
    assert kept.records == [RECORD, RECORD]
    assert told == [CallBegan(RECORD), CallEnded(RECORD)]


def moved(
    device: int, tenant: TenantKey, old: RegistrationState, new: RegistrationState
) -> StateChanged:
    return StateChanged(DeviceKey(device), tenant, "1001", f"1001-{device}", old, new)


def test_states_are_counted_by_tenant_as_devices_come_and_go() -> None:
    events = Events()
    counts = StateCounts(events)
    events.publish(moved(1, ACME, IDLE, REGISTERED))
    events.publish(moved(2, ACME, IDLE, REGISTERED))
    events.publish(moved(3, HELIOS, IDLE, REGISTERED))
    assert (counts.registered(ACME), counts.registered(HELIOS)) == (2, 1)
    events.publish(moved(1, ACME, REGISTERED, EXPIRED))
    assert (counts.registered(ACME), counts.of(ACME)[EXPIRED]) == (1, 1)
    events.publish(moved(2, ACME, REGISTERED, IDLE))
    assert counts.registered(ACME) == 0


def test_deleted_devices_count_no_longer_whatever_is_told_of_them_later() -> None:
    events = Events()
    counts = StateCounts(events)
    events.publish(moved(1, ACME, IDLE, REGISTERED))
    events.publish(DevicesSignedOff((DeviceKey(1), DeviceKey(7))))
    assert counts.registered(ACME) == 0
    events.publish(moved(1, ACME, REGISTERED, IDLE))
    assert dict(counts.of(ACME)) == {REGISTERED: 0}
