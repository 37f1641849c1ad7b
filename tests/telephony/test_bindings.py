"""The table by itself; what REGISTER does to it is in test_registrar.py."""

from datetime import UTC, datetime

from appliance.model.devices import DeviceKey
from appliance.telephony.bindings import Bindings, Rejection
from tests.telephony.registration import AT_HOME, Box, FakeBindingStore, Phone, tcp

DESK = DeviceKey(1)


def test_a_device_of_which_nothing_is_known_is_idle() -> None:
    bindings = Bindings(FakeBindingStore(), lambda: datetime.now(UTC), lambda *_: None)
    assert bindings.state(DESK).value == "idle"
    assert bindings.contacts(DESK) == ()
    assert not bindings.registered_from(DESK, "203.0.113.24")
    assert bindings.next_timer() is None


def test_an_address_counts_only_while_the_registration_lives() -> None:
    box = Box()
    Phone(box).register("Expires: 600")
    assert box.bindings.registered_from(DESK, "203.0.113.24")
    assert not box.bindings.registered_from(DESK, "203.0.113.25")
    box.pass_time(601)
    assert not box.bindings.registered_from(DESK, "203.0.113.24")


def test_a_flow_without_bindings_may_close() -> None:
    box = Box()
    box.bindings.flow_closed(tcp(99))
    Phone(box).register()
    box.bindings.flow_closed(AT_HOME)
    assert box.state() == "registered"


def test_a_deleted_device_leaves_nothing_behind() -> None:
    box = Box()
    Phone(box, flow=tcp(7)).register()
    box.bindings.rejected(DESK, Rejection(box.wall(), "x", "udp", "", "wrong secret"), 0)
    box.bindings.forget(DESK, 1)
    box.bindings.forget(DESK, 1)
    assert box.binding_store.rows == {}
    assert box.bindings.devices() == []
    assert box.bindings._connections == {}
    assert len(box.bindings._expiries) == 0
    assert box.changes[-1][2].value == "idle"


def test_registered_devices_are_counted_once_each() -> None:
    box = Box()
    for contact in ("<sip:a@203.0.113.24>", "<sip:b@203.0.113.24>"):
        Phone(box).register(contact=contact)
    Phone(box, "1002-desk").register()
    assert box.bindings.registered == 2
    box.pass_time(3601)
    assert box.bindings.registered == 0
