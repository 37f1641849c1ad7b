import pytest

from appliance.telephony.sip.message import Request, parse
from appliance.telephony.sip.uri import Uri

TOP = "SIP/2.0/UDP 192.168.1.2:5060;branch=z9hG4bK1;rport"
LOWER = "SIP / 2.0 / TCP  Proxy.example.com;branch=z9hG4bK2"


def invite(*more: tuple[str, str], to: str = "<sip:2@b>", method: str = "INVITE") -> Request:
    headers = [
        ("Via", f"{TOP}, {LOWER}"),
        ("Via", LOWER),
        ("From", "<sip:1@b>;tag=1"),
        ("To", to),
        ("Call-ID", "c1"),
        ("CSeq", f"1 {method}"),
        *more,
    ]
    return Request.make(method, Uri("sip", "2", "b"), headers)


def test_a_line_break_in_a_header_is_never_sent() -> None:
    with pytest.raises(ValueError, match="line break"):
        bytes(invite(("Subject", "a\r\nVia: b")))


def test_a_made_request_prints_and_reads_back() -> None:
    request = Request.make(
        "INVITE", Uri("sip", "#2", "b"), list(invite().headers), b"v=0", "application/sdp"
    )
    data = bytes(request)
    assert data.startswith(b"INVITE sip:%232@b SIP/2.0\r\nVia: ")
    assert data.endswith(b"\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")
    read = parse(data)
    assert isinstance(read, Request)
    assert (read.uri, read.body, read.content_type) == (request.uri, b"v=0", "application/sdp")


def test_a_stale_content_length_is_not_repeated() -> None:
    request = invite(("Content-Length", "99"))
    assert bytes(request).count(b"Content-Length") == 1
    assert bytes(request).endswith(b"Content-Length: 0\r\n\r\n")


def test_interop_1_the_source_is_marked_in_the_top_via_only() -> None:
    request = invite()
    request.mark_source("192.0.2.9", 4444)
    assert request.all("Via")[0] == (
        "SIP/2.0/UDP 192.168.1.2:5060;branch=z9hG4bK1;rport=4444;received=192.0.2.9"
    )
    assert [line.strip() for line in request.all("Via")[1:]] == [LOWER, LOWER]
    assert (request.via.received, request.via.rport) == ("192.0.2.9", 4444)
    assert len(request.vias) == 3
    assert request.reply(200).all("Via") == request.all("Via")


def test_what_was_not_marked_is_not_in_the_reply() -> None:
    assert b"received" not in bytes(invite().reply(200))
    assert b"rport=" not in bytes(invite().reply(200))


def test_a_via_that_cannot_be_read_is_left_as_it_is() -> None:
    request = Request.make("INVITE", Uri("sip", "2", "b"), [("Via", "nonsense")])
    request.mark_source("192.0.2.9", 4444)
    assert request.all("Via") == ["nonsense"]


def test_a_reply_repeats_what_rfc_3261_wants_and_nothing_else() -> None:
    request = invite(("Record-Route", "<sip:p;lr>"), ("Timestamp", "54"), ("Subject", "s"))
    ringing = request.reply(180, to_tag="77")
    assert list(ringing.headers) == [
        *[("Via", line) for line in request.all("Via")],
        ("From", "<sip:1@b>;tag=1"),
        ("To", "<sip:2@b>;tag=77"),
        ("Call-ID", "c1"),
        ("CSeq", "1 INVITE"),
        ("Record-Route", "<sip:p;lr>"),
    ]
    assert (ringing.status, ringing.reason) == (180, "Ringing")


def test_trying_has_no_tag_and_returns_the_timestamp() -> None:
    trying = invite(("Timestamp", "54"), ("Record-Route", "<sip:p;lr>")).reply(100)
    assert trying.to.tag == ""
    assert trying.get("Timestamp") == "54"
    assert "Record-Route" not in trying.headers


def test_a_reply_without_a_given_tag_makes_one() -> None:
    first, second = invite().reply(404), invite().reply(404)
    assert first.to.tag
    assert first.to.tag != second.to.tag


def test_a_tag_that_is_there_stays_alone() -> None:
    assert invite(to="<sip:2@b>;tag=5").reply(200, to_tag="77").all("To") == ["<sip:2@b>;tag=5"]


def test_a_tag_goes_behind_an_address_without_brackets() -> None:
    assert invite(to="sip:2@b").reply(200, to_tag="77").to.tag == "77"


def test_record_route_is_not_for_failures_and_not_for_bye() -> None:
    route = ("Record-Route", "<sip:p;lr>")
    assert "Record-Route" not in invite(route).reply(486).headers
    assert "Record-Route" not in invite(route, method="BYE").reply(200).headers
    assert "Record-Route" in invite(route, method="SUBSCRIBE").reply(200).headers


def test_a_reply_with_body_and_headers() -> None:
    reply = invite().reply(
        200, "Fine", headers=[("m", "<sip:x>")], body=b"v=0", content_type="application/sdp"
    )
    assert reply.reason == "Fine"
    assert reply.get("Contact") == "<sip:x>"
    assert bytes(reply).endswith(b"Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")


def test_a_reply_to_what_is_incomplete_repeats_what_there_is() -> None:
    request = Request.make("INVITE", Uri("sip", "2", "b"), [("Via", TOP), ("To", "<broken")])
    assert list(request.reply(400).headers) == [("Via", TOP), ("To", "<broken")]


def test_changing_a_reply_does_not_change_the_request() -> None:
    request = invite()
    reply = request.reply(200)
    reply.headers.prepend("Via", "x")
    assert "x" not in request.all("Via")


def test_our_via_is_put_on_top() -> None:
    request = invite()
    assert request.via.branch == "z9hG4bK1"
    request.headers.prepend("Via", "SIP/2.0/UDP box;branch=z9hG4bK0")
    assert request.via.branch == "z9hG4bK0"
    assert bytes(request).startswith(b"INVITE sip:2@b SIP/2.0\r\nVia: SIP/2.0/UDP box")
