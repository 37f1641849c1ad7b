"""Server transactions against a lossy wire, failures first. The box is the UAS under test."""

import pytest

from appliance.telephony.sip.core_events import Cancelled, Event, RequestReceived
from appliance.telephony.sip.message import Request
from appliance.telephony.sip.transaction import ClientTransaction, ServerTransaction
from tests.telephony.sip.requests import invite, make
from tests.telephony.sip.wire import Wire

TO_BOX = "<sip:1002@acme.example>;tag=box"


class Callee:
    """The box's TU; the phone acknowledges what it is told to."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.transaction: ServerTransaction | None = None
        self.request: Request | None = None
        self.client: ClientTransaction | None = None
        wire.box.on_event = self._take

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived) and event.request.method == "INVITE":
            self.transaction, self.request = event.transaction, event.request

    def called(self) -> "Callee":
        self.client = self.wire.phone.core.request(invite(), self.wire.phone.flow, self.wire.now)
        self.wire.run(0.1)
        return self

    def say(self, status: int, *headers: tuple[str, str], seconds: float = 0.1) -> None:
        assert self.transaction is not None
        assert self.request is not None
        response = self.request.reply(status, headers=headers, to_tag="box")
        self.wire.box.core.respond(self.transaction, response, self.wire.now)
        self.wire.run(seconds)

    def acknowledged(self, branch_of_invite: bool = False) -> None:
        assert self.client is not None
        ack = make("ACK", to=TO_BOX)
        if branch_of_invite:
            ack.headers.prepend("Via", str(self.client.request.via))
            self.wire.put(self.wire.phone, bytes(ack))
        else:
            self.wire.phone.core.acknowledge(self.client, ack)
        self.wire.run(0.1)


def lost(label: str) -> list[tuple[str, int]]:
    return [(label, number) for number in range(1, 30)]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_2xx_without_ack_is_sent_until_64_t1_and_then_given_up(transport: str) -> None:
    wire = Wire(transport)
    Callee(wire).called().say(200, seconds=40)
    assert wire.box.kinds() == ["RequestReceived", "NotAcknowledged"]
    assert wire.count("200 INVITE") == 11


def test_a_failure_without_ack_ends_quietly() -> None:
    wire = Wire(lose=lost("ACK"))
    Callee(wire).called().say(486, seconds=70)
    assert wire.box.kinds() == ["RequestReceived"]
    assert wire.count("486 INVITE") == 11
    assert wire.box.core.sizes()["server_transactions"] == 0


def test_a_failure_over_tcp_is_sent_once() -> None:
    wire = Wire("tcp", lose=lost("ACK"))
    Callee(wire).called().say(486, seconds=40)
    assert wire.count("486 INVITE") == 1


def test_an_unanswered_invite_gets_100_after_200_ms() -> None:
    wire = Wire()
    Callee(wire).called()
    wire.run(1)
    assert wire.log == ["INVITE", "100 INVITE"]
    assert round(wire.times[1] - wire.times[0], 2) == 0.21


def test_an_invite_that_rings_at_once_gets_no_100() -> None:
    wire = Wire()
    Callee(wire).called().say(180, seconds=1)
    assert wire.log == ["INVITE", "180 INVITE"]


def test_a_retransmitted_invite_gets_the_last_provisional_again() -> None:
    wire = Wire(lose=[("180 INVITE", 1)])
    Callee(wire).called().say(180, seconds=2)
    assert wire.count("180 INVITE") == 2
    assert wire.box.kinds() == ["RequestReceived"]


def test_a_retransmitted_invite_gets_the_2xx_again_until_the_ack() -> None:
    wire = Wire(lose=[("200 INVITE", 1)])
    callee = Callee(wire).called()
    callee.say(200, seconds=0.45)
    assert wire.count("200 INVITE") == 2
    callee.acknowledged()
    assert wire.box.kinds() == ["RequestReceived", "Acknowledged"]


def test_a_late_copy_of_an_acknowledged_invite_is_absorbed() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(200)
    callee.acknowledged()
    assert callee.client is not None
    wire.put(wire.phone, bytes(callee.client.request))
    wire.run(1)
    assert wire.box.kinds() == ["RequestReceived", "Acknowledged"]
    assert wire.count("200 INVITE") == 1


def test_an_ack_to_a_2xx_that_reuses_the_branch_counts() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(200)
    callee.acknowledged(branch_of_invite=True)
    assert wire.box.kinds() == ["RequestReceived", "Acknowledged"]


def test_a_second_ack_is_absorbed() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(200)
    callee.acknowledged()
    callee.acknowledged()
    assert wire.box.kinds() == ["RequestReceived", "Acknowledged"]


def test_a_cancelled_invite_is_told_once_and_the_tu_answers_it() -> None:
    wire = Wire(lose=[("200 CANCEL", 1)])
    callee = Callee(wire).called()
    callee.say(180)
    assert callee.client is not None
    wire.phone.core.cancel(callee.client, wire.now, "SIP;cause=200")
    wire.run(2)
    callee.say(487)
    assert wire.box.kinds() == ["RequestReceived", "Cancelled"]
    cancelled = wire.box.events[1]
    assert isinstance(cancelled, Cancelled)
    assert cancelled.request.get("Reason") == "SIP;cause=200"
    assert wire.count("CANCEL") == 2
    assert wire.log[-2:] == ["487 INVITE", "ACK"]


def test_a_cancel_that_crosses_the_answer_gets_200_and_changes_nothing() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(180)
    callee.say(200, seconds=0)
    assert callee.client is not None
    wire.phone.core.cancel(callee.client, wire.now)
    wire.run(0.1)
    assert wire.count("200 CANCEL") == 1
    callee.acknowledged()
    assert wire.box.kinds() == ["RequestReceived", "Acknowledged"]


def test_an_answer_after_the_answer_is_ignored() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(200)
    callee.say(487)
    assert wire.count("487 INVITE") == 0


def reliable(rseq: int) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("Require", "100rel"), ("RSeq", str(rseq))


def prack(wire: Wire, rseq: int, cseq: int = 2) -> None:
    request = make("PRACK", ("RAck", f"{rseq} 1 INVITE"), to=TO_BOX, cseq=cseq)
    wire.phone.core.request(request, wire.phone.flow, wire.now)
    wire.run(0.1)


def test_interop_21_a_reliable_provisional_without_prack_is_given_up() -> None:
    wire = Wire()
    Callee(wire).called().say(183, *reliable(1), seconds=40)
    assert wire.box.kinds() == ["RequestReceived", "ReliableLost"]
    assert wire.count("183 INVITE") == 7


def test_interop_21_a_prack_stops_the_provisional_and_goes_up() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(183, *reliable(1), seconds=1)
    prack(wire, 1)
    wire.run(5)
    assert wire.count("183 INVITE") == 2
    assert wire.box.kinds() == ["RequestReceived", "RequestReceived"]
    assert wire.box.events[1].transaction.method == "PRACK"


def test_interop_21_the_second_provisional_waits_for_the_first_ones_prack() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(183, *reliable(1))
    callee.say(180, *reliable(2))
    assert wire.count("180 INVITE") == 0
    prack(wire, 1)
    assert wire.count("180 INVITE") == 1


def test_interop_21_a_second_prack_of_the_same_response_gets_481() -> None:
    wire = Wire()
    Callee(wire).called().say(183, *reliable(1))
    prack(wire, 1)
    prack(wire, 1, cseq=3)
    assert wire.count("481 PRACK") == 1


def test_a_prack_after_the_ack_still_goes_up() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(183, *reliable(1))
    callee.say(200)
    callee.acknowledged()
    prack(wire, 1)
    assert wire.count("481 PRACK") == 0
    assert wire.box.kinds()[-1] == "RequestReceived"


def test_a_plain_provisional_does_not_stop_a_reliable_one() -> None:
    wire = Wire()
    callee = Callee(wire).called()
    callee.say(183, *reliable(1))
    callee.say(180, seconds=2)
    assert wire.count("183 INVITE") == 3
    assert wire.count("180 INVITE") == 1


def test_a_provisional_to_another_request_is_repeated_to_its_retransmission() -> None:
    wire = Wire(lose=[("182 OPTIONS", 1)])

    def progress(event: Event) -> None:
        assert isinstance(event, RequestReceived)
        wire.box.core.respond(event.transaction, event.request.reply(182), wire.now)

    wire.box.on_event = progress
    wire.phone.core.request(make("OPTIONS"), wire.phone.flow, wire.now)
    wire.run(1)
    assert wire.count("182 OPTIONS") == 2
