"""RFC 4475, message by message, as the parser sees it; what the box answers is another test's."""

from collections.abc import Callable
from typing import Any

import pytest

from appliance.telephony.sip.framing import Pong, StreamFramer
from appliance.telephony.sip.message import Message, ParseError, Request, Response, parse
from appliance.telephony.sip.uri import Uri
from tests.conformance.torture import DATA, cases, octets

CASES = cases("rfc4475")

pytestmark = pytest.mark.skipif(
    not (DATA / "rfc4475").is_dir(), reason="the torture messages are in the shared data"
)

# What the parser refuses, with status; the rest of the index's invalid ones are accepted, because
# only a header that nothing stands on is wrong.
REFUSED = {
    "badinv01.dat": 400,
    "clerr.dat": 400,
    "ncl.dat": 400,
    "scalar02.dat": 400,
    "scalarlg.dat": None,
    "quotbal.dat": 400,
    "ltgtruri.dat": 400,
    "lwsruri.dat": 400,
    "lwsstart.dat": 400,
    "trws.dat": 400,
    "escruri.dat": 400,
    "regbadct.dat": 400,
    "badaspec.dat": 400,
    "baddn.dat": 400,
    "badvers.dat": 505,
    "mismatch01.dat": 400,
    "mismatch02.dat": 400,
    "bigcode.dat": None,
    "badbranch.dat": 400,
    "insuf.dat": 400,
    "multi01.dat": 400,
    "mcl01.dat": 400,
    "test.dat": None,
}


def request_of(name: str) -> Request:
    message = parse(octets("rfc4475", name))
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_message(case: dict[str, Any]) -> None:
    """Accepted or refused as the RFC says, and neither breaks anything."""
    name, data = case["name"], octets("rfc4475", case["name"])
    if name in REFUSED:
        _assert_refused(data, REFUSED[name], case["acceptable_from_a_pbx"])
    else:
        _assert_accepted(parse(data), case)


def _assert_refused(data: bytes, status: int | None, acceptable: list[object]) -> None:
    with pytest.raises(ParseError) as caught:
        parse(data)
    error = caught.value
    assert status in acceptable or "any" in acceptable
    if status is None:
        assert error.request is None
        return
    assert error.status == status
    assert error.request is not None
    error.request.mark_source("192.0.2.99", 5060)
    assert bytes(error.request.reply(error.status, error.reason)).startswith(b"SIP/2.0 ")


def _assert_accepted(message: Message, case: dict[str, Any]) -> None:
    kind = Request if case["kind"] == "request" else Response
    assert isinstance(message, kind)
    assert message.via.transport == case["top_via_transport"]
    host = message.via.host
    place = host if message.via.port is None else f"{host}:{message.via.port}"
    assert place == case["top_via_sent_by"]
    assert message.via.wants_rport is case["top_via_rport"]
    if isinstance(message, Request):
        assert message.method == case["method"]
    again = parse(bytes(message))
    assert list(again.headers)[:-1] == [
        pair for pair in message.headers if pair[0] != "Content-Length"
    ]
    assert again.body == message.body


def test_every_message_of_the_index_has_its_verdict() -> None:
    names = {case["name"] for case in CASES}
    assert len(names) == 50
    assert REFUSED.keys() < names
    valid = {case["name"] for case in CASES if case["rfc_class"] == "valid"}
    assert not valid & REFUSED.keys()
    assert names - valid - REFUSED.keys() == {"baddate.dat"}


def wsinv() -> None:
    request = request_of("wsinv.dat")
    assert request.from_.display_name == 'J Rosenberg \\"'
    assert (request.from_.tag, request.to.tag) == ("98asjd8", "1918181833n")
    assert (request.max_forwards, str(request.cseq)) == (68, "9 INVITE")
    assert [via.branch for via in request.vias] == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"]
    assert [via.transport for via in request.vias] == ["UDP", "TCP", "UDP"]
    assert request.get("Subject") == ""
    assert request.get("NewFangledHeader") == "newfangled value continued newfangled value"
    assert request.route[0].uri.params["unknown-no-value"] is None
    contact = request.contacts[0]  # type: ignore[index]
    assert contact.display_name == 'Quoted string ""'
    assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}


def intmeth() -> None:
    request = request_of("intmeth.dat")
    assert request.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert request.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert request.to.display_name == "BEL:\a NUL:\0 DEL:\x7f"
    assert request.from_.display_name == "token1~` token2'+_ token3*%!.-"
    assert request.from_.params["fromparam''~+*_!.-%"] == "работающий"
    assert request.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"


def esc01() -> None:
    request = request_of("esc01.dat")
    assert request.uri == Uri("sip", "sips:user@example.com", "example.net")
    assert request.to.uri.user == "user"
    assert request.from_.uri.user == "I have spaces"
    contact = request.contacts[0]  # type: ignore[index]
    assert contact.uri.user == "caller"
    assert contact.uri.params == {"lr": None, "name": "value%41"}


