"""Client transactions against a lossy wire, failures first."""

import pytest

from appliance.telephony.sip.core_events import Event, RequestReceived, ResponseReceived
from appliance.telephony.sip.message import Request, Response, parse
from appliance.telephony.sip.transaction import ClientTransaction, ServerTransaction, State
from tests.telephony.sip.requests import invite, make
from tests.telephony.sip.wire import Wire

EVERYTHING = [("INVITE", n) for n in range(1, 20)] + [("OPTIONS", n) for n in range(1, 20)]


class Callee:
    """The box's TU: keeps the INVITE, says what it is told."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.transaction: ServerTransaction | None = None
        self.request: Request | None = None
        wire.box.on_event = self._take

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self.transaction, self.request = event.transaction, event.request

    def say(self, status: int, *headers: tuple[str, str], tag: str = "box") -> None:
        assert self.transaction is not None
        assert self.request is not None
        response = self.request.reply(status, headers=headers, to_tag=tag)
        self.wire.box.core.respond(self.transaction, response, self.wire.now)
        self.wire.run(0.1)


def call(wire: Wire, request: Request | None = None) -> ClientTransaction:
    transaction = wire.phone.core.request(request or invite(), wire.phone.flow, wire.now)
    wire.run(0.1)
    return transaction


def ack_for(wire: Wire, transaction: ClientTransaction, tag: str = "box") -> None:
    to = f"<sip:1002@acme.example>;tag={tag}"
    wire.phone.core.acknowledge(transaction, make("ACK", to=to))
    wire.run(0.1)


def statuses(wire: Wire) -> list[int]:
    events = wire.phone.events
    return [event.response.status for event in events if isinstance(event, ResponseReceived)]


def test_an_invite_that_nobody_hears_is_sent_seven_times_and_times_out() -> None:
    wire = Wire(lose=EVERYTHING)
    call(wire)
    wire.run(40)
    assert wire.phone.kinds() == ["TimedOut"]
    assert [round(at - 100, 1) for at in wire.times] == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]


def test_another_request_that_nobody_hears_is_sent_every_four_seconds_at_last() -> None:
    wire = Wire(lose=EVERYTHING)
    call(wire, make("OPTIONS"))
    wire.run(40)
    assert wire.phone.kinds() == ["TimedOut"]
    assert [round(at - 100, 1) for at in wire.times][:6] == [0, 0.5, 1.5, 3.5, 7.5, 11.5]
    assert wire.count("OPTIONS") == 11


@pytest.mark.parametrize("request_", [invite(), make("OPTIONS")], ids=lambda made: made.method)
def test_over_tcp_nothing_is_sent_twice_before_it_times_out(request_: Request) -> None:
    wire = Wire("tcp", lose=EVERYTHING)
    call(wire, request_)
    wire.run(40)
    assert wire.phone.kinds() == ["TimedOut"]
    assert len(wire.log) == 1


def test_a_lost_ack_to_a_failure_is_sent_again_and_the_owner_hears_once() -> None:
    wire = Wire(lose=[("ACK", 1)])
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(486)
    wire.run(5)
    assert statuses(wire) == [486]
    assert (wire.count("486 INVITE"), wire.count("ACK")) == (2, 2)
    states = [transaction.state]
    wire.run(33)
    states.append(transaction.state)
    assert states == [State.COMPLETED, State.TERMINATED]


def test_the_ack_to_a_failure_carries_the_route_and_via_of_its_invite() -> None:
    wire = Wire()
    callee = Callee(wire)
    transaction = call(wire, invite(("Route", "<sip:192.0.2.1;lr>")))
    callee.say(486)
    ack = parse(next(data for data in wire.sent if data.startswith(b"ACK ")))
    assert isinstance(ack, Request)
    assert str(ack.via) == str(transaction.request.via)
    assert ack.to.tag == "box"
    assert ack.cseq.number == 1
    assert [str(route) for route in ack.route] == ["<sip:192.0.2.1;lr>"]


def test_interop_23_a_cancel_waits_for_a_provisional_response() -> None:
    wire = Wire(lose=[("INVITE", 1)])
    callee = Callee(wire)
    transaction = call(wire)
    wire.phone.core.cancel(transaction, wire.now)
    wire.run(0.3)
    assert wire.count("CANCEL") == 0
    wire.run(1)
    assert wire.log == ["INVITE", "INVITE", "100 INVITE", "CANCEL", "200 CANCEL"]
    assert wire.box.kinds() == ["RequestReceived", "Cancelled"]
    callee.say(487)
    assert statuses(wire) == [487]


def test_interop_23_a_200_that_crosses_the_cancel_goes_up() -> None:
    wire = Wire(lose=[("CANCEL", 1)])
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(180)
    wire.phone.core.cancel(transaction, wire.now)
    callee.say(200)
    assert statuses(wire) == [180, 200]
    ack_for(wire, transaction)
    assert "Acknowledged" in wire.box.kinds()


def test_a_cancel_after_the_final_response_sends_nothing() -> None:
    wire = Wire()
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(486)
    wire.phone.core.cancel(transaction, wire.now)
    wire.run(5)
    assert wire.count("CANCEL") == 0


def test_a_cancelled_call_without_final_response_times_out() -> None:
    wire = Wire()
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(180)
    wire.run(60)
    wire.phone.core.cancel(transaction, wire.now)
    wire.run(40)
    assert wire.phone.kinds() == ["ResponseReceived", "TimedOut"]


def test_a_cancel_carries_the_reason_and_the_branch_of_its_invite() -> None:
    wire = Wire()
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(180)
    wire.phone.core.cancel(transaction, wire.now, 'SIP;cause=200;text="Call completed elsewhere"')
    ((_, data),) = wire.phone.core.outgoing()
    cancel = parse(data)
    assert isinstance(cancel, Request)
    assert cancel.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    assert str(cancel.via) == str(transaction.request.via)
    assert cancel.to.tag in (None, "")


def test_each_retransmission_of_a_2xx_gets_the_ack_again() -> None:
    wire = Wire(lose=[("ACK", 1), ("ACK", 2)])
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(200)
    ack_for(wire, transaction)
    wire.run(10)
    assert statuses(wire) == [200]
    assert (wire.count("200 INVITE"), wire.count("ACK")) == (3, 3)
    assert wire.box.kinds() == ["RequestReceived", "Acknowledged"]


def test_a_fork_that_answers_twice_has_an_ack_for_each() -> None:
    wire = Wire()
    callee = Callee(wire)
    transaction = call(wire)
    callee.say(200)
    assert callee.request is not None
    second = bytes(callee.request.reply(200, to_tag="other"))
    wire.put(wire.box, second)
    wire.run(0.1)
    assert statuses(wire) == [200, 200]
    ack_for(wire, transaction)
    ack_for(wire, transaction, "other")
    before = wire.count("ACK")
    wire.put(wire.box, second)
    wire.run(0.1)
    assert wire.count("ACK") == before + 1
    assert statuses(wire) == [200, 200]


def test_a_reliable_provisional_goes_up_once_and_in_order() -> None:
    wire = Wire()
    callee = Callee(wire)
    call(wire)
    assert callee.request is not None

    def progress(rseq: int) -> None:
        headers = [("Require", "100rel"), ("RSeq", str(rseq))]
        assert callee.request is not None
        wire.put(wire.box, bytes(callee.request.reply(183, headers=headers, to_tag="box")))
        wire.run(0.05)

    for rseq in (7, 7, 9, 8, 8):
        progress(rseq)
    answers = [event for event in wire.phone.events if isinstance(event, ResponseReceived)]
    rseqs = [event.response.rseq for event in answers]
    assert rseqs == [7, 8]


def test_100_stays_below() -> None:
    wire = Wire()
    Callee(wire)
    call(wire)
    wire.run(1)
    assert wire.log == ["INVITE", "100 INVITE"]
    assert wire.phone.events == []


def test_events_go_with_the_transaction_of_their_owner() -> None:
    wire = Wire()
    callee = Callee(wire)
    heard: list[Event] = []
    transaction = wire.phone.core.request(invite(), wire.phone.flow, wire.now, heard.append)
    wire.run(0.1)
    callee.say(486)
    (event,) = wire.phone.events
    assert event.transaction is transaction
    assert isinstance(event, ResponseReceived)
    assert isinstance(event.response, Response)
    assert transaction.owner == heard.append
