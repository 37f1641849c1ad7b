"""What a REGISTER does, as phones and operators see it (RFC 3261 § 10.3, manual § 9.6, § 22.2)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.model.devices import DeviceKey
from appliance.telephony.registrar import RegistrarSettings
from tests.telephony.registration import AT_HOME, BOX, Box, Phone, granted, tcp

DESK = DeviceKey(1)
PRIVATE = "<sip:1001-desk@10.0.0.9:5060>"
"""A Contact as a phone behind NAT writes it."""


def instance(number: int, reg_id: int = 0) -> str:
    flow = f";reg-id={reg_id}" if reg_id else ""
    return f';+sip.instance="<urn:uuid:00000000-0000-0000-0000-00000000000{number}>"{flow}'


# What is refused.


def test_nobody_registers_for_a_name_that_is_not_their_own() -> None:
    box = Box()
    assert Phone(box).register(name="1002-desk").status == 403
    assert box.contacts(1) == box.contacts(2) == []
    assert "not its own" in box.bindings.status(DESK, 0).rejections[0].reason


def test_an_extension_that_we_do_not_know_is_not_required_of_us() -> None:
    answer = Phone(Box()).register("Require: gruu, path")
    assert answer.status == 420
    assert answer.get("Unsupported") == "gruu"


@pytest.mark.parametrize("expires", ["Expires: 60", "Subject: none", "Expires: soon"])
def test_a_star_without_expires_0_is_refused_and_nothing_is_removed(expires: str) -> None:
    box = Box()
    phone = Phone(box)
    phone.register()
    assert phone.register(expires, contact="*").status == 400
    assert len(box.contacts()) == 1


def test_an_expiry_too_short_is_told_the_shortest() -> None:
    box = Box()
    answer = Phone(box).register("Expires: 30")
    assert answer.status == 423
    assert answer.get("Min-Expires") == "60"
    assert box.contacts() == []


def test_one_contact_too_short_changes_none_of_the_others() -> None:
    box = Box()
    both = f"<sip:a@203.0.113.24>;expires=600, {PRIVATE};expires=5"
    assert Phone(box).register(contact=both).status == 423
    assert box.contacts() == []


def test_a_request_older_than_the_last_is_refused() -> None:
    box = Box()
    phone = Phone(box)
    phone.register()
    late = phone.cseq
    phone.register()
    phone.cseq = late - 2
    assert phone.register("Expires: 0").status == 500
    assert len(box.contacts()) == 1


def test_after_a_restart_of_the_phone_its_count_begins_anew() -> None:
    box = Box()
    first = Phone(box)
    first.cseq = 1000
    first.register()
    assert Phone(box, call_id="another").register().status == 200


def test_too_many_contacts_at_once_are_refused() -> None:
    many = ", ".join(f"<sip:{n}@203.0.113.24>" for n in range(11))
    assert Phone(Box()).register(contact=many).status == 400


def test_a_contact_beyond_all_measure_is_refused() -> None:
    assert Phone(Box()).register(contact=f"<sip:{'x' * 3000}@203.0.113.24>").status == 400


# Bindings.


def test_a_registered_phone_is_reached_over_its_flow_whatever_its_contact_says() -> None:
    """interop 2"""
    box = Box()
    answer = Phone(box).register(contact=PRIVATE)
    (contact,) = box.bindings.contacts(DESK)
    assert contact.flow == AT_HOME
    assert str(contact.uri) == "sip:1001-desk@10.0.0.9:5060"
    assert answer.all("Contact")[0].startswith(PRIVATE)


@pytest.mark.parametrize(
    "contact",
    [
        '"Alice" <sip:1001-desk@203.0.113.24:5060;transport=udp;line=f00>;q=0.7;+x="a,b"',
        "sip:1001-desk@203.0.113.24:5060;q=0.5",
        f"<sip:1001-desk@203.0.113.24>{instance(1)}",
    ],
)
@pytest.mark.parametrize("expiry", ["", ";expires=600"])
def test_interop_2_a_phone_is_told_its_own_contact_unchanged(contact: str, expiry: str) -> None:
    answer = Phone(Box()).register("Expires: 600", contact=contact + expiry)
    assert answer.all("Contact") == [f"{contact};expires=600"]


def test_several_contacts_of_a_device_all_count() -> None:
    box = Box()
    Phone(box).register()
    office = Phone(box, flow=replace(AT_HOME, remote=("198.51.100.7", 5060)))
    answer = office.register()
    assert len(answer.all("Contact")) == 2
    assert box.contacts() == ["sip:1001-desk@203.0.113.24:5060", "sip:1001-desk@198.51.100.7:5060"]


def test_interop_3_a_rebooted_phone_leaves_no_ghost() -> None:
    box = Box()
    Phone(box).register(contact=f"<sip:1001-desk@203.0.113.24:5060>{instance(1)}")
    moved = replace(AT_HOME, remote=("203.0.113.24", 5099))
    Phone(box, flow=moved).register(contact=f"<sip:1001-desk@203.0.113.24:5099>{instance(1)}")
    assert box.contacts() == ["sip:1001-desk@203.0.113.24:5099"]
    assert len(box.binding_store.rows) == 1


def test_interop_3_replacing_a_binding_is_not_seen_as_coming_and_going() -> None:
    box = Box()
    Phone(box).register(contact=f"<sip:1001-desk@203.0.113.24:5060>{instance(1)}")
    box.changes.clear()
    Phone(box).register(contact=f"<sip:1001-desk@203.0.113.24:5061>{instance(1)}")
    assert box.changes == []


def test_interop_3_two_phones_and_two_flows_of_one_stay_apart() -> None:
    box = Box()
    for number, reg_id in ((1, 1), (1, 2), (2, 1)):
        Phone(box).register(
            "Supported: path, outbound",
            contact=f"<sip:1001-desk@203.0.113.24:5060>{instance(number, reg_id)}",
        )
    assert len(box.contacts()) == 3
    answer = Phone(box).register(
        "Supported: path, outbound",
        contact=f"<sip:1001-desk@203.0.113.99:5060>{instance(1, 2)}",
    )
    assert len(box.contacts()) == 3
    assert answer.get("Require") == "outbound"


def test_the_same_contact_is_renewed_and_not_doubled() -> None:
    box = Box()
    phone = Phone(box)
    for _ in range(3):
        phone.register()
    Phone(box).register()
    assert len(box.contacts()) == 1


def test_a_phone_that_comes_from_another_port_is_reached_there() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=PRIVATE)
    phone.flow = replace(AT_HOME, remote=("203.0.113.24", 61000))
    phone.register(contact=PRIVATE)
    (contact,) = box.bindings.contacts(DESK)
    assert contact.flow.remote == ("203.0.113.24", 61000)


def test_without_a_contact_a_phone_asks_and_changes_nothing() -> None:
    box = Box()
    phone = Phone(box)
    phone.register("Expires: 600")
    box.pass_time(100)
    answer = phone.register(contact="")
    assert granted(answer) == [500]
    assert granted(Phone(box, "1002-desk").register(contact="")) == []


def test_expires_0_takes_one_contact_away() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=f"{PRIVATE}, <sip:b@203.0.113.24>")
    answer = phone.register(contact=f"{PRIVATE};expires=0")
    assert box.contacts() == ["sip:b@203.0.113.24"]
    assert len(answer.all("Contact")) == 1
    assert phone.register("Expires: 0", contact="<sip:b@203.0.113.24>").all("Contact") == []
    assert box.state() == "idle"
    assert box.binding_store.rows == {}


def test_taking_away_what_is_not_there_is_fine() -> None:
    assert Phone(Box()).register("Expires: 0").status == 200


def test_a_star_takes_all_contacts_away() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=f"{PRIVATE}, <sip:b@203.0.113.24>")
    Phone(box).register(contact="<sip:c@203.0.113.24>")
    assert phone.register("Expires: 0", contact="*").status == 200
    assert box.contacts() == []


def test_over_the_limit_the_contact_longest_silent_goes() -> None:
    box = Box(RegistrarSettings(contacts_per_device=3))
    for port in range(5):
        box.pass_time(1)
        Phone(box).register(contact=f"<sip:1001-desk@203.0.113.24:{port + 1}>")
    assert [uri[-1] for uri in box.contacts()] == ["3", "4", "5"]


def test_path_is_kept_for_the_way_back_and_told_to_who_knows_it() -> None:
    box = Box()
    path = "Path: <sip:edge.example;lr>, <sip:inner.example;lr>"
    answer = Phone(box).register(path, "Supported: path")
    assert answer.all("Path") == ["<sip:edge.example;lr>", "<sip:inner.example;lr>"]
    (contact,) = box.bindings.contacts(DESK)
    assert contact.path == ("<sip:edge.example;lr>", "<sip:inner.example;lr>")
    assert Phone(box).register(path).get("Path") is None


def test_what_a_phone_supports_is_known_of_its_contact() -> None:
    box = Box()
    Phone(box).register("Supported: replaces, timer")
    (contact,) = box.bindings.contacts(DESK)
    assert contact.supports == {"replaces", "timer"}
    assert contact.user_agent.startswith("Yealink")


def test_devices_do_not_see_each_others_contacts() -> None:
    box = Box()
    Phone(box).register()
    answer = Phone(box, "1002-desk").register()
    assert len(answer.all("Contact")) == 1
    assert box.contacts(2) == ["sip:1002-desk@203.0.113.24:5060"]


# Expiry (interop 6).


@pytest.mark.parametrize(
    ("contact", "expires", "expected"),
    [
        ("", "Expires: 600", 600),
        (";expires=120", "Expires: 600", 120),
        ("", "Expires: 86400", 3600),
        ("", "Expires: 4294967296", 3600),
        ("", "Subject: none", 3600),
        (";expires=later", "Expires: 600", 600),
        ("", "Expires: 60", 60),
    ],
)
def test_interop_6_the_expiry_in_force_is_answered(
    contact: str, expires: str, expected: int
) -> None:
    box = Box()
    phone = Phone(box)
    assert granted(phone.register(expires, contact=phone.contact + contact)) == [expected]


@pytest.mark.parametrize(
    ("contact", "flow", "expected"),
    [
        (PRIVATE, AT_HOME, 300),
        ("<sip:1001-desk@203.0.113.24>", AT_HOME, 3600),
        ("<sip:1001-desk@203.0.113.24:5062>", AT_HOME, 300),
        (PRIVATE, tcp(7), 3600),
    ],
)
def test_interop_6_a_udp_phone_behind_nat_renews_sooner(
    contact: str, flow: object, expected: int
) -> None:
    phone = Phone(Box(), flow=flow)  # type: ignore[arg-type]
    assert granted(phone.register("Expires: 3600", contact=contact)) == [expected]


@given(st.integers(60, 100000), st.floats(0, 0.999), st.booleans())
def test_interop_6_renewals_are_spread_but_never_beyond_what_was_asked(
    asked: int, chance: float, nat: bool
) -> None:
    box = Box(chance=chance)
    contact = PRIVATE if nat else None
    (seconds,) = granted(Phone(box).register(f"Expires: {asked}", contact=contact))
    longest = min(asked, 300 if nat else 3600)
    assert max(60, longest * 0.9 - 1) <= seconds <= longest
    box.pass_time(seconds - 1)
    assert box.state() == "registered"
    box.pass_time(2)
    assert box.state() == "expired"


# Overload (interop 6).


def test_interop_6_a_site_powering_up_is_told_to_come_back() -> None:
    box = Box(RegistrarSettings(new_per_second=2), chance=0.5)
    for key in range(10, 20):
        box.directory.add(key, f"{key}-desk", str(key))
    answers = [Phone(box, f"{key}-desk").register for key in range(10, 13)]
    assert [register().status for register in answers] == [200, 200, 200]
    turned_away = box.registrar.register(Phone(box, "13-desk").request(), AT_HOME, box.now)
    assert turned_away.status == 503
    assert turned_away.get("Retry-After") == "17"
    box.pass_time(1)
    assert Phone(box, "13-desk").register().status == 200


def test_interop_6_renewals_are_not_turned_away() -> None:
    box = Box(RegistrarSettings(new_per_second=1))
    phone = Phone(box)
    phone.register()
    Phone(box, "1002-desk").register()
    assert box.registrar.register(Phone(box, "1001-web").request(), AT_HOME, 0).status == 503
    assert phone.register().status == 200


def test_who_does_not_know_a_password_keeps_nobody_out() -> None:
    box = Box(RegistrarSettings(new_per_second=1))
    for _ in range(50):
        Phone(box, secret="guess", flow=replace(AT_HOME, remote=("198.51.100.66", 1))).register()
    assert Phone(box, "1002-desk").register().status == 200


# Connections (interop 5) and restarts.


def test_interop_5_a_closed_connection_ends_its_contact_at_once() -> None:
    box = Box()
    Phone(box, flow=tcp(7)).register()
    box.bindings.flow_closed(tcp(7))
    assert box.contacts() == []
    assert box.state() == "unreachable"
    Phone(box, flow=tcp(8)).register()
    assert box.state() == "registered"
    assert len(box.contacts()) == 1


def test_interop_5_the_end_of_an_older_connection_does_not_touch_the_newer() -> None:
    box = Box()
    phone = Phone(box, flow=tcp(7))
    phone.register()
    phone.flow = tcp(8, port=40000)
    phone.register()
    box.bindings.flow_closed(tcp(7))
    assert box.state() == "registered"


def test_a_closed_browser_tab_is_idle_and_not_unreachable() -> None:
    box = Box()
    flow = replace(tcp(9), transport="wss")
    Phone(box, "1001-web", flow=flow).register(contact="<sip:x@y.invalid;transport=ws>")
    box.bindings.flow_closed(flow)
    assert box.state(3) == "idle"


def test_over_a_restart_udp_phones_are_there_and_those_of_connections_unreachable() -> None:
    box = Box()
    Phone(box).register("Expires: 600")
    Phone(box, "1002-desk", flow=tcp(7)).register()
    again = box.restarted()
    assert again.contacts(1) == ["sip:1001-desk@203.0.113.24:5060"]
    assert again.bindings.contacts(DESK)[0].flow == AT_HOME
    assert again.state(2) == "unreachable"
    assert again.bindings.registered == 1
    again.pass_time(591)
    assert again.state(1) == "expired"


def test_after_a_restart_a_renewal_is_a_renewal() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=PRIVATE + ";expires=600")
    again = box.restarted()
    phone.box = again
    assert granted(phone.register(contact=PRIVATE + ";expires=600")) == [300]
    phone.cseq -= 5
    assert phone.register(contact=PRIVATE).status == 500


def test_what_expired_while_the_box_was_off_is_expired() -> None:
    box = Box()
    Phone(box).register("Expires: 600")
    assert box.restarted(after=700).state() == "expired"


# States (manual § 9.6.1).


def test_the_states_of_a_phone_in_the_order_it_goes_through_them() -> None:
    box = Box()
    phone = Phone(box)
    phone.register("Expires: 600")
    box.pass_time(601)
    phone.register("Expires: 600")
    phone.register("Expires: 0")
    Phone(box, secret="guess").register()
    phone.register()
    assert [new.value for _, _, new in box.changes] == [
        "registered",
        "expired",
        "registered",
        "idle",
        "rejected",
        "registered",
    ]
    assert all(old is not new for _, old, new in box.changes)


def test_long_after_its_expiry_a_phone_is_idle_and_forgotten() -> None:
    box = Box()
    Phone(box).register("Expires: 600")
    box.pass_time(601)
    assert len(box.binding_store.rows) == 1
    box.pass_time(86401)
    assert box.state() == "idle"
    assert box.binding_store.rows == {}


def test_an_attempt_refused_elsewhere_leaves_a_registered_phone_registered() -> None:
    box = Box()
    Phone(box).register()
    intruder = replace(AT_HOME, remote=("198.51.100.66", 5060))
    Phone(box, secret="guess", flow=intruder).register()
    assert box.state() == "registered"
    assert box.bindings.status(DESK, 0).rejections[0].address == "198.51.100.66:5060"


def test_only_the_last_attempts_are_remembered() -> None:
    box = Box()
    phone = Phone(box, secret="guess")
    for _ in range(9):
        phone.register()
    for _ in range(9):
        phone.register()
    assert len(box.bindings.status(DESK, 0).rejections) == 10


def test_an_operator_sees_where_a_phone_is_and_when_it_was_seen() -> None:
    box = Box()
    Phone(box).register("Expires: 600")
    box.pass_time(38)
    status = box.bindings.status(DESK, box.now)
    assert (status.state, status.address, status.transport) == (
        "registered",
        "203.0.113.24:5060",
        "udp",
    )
    assert status.user_agent.startswith("Yealink")
    assert status.last_seen == box.start
    assert status.expires_at is not None
    assert (status.expires_at - box.wall()).total_seconds() == 562
    assert status.contacts == 1


def test_a_phone_that_never_came_is_idle_and_nowhere() -> None:
    status = Box().bindings.status(DESK, 0)
    assert (status.state, status.address, status.last_seen) == ("idle", "", None)


# Many requests.

CONTACTS = [f"<sip:1001-desk@203.0.113.24:{port}>" for port in (5060, 5061, 5062)]
INSTANCES = ["", instance(1), instance(2, 1), instance(2, 2)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CONTACTS),
            st.sampled_from(INSTANCES),
            st.sampled_from([0, 60, 600]),
            st.sampled_from([0, 30, 400]),
            st.sampled_from([AT_HOME, tcp(1), tcp(2, 40002)]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_whatever_phones_do_the_table_and_the_store_agree(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    box = Box()
    for contact, instance_, expires, wait, flow, closes in steps:
        answer = Phone(box, flow=flow).register(f"Expires: {expires}", contact=contact + instance_)
        assert answer.status == 200
        box.pass_time(wait)
        if closes:
            box.bindings.flow_closed(flow)
        there = box.bindings.of(DESK)
        assert len(box.binding_store.rows) == len(there)
        assert len(box.contacts()) <= len([b for b in there if b.current])
        assert len({(b.uri, b.instance, b.reg_id) for b in there}) == len(there)
        assert (box.state() == "registered") == bool(box.contacts())
        assert box.bindings.registered == bool(box.contacts())
        assert all(b.expires_at > box.now for b in there if b.current)
    box.pass_time(90000)
    box.pass_time(90000)
    assert box.bindings.of(DESK) == []
    assert len(box.bindings._expiries) == 0
    assert box.bindings._connections == {}


def test_box_address_is_that_of_the_flow() -> None:
    box = Box()
    Phone(box).register()
    (row,) = box.binding_store.rows.values()
    assert (row.local_host, row.local_port) == BOX