def escnull() -> None:
    contacts = request_of("escnull.dat").contacts
    assert [contact.uri.user for contact in contacts] == ["\0", "\0\0"]  # type: ignore[union-attr]


def esc02() -> None:
    request = request_of("esc02.dat")
    assert request.method == "RE%47IST%45R"
    assert request.to.display_name == "%Z%45"
    users = [contact.uri.user for contact in request.contacts]  # type: ignore[union-attr]
    assert users == ["alias1", "alias3"]


def lwsdisp() -> None:
    assert request_of("lwsdisp.dat").from_.display_name == "caller"


def longreq() -> None:
    request = request_of("longreq.dat")
    assert len(request.vias) == 34
    assert len(request.call_id) == 141


def dblreq() -> None:
    assert request_of("dblreq.dat").body == b""
    # On a stream there are two messages, and the rest of a body that is too long for its length.
    first, pong, second, rest = StreamFramer().feed(octets("rfc4475", "dblreq.dat"))
    assert isinstance(first, Request)
    assert isinstance(pong, Pong)
    assert isinstance(second, Request)
    assert isinstance(rest, ParseError)
    assert (first.method, second.method) == ("REGISTER", "INVITE")


def semiuri() -> None:
    assert request_of("semiuri.dat").uri == Uri("sip", "user;par=u@example.net", "example.com")


def transports() -> None:
    names = [via.transport for via in request_of("transports.dat").vias]
    assert names == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def mpart01() -> None:
    request = request_of("mpart01.dat")
    assert request.body_of("text/plain") == b"Hello"
    signature = request.body_of("application/octet-stream")
    assert signature is not None
    assert signature.startswith(b"0\x82")
    assert b"\0" in signature


def unreason() -> None:
    response = parse(octets("rfc4475", "unreason.dat"))
    assert isinstance(response, Response)
    assert response.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"


def unkscm() -> None:
    assert request_of("unkscm.dat").uri == Uri("nobodyknowsthisscheme", "totallyopaquecontent")


def novelsc() -> None:
    assert request_of("novelsc.dat").uri.scheme == "soap.beep"


def unksm2() -> None:
    request = request_of("unksm2.dat")
    assert (request.to.uri.scheme, request.from_.uri.scheme) == ("isbn", "http")


def bext01() -> None:
    request = request_of("bext01.dat")
    assert request.require == {"nothingsupportsthis", "nothingsupportsthiseither"}


def invut() -> None:
    assert request_of("invut.dat").content_type == "application/unknownformat"


def regaut01() -> None:
    assert request_of("regaut01.dat").authorizations == ()


def bcast() -> None:
    response = parse(octets("rfc4475", "bcast.dat"))
    assert [via.host for via in response.vias] == ["192.0.2.198", "255.255.255.255"]


def zeromf() -> None:
    assert request_of("zeromf.dat").max_forwards == 0


def cparam01() -> None:
    contact = request_of("cparam01.dat").contacts[0]  # type: ignore[index]
    assert (contact.params, contact.uri.params) == ({"unknownparam": None}, {})


def cparam02() -> None:
    contact = request_of("cparam02.dat").contacts[0]  # type: ignore[index]
    assert (contact.params, contact.uri.params) == ({}, {"unknownparam": None})


def regescrt() -> None:
    contact = request_of("regescrt.dat").contacts[0]  # type: ignore[index]
    assert contact.uri.headers == (("Route", "<sip:sip.example.com>"),)
    assert str(contact) == "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"
    assert "Route" not in request_of("regescrt.dat").headers


def inv2543() -> None:
    request = request_of("inv2543.dat")
    assert (request.via.branch, request.from_.tag, request.max_forwards) == ("", "", None)
    assert request.body.startswith(b"v=0")


def scalarlg() -> None:
    with pytest.raises(ParseError):
        parse(octets("rfc4475", "scalarlg.dat"))


def clerr() -> None:
    assert StreamFramer().feed(octets("rfc4475", "clerr.dat")) == []


def lost() -> None:
    for name in ("ncl.dat", "mcl01.dat"):
        (error,) = StreamFramer().feed(octets("rfc4475", name))
        assert isinstance(error, ParseError)
        assert error.framing_lost


DETAILS: list[Callable[[], None]] = [
    wsinv, intmeth, esc01, escnull, esc02, lwsdisp, longreq, dblreq, semiuri, transports, mpart01,
    unreason, unkscm, novelsc, unksm2, bext01, invut, regaut01, bcast, zeromf, cparam01, cparam02,
    regescrt, inv2543, scalarlg, clerr, lost,
]  # fmt: skip


@pytest.mark.parametrize("detail", DETAILS, ids=[detail.__name__ for detail in DETAILS])
def test_what_the_message_is_about(detail: Callable[[], None]) -> None:
    detail()
