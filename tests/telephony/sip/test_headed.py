from typing import Any

import pytest

from appliance.telephony.sip.address import STAR, Address
from appliance.telephony.sip.challenge import Challenge
from appliance.telephony.sip.cseq import CSeq
from appliance.telephony.sip.event import Event
from appliance.telephony.sip.headed import Headed
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.rack import RAck
from appliance.telephony.sip.reason import Reason
from appliance.telephony.sip.replaces import Replaces
from appliance.telephony.sip.session_expires import SessionExpires
from appliance.telephony.sip.via import Via


def headed(*pairs: tuple[str, str], body: bytes = b"") -> Headed:
    return Headed(Headers(pairs), body)


ABSENT: dict[str, object] = {
    "contacts": (),
    "route": (),
    "record_route": (),
    "path": (),
    "max_forwards": None,
    "expires": None,
    "rseq": None,
    "rack": None,
    "content_type": None,
    "supported": frozenset(),
    "require": frozenset(),
    "allow": frozenset(),
    "session_expires": None,
    "min_se": None,
    "replaces": None,
    "refer_to": None,
    "referred_by": None,
    "reason_header": (),
    "event": None,
    "p_asserted_identity": (),
    "authorizations": (),
    "challenges": (),
}


@pytest.mark.parametrize("name", ABSENT)
def test_an_absent_header(name: str) -> None:
    assert getattr(headed(), name) == ABSENT[name]


@pytest.mark.parametrize(
    ("pair", "name", "value"),
    [
        (("v", "SIP/2.0/UDP h"), "via", Via("UDP", "h")),
        (("f", "<sip:a>;tag=1"), "from_", Address.parse("<sip:a>;tag=1")),
        (("t", "<sip:a>"), "to", Address.parse("<sip:a>")),
        (("i", "c@h"), "call_id", "c@h"),
        (("CSEQ", "1 ACK"), "cseq", CSeq(1, "ACK")),
        (("m", "*"), "contacts", STAR),
        (("m", "<sip:a>, <sip:a>"), "contacts", (Address.parse("<sip:a>"),) * 2),
        (("route", "<sip:a;lr>"), "route", (Address.parse("<sip:a;lr>"),)),
        (("record-route", "<sip:a;lr>"), "record_route", (Address.parse("<sip:a;lr>"),)),
        (("path", "<sip:a;lr>"), "path", (Address.parse("<sip:a;lr>"),)),
        (("max-forwards", "0068"), "max_forwards", 68),
        (("expires", "60"), "expires", 60),
        (("rseq", "5"), "rseq", 5),
        (("rack", "5 1 INVITE"), "rack", RAck(5, 1, "INVITE")),
        (("c", "Application/SDP;x=y"), "content_type", "application/sdp"),
        (("k", "Timer"), "supported", frozenset({"timer"})),
        (("require", "100rel"), "require", frozenset({"100rel"})),
        (("allow", "INVITE, ACK"), "allow", frozenset({"INVITE", "ACK"})),
        (("x", "90;refresher=uac"), "session_expires", SessionExpires(90, "uac")),
        (("min-se", "90"), "min_se", 90),
        (("replaces", "c;to-tag=1;from-tag=2"), "replaces", Replaces("c", "1", "2")),
        (("r", "<sip:a>"), "refer_to", Address.parse("<sip:a>")),
        (("b", "<sip:a>"), "referred_by", Address.parse("<sip:a>")),
        (("reason", "SIP;cause=200"), "reason_header", (Reason("SIP", 200),)),
        (("o", "refer;id=1"), "event", Event("refer", {"id": "1"})),
        (
            ("p-asserted-identity", '"A" <sip:a>, <tel:+1>'),
            "p_asserted_identity",
            (Address.parse('"A" <sip:a>'), Address.parse("<tel:+1>")),
        ),
    ],
)
def test_a_header_is_a_value(pair: tuple[str, str], name: str, value: Any) -> None:
    message = headed(pair)
    assert getattr(message, name) == value
    assert getattr(message, name) is getattr(message, name) or name == "via"


def test_several_credentials_of_both_kinds() -> None:
    digest = 'Digest username="{}", realm="r", nonce="n", uri="u", response="0"'
    message = headed(
        ("Proxy-Authorization", digest.format("c")),
        ("Authorization", "Basic xyz"),
        ("Authorization", digest.format("a")),
        ("authorization", digest.format("b")),
    )
    assert [each.username for each in message.authorizations] == ["a", "b", "c"]


def test_several_challenges_of_both_kinds() -> None:
    message = headed(
        ("WWW-Authenticate", 'Digest realm="r", nonce="n", algorithm=SHA-256'),
        ("WWW-Authenticate", 'Digest realm="r", nonce="n"'),
        ("Proxy-Authenticate", 'Digest realm="p", nonce="n"'),
    )
    assert message.challenges == (
        Challenge("r", "n", "SHA-256"),
        Challenge("r", "n"),
        Challenge("p", "n"),
    )


def test_the_offer_within_a_multipart_body() -> None:
    body = b"--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--"
    message = headed(("Content-Type", "multipart/mixed;boundary=x"), body=body)
    assert message.body_of("application/sdp") == b"v=0"
    assert message.body_of("text/plain") is None


def test_a_change_of_a_header_is_seen() -> None:
    message = headed(("To", "<sip:a>"))
    assert message.to.tag == ""
    message.headers.set("t", "<sip:a>;tag=1")
    assert message.to.tag == "1"
    assert (message.get("To"), message.all("t")) == ("<sip:a>;tag=1", ["<sip:a>;tag=1"])
