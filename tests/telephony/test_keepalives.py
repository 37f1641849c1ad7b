"""interop 4: keep-alives to UDP phones behind NAT."""

from dataclasses import replace

from tests.telephony.registration import AT_HOME, Box, Phone, tcp

PRIVATE = "<sip:1001-desk@10.0.0.9:5060>"


def behind_nat(box: Box, username: str = "1001-desk") -> None:
    Phone(box, username).register(contact=PRIVATE.replace("1001-desk", username))


def test_interop_4_only_udp_phones_behind_nat_are_asked() -> None:
    box = Box()
    Phone(box).register()
    Phone(box, "1002-desk", flow=tcp(7)).register(contact="<sip:1002-desk@10.0.0.9:5060>")
    box.pass_time(60)
    assert box.keepalives.due(box.now) == []


def test_a_phone_behind_its_own_proxy_is_not_asked() -> None:
    box = Box()
    Phone(box).register("Path: <sip:edge.example;lr>", contact=PRIVATE)
    assert box.keepalives.due(60) == []


def test_interop_4_a_phone_behind_nat_is_asked_every_30_seconds_at_its_flow() -> None:
    box = Box()
    behind_nat(box)
    assert box.keepalives.due(29) == []
    for moment in (30, 60, 90):
        (keepalive,) = box.keepalives.due(moment)
        assert keepalive.contact.flow == AT_HOME
        assert str(keepalive.contact.uri) == "sip:1001-desk@10.0.0.9:5060"
        assert box.keepalives.due(moment) == []
    assert box.registrar.next_timer() == 120


def test_phones_that_came_together_are_not_asked_together() -> None:
    box = Box(chance=0.0)
    behind_nat(box)
    box.chance = 0.8
    behind_nat(box, "1002-desk")
    assert [k.device for k in box.keepalives.due(20)] == [2]
    assert [k.device for k in box.keepalives.due(30)] == [1]


def test_a_phone_that_answers_nothing_is_unreachable_until_it_does() -> None:
    box = Box()
    behind_nat(box)
    for moment in (30, 60, 90):
        (keepalive,) = box.keepalives.due(moment)
        assert box.state() == "registered"
        box.keepalives.lost(keepalive)
    assert box.state() == "unreachable"
    assert box.contacts() == []
    (keepalive,) = box.keepalives.due(120)
    box.keepalives.answered(keepalive, 121)
    assert box.state() == "registered"
    assert len(box.contacts()) == 1


def test_one_lost_now_and_then_is_nothing() -> None:
    box = Box()
    behind_nat(box)
    for moment in range(30, 270, 30):
        (keepalive,) = box.keepalives.due(moment)
        box.keepalives.lost(keepalive)
        box.keepalives.lost(keepalive)
        box.keepalives.answered(keepalive, moment)
    assert box.state() == "registered"


def test_a_register_revives_a_phone_that_was_silent() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=PRIVATE)
    (keepalive,) = box.keepalives.due(30)
    for _ in range(3):
        box.keepalives.lost(keepalive)
    assert box.state() == "unreachable"
    phone.register(contact=PRIVATE)
    assert box.state() == "registered"


def test_news_of_a_binding_that_has_gone_changes_nothing() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=PRIVATE)
    (keepalive,) = box.keepalives.due(30)
    phone.register("Expires: 0", contact=PRIVATE)
    for _ in range(3):
        box.keepalives.lost(keepalive)
    box.keepalives.answered(keepalive, 31)
    assert box.state() == "idle"
    assert box.keepalives.due(90) == []


def test_an_answer_counts_as_seen() -> None:
    box = Box()
    behind_nat(box)
    (keepalive,) = box.keepalives.due(30)
    box.pass_time(31)
    box.keepalives.answered(keepalive, 31)
    status = box.bindings.status(keepalive.device, 31)
    assert status.last_seen == box.wall()


def test_after_a_restart_phones_behind_nat_are_asked_again() -> None:
    box = Box()
    behind_nat(box)
    box.pass_time(100)
    again = box.restarted()
    assert len(again.keepalives.due(30)) == 1


def test_a_phone_that_moved_is_asked_where_it_is() -> None:
    box = Box()
    phone = Phone(box)
    phone.register(contact=PRIVATE)
    phone.flow = replace(AT_HOME, remote=("203.0.113.24", 61000))
    phone.register(contact=PRIVATE)
    (keepalive,) = box.keepalives.due(30)
    assert keepalive.contact.flow.remote == ("203.0.113.24", 61000)
