"""Matching, merging, CANCEL, PRACK and memory: what the core does between transactions."""

from appliance.telephony.sip.core import Core
from appliance.telephony.sip.core_events import RequestReceived
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, parse
from tests.telephony.sip.requests import invite, make
from tests.telephony.sip.wire import BOX, PHONE, Wire, label_of

UDP = Flow("udp", BOX, PHONE)
TCP = Flow("tcp", BOX, PHONE, 3)


def received(request: Request, via: str = "SIP/2.0/UDP 10.0.0.9:5062;branch=z9hG4bK1") -> Request:
    """`request` as it comes from the wire."""
    request.headers.prepend("Via", via)
    parsed = parse(bytes(request))
    assert isinstance(parsed, Request)
    return parsed


def sent(core: Core) -> list[str]:
    return [label_of(data) for _, data in core.outgoing()]


def register(number: int = 1) -> Request:
    branch = f"SIP/2.0/UDP 10.0.0.9:5062;branch=z9hG4bK{number}"
    return received(make("REGISTER", call_id=f"register-{number}", cseq=number), branch)


def test_an_ack_that_fits_nothing_is_absorbed() -> None:
    core = Core()
    assert core.receive(received(make("ACK")), UDP, 1.0) == []
    assert core.outgoing() == []


def test_a_response_that_fits_nothing_is_dropped() -> None:
    core = Core()
    assert core.receive(parse(bytes(register().reply(200))), UDP, 1.0) == []
    assert core.outgoing() == []


def test_a_cancel_that_fits_nothing_gets_481() -> None:
    core = Core()
    assert core.receive(received(make("CANCEL")), UDP, 1.0) == []
    assert sent(core) == ["481 CANCEL"]


def test_the_second_way_of_a_forked_request_gets_482() -> None:
    core = Core()
    core.receive(received(invite()), UDP, 1.0)
    other_way = "SIP/2.0/UDP 10.0.0.9:5062;branch=z9hG4bKother"
    assert core.receive(received(invite(), other_way), UDP, 1.1) == []
    assert sent(core) == ["482 INVITE"]


def test_a_request_repeated_after_a_stateless_challenge_is_new() -> None:
    core = Core()
    (event,) = core.receive(received(invite()), UDP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(401, to_tag="box"), 1.0, remember=False)
    assert sent(core) == ["401 INVITE"]
    assert core.receive(received(make("ACK", to="<sip:1002@acme.example>;tag=box")), UDP, 1.1) == []
    other = "SIP/2.0/UDP 10.0.0.9:5062;branch=z9hG4bK2"
    assert len(core.receive(received(invite(), other), UDP, 1.2)) == 1
    assert core.sizes()["alarms"] == 2  # the second INVITE's and the housekeeping's


def test_a_retransmission_after_the_answer_gets_the_same_bytes() -> None:
    core = Core()
    (event,) = core.receive(register(), UDP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(200), 1.0)
    first = core.outgoing()
    assert core.receive(register(), UDP, 1.5) == []
    assert core.outgoing() == first


def test_a_second_answer_to_one_request_is_not_sent() -> None:
    core = Core()
    (event,) = core.receive(register(), UDP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(200), 1.0)
    core.respond(event.transaction, event.request.reply(500), 1.0)
    assert sent(core) == ["200 REGISTER"]


def test_the_response_names_the_source_that_the_phone_cannot_know() -> None:
    core = Core()
    via = "SIP/2.0/UDP 10.0.0.9:5062;rport;branch=z9hG4bKnat"
    (event,) = core.receive(received(make("OPTIONS"), via), UDP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(200), 1.0)
    ((flow, data),) = core.outgoing()
    assert flow == UDP
    answered = parse(data).via
    assert (answered.received, answered.rport) == (PHONE[0], PHONE[1])


def test_interop_1_without_rport_the_answer_goes_to_the_source_all_the_same() -> None:
    core = Core()
    (event,) = core.receive(received(make("OPTIONS")), UDP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(200), 1.0)
    ((flow, data),) = core.outgoing()
    assert flow.remote == PHONE
    assert parse(data).via.received == PHONE[0]
    assert b"rport" not in data


def test_only_the_top_via_of_many_is_marked() -> None:
    core = Core()
    request = make("OPTIONS", ("Via", "SIP/2.0/TCP 10.0.0.7;branch=z9hG4bKfar"))
    (event,) = core.receive(received(request), UDP, 1.0)
    vias = event.request.vias if isinstance(event, RequestReceived) else ()
    assert [via.received for via in vias] == [PHONE[0], None]


