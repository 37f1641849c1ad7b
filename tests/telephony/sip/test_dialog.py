from dataclasses import dataclass

import pytest

from appliance.telephony.sip.address import Address
from appliance.telephony.sip.dialog import Dialog, DialogKey, glare_seconds
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.types import LocalTag, RemoteTag
from tests.telephony.sip.requests import invite, make

FLOW = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.10", 5062))
VIA = ("Via", "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1")
IN_DIALOG = "<sip:1002@acme.example>;tag=box"


@dataclass
class Pending:
    answered: bool


def theirs(*headers: tuple[str, str]) -> Request:
    return invite(VIA, *headers)


def answer(*headers: tuple[str, str], status: int = 200) -> Response:
    contact = ("Contact", "<sip:1002@192.0.2.20:5070>")
    return theirs().reply(status, headers=[contact, *headers], to_tag="other")


def uas(*headers: tuple[str, str]) -> Dialog:
    contact = Address.parse("<sip:1002@192.0.2.1:5060>")
    return Dialog.uas(theirs(*headers), LocalTag("box"), FLOW, contact)


def uac(*headers: tuple[str, str]) -> Dialog:
    return Dialog.uac(theirs(), answer(*headers), FLOW)


def in_dialog(method: str, cseq: int, *headers: tuple[str, str]) -> Request:
    return make(method, VIA, *headers, cseq=cseq, to=IN_DIALOG)


def test_a_cseq_that_goes_back_is_refused_with_500() -> None:
    dialog = uas()
    assert dialog.accept(in_dialog("INFO", 5)) is None
    assert dialog.accept(in_dialog("INFO", 4)) == 500


def test_an_ack_is_never_refused() -> None:
    dialog = uas()
    dialog.accept(in_dialog("INFO", 5))
    assert dialog.accept(in_dialog("ACK", 1)) is None


def test_interop_11_an_invite_while_ours_is_open_gets_491() -> None:
    dialog = uas()
    dialog.our_invite = Pending(answered=False)
    assert dialog.accept(in_dialog("INVITE", 2)) == 491
    dialog.our_invite = Pending(answered=True)
    assert dialog.accept(in_dialog("INVITE", 3)) is None


def test_interop_11_an_invite_before_the_last_one_is_answered_gets_500() -> None:
    dialog = uas()
    dialog.their_invite = Pending(answered=False)
    assert dialog.accept(in_dialog("INVITE", 2)) == 500


@pytest.mark.parametrize(
    ("own", "chance", "seconds"),
    [(True, 0.0, 2.1), (True, 0.9999, 4.0), (False, 0.0, 0.0), (False, 0.9999, 2.0)],
)
def test_interop_11_who_made_the_call_id_waits_longer(
    own: bool, chance: float, seconds: float
) -> None:
    assert glare_seconds(own_call_id=own, chance=chance) == seconds


def test_interop_9_the_key_holds_both_tags_from_either_side() -> None:
    assert uas().key == DialogKey("call-1", LocalTag("box"), RemoteTag("phone"))
    assert uac().key == DialogKey("call-1", LocalTag("phone"), RemoteTag("other"))


def test_a_caller_without_contact_is_reached_by_its_from() -> None:
    request = make("INVITE", VIA)
    assert str(Dialog.uas(request, LocalTag("box"), FLOW).remote_target) == "sip:1001@acme.example"


def test_our_requests_count_on_and_carry_both_ends() -> None:
    dialog = uac()
    first, second = dialog.request("INFO"), dialog.request("BYE")
    assert (first.cseq.number, second.cseq.number) == (2, 3)
    assert str(first.uri) == "sip:1002@192.0.2.20:5070"
    assert (first.from_.tag, first.to.tag, first.call_id) == ("phone", "other", "call-1")
    assert first.max_forwards == 70
    assert first.get("Contact") is None


def test_a_request_as_uas_swaps_the_ends() -> None:
    bye = uas().request("BYE")
    assert (bye.from_.tag, bye.to.tag) == ("box", "phone")
    assert str(bye.from_.uri) == "sip:1002@acme.example"
    assert str(bye.uri) == "sip:1001@192.0.2.10:5062"
    assert bye.cseq.number == 1


def test_a_re_invite_carries_our_contact_and_its_body() -> None:
    request = uas().request("INVITE", body=b"v=0\r\n", content_type="application/sdp")
    assert "sip:1002@192.0.2.1:5060" in (request.get("Contact") or "")
    assert request.body == b"v=0\r\n"
    assert request.content_type == "application/sdp"


def test_the_ack_has_the_number_of_its_invite() -> None:
    dialog = uac()
    dialog.request("INFO")
    ack = dialog.ack(1)
    assert (ack.method, ack.cseq.number, ack.cseq.method) == ("ACK", 1, "ACK")
    assert dialog.local_cseq == 2


def test_the_route_set_is_reversed_for_the_caller_only() -> None:
    hops = [("Record-Route", "<sip:a.example;lr>"), ("Record-Route", "<sip:b.example;lr>")]
    asked = [str(route.uri) for route in uac(*hops).request("BYE").route]
    told = [str(route.uri) for route in uas(*hops).request("BYE").route]
    assert asked == ["sip:b.example;lr", "sip:a.example;lr"]
    assert told == ["sip:a.example;lr", "sip:b.example;lr"]


def test_a_strict_router_gets_the_request_line() -> None:
    dialog = uas(("Record-Route", "<sip:old.example>"))
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:old.example"
    assert [str(route.uri) for route in bye.route] == ["sip:1001@192.0.2.10:5062"]


def test_a_re_invite_moves_the_target_and_a_bye_does_not() -> None:
    dialog = uas()
    moved = ("Contact", "<sip:1001@192.0.2.99:5062>")
    dialog.accept(in_dialog("INFO", 2, moved))
    assert dialog.remote_target.host == "192.0.2.10"
    dialog.accept(in_dialog("INVITE", 3, moved))
    assert dialog.remote_target.host == "192.0.2.99"


def test_a_refused_re_invite_does_not_move_the_target() -> None:
    dialog = uas()
    dialog.our_invite = Pending(answered=False)
    dialog.accept(in_dialog("INVITE", 3, ("Contact", "<sip:1001@192.0.2.99:5062>")))
    assert dialog.remote_target.host == "192.0.2.10"


def test_the_2xx_settles_the_route_set_of_an_early_dialog() -> None:
    early = ("Record-Route", "<sip:early.example;lr>")
    dialog = Dialog.uac(theirs(), answer(early, status=183), FLOW)
    dialog.confirmed(answer(("Record-Route", "<sip:late.example;lr>")))
    assert [route.uri.host for route in dialog.routes] == ["late.example"]
    dialog.answered(answer())
    assert [route.uri.host for route in dialog.routes] == ["late.example"]