def test_branches_of_rfc_2543_are_told_apart_by_call_and_cseq() -> None:
    core = Core()
    old = "SIP/2.0/UDP 10.0.0.9:5062;branch=1"
    assert len(core.receive(received(make("OPTIONS", call_id="a"), old), UDP, 1.0)) == 1
    assert len(core.receive(received(make("OPTIONS", call_id="b"), old), UDP, 1.0)) == 1
    assert core.receive(received(make("OPTIONS", call_id="a"), old), UDP, 1.0) == []


def test_a_flood_of_registers_leaves_bytes_only_and_few() -> None:
    core = Core(cache_entries=1000)
    for number in range(5000):
        (event,) = core.receive(register(number), UDP, 1.0)
        assert isinstance(event, RequestReceived)
        core.respond(event.transaction, event.request.reply(200), 1.0)
        core.outgoing()
    sizes = core.sizes()
    assert sizes["server_transactions"] == 0
    assert sizes["alarms"] == 1
    assert sizes["answers_kept"] <= 1000


def test_over_tcp_a_finished_request_leaves_nothing() -> None:
    core = Core()
    (event,) = core.receive(register(), TCP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(200), 1.0)
    assert core.sizes()["answers_kept"] == core.sizes()["server_transactions"] == 0


def test_a_request_that_nobody_answers_is_forgotten_after_a_while() -> None:
    core = Core()
    core.receive(register(), UDP, 1.0)
    core.handle_timer(33.0)
    core.handle_timer(66.0)
    assert core.sizes()["server_transactions"] == 0


def test_a_quiet_core_has_no_timer_left() -> None:
    core = Core()
    (event,) = core.receive(register(), UDP, 1.0)
    assert isinstance(event, RequestReceived)
    core.respond(event.transaction, event.request.reply(200), 1.0)
    for _ in range(5):
        if (at := core.next_timer()) is not None:
            core.handle_timer(at)
    assert core.next_timer() is None
    assert set(core.sizes().values()) == {0}


def test_a_closed_connection_fails_what_is_in_progress_on_it() -> None:
    core = Core()
    core.request(make("OPTIONS"), TCP, 1.0)
    core.request(invite(), Flow("tcp", BOX, PHONE, 4), 1.0)
    core.receive(received(invite(call_id="theirs")), TCP, 1.0)
    core.receive(register(5), TCP, 1.0)
    events = core.flow_closed(TCP, 2.0)
    methods = sorted(event.transaction.method for event in events)
    assert methods == ["INVITE", "OPTIONS"]
    assert {type(event).__name__ for event in events} == {"TransportFailed"}
    assert core.sizes()["client_transactions"] == 1
    assert core.sizes()["server_transactions"] == 0


def test_a_datagram_that_cannot_leave_fails_its_transactions_only() -> None:
    core = Core()
    core.request(make("OPTIONS"), UDP, 1.0)
    core.request(make("OPTIONS"), Flow("udp", BOX, ("192.0.2.11", 5060)), 1.0)
    assert len(core.flow_closed(UDP, 1.1)) == 1
    assert core.sizes()["client_transactions"] == 1


def test_a_request_over_an_address_of_ipv6_has_a_via_with_brackets() -> None:
    core = Core()
    core.request(
        make("OPTIONS"), Flow("tls", ("2001:db8::1", 5061), ("2001:db8::2", 40000), 9), 1.0
    )
    ((_, data),) = core.outgoing()
    assert b"Via: SIP/2.0/TLS [2001:db8::1]:5061;" in data


def test_a_prack_that_fits_nothing_gets_481() -> None:
    core = Core()
    prack = make("PRACK", ("RAck", "1 1 INVITE"), to="<sip:1002@acme.example>;tag=box")
    assert core.receive(received(prack), UDP, 1.0) == []
    assert sent(core) == ["481 PRACK"]


def test_two_cores_finish_a_request_though_half_of_the_wire_is_lost() -> None:
    wire = Wire(lose=[("OPTIONS", 1), ("OPTIONS", 2), ("200 OPTIONS", 1)])

    def answer(event: object) -> None:
        assert isinstance(event, RequestReceived)
        wire.box.core.respond(event.transaction, event.request.reply(200), wire.now)

    wire.box.on_event = answer
    wire.phone.core.request(make("OPTIONS"), wire.phone.flow, wire.now)
    wire.run(10)
    assert wire.box.kinds() == ["RequestReceived"]
    assert wire.phone.kinds() == ["ResponseReceived"]
    assert (wire.count("OPTIONS"), wire.count("200 OPTIONS")) == (4, 2)
