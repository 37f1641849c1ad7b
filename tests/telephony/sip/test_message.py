import time
from contextlib import suppress

import pytest

from appliance.telephony.sip.message import ParseError, Request, Response, parse
from appliance.telephony.sip.message_limits import MessageLimits

LINES = [
    "INVITE sip:2@b SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "From: <sip:1@b>;tag=1",
    "To: <sip:2@b>",
    "Call-ID: c1",
    "CSeq: 1 INVITE",
]


def message(*more: str, start: str = LINES[0], drop: str = "", body: str = "") -> bytes:
    lines = [start, *[line for line in LINES[1:] if not drop or not line.startswith(drop)], *more]
    return "\r\n".join([*lines, "", body]).encode()


def refusal(data: bytes, limits: MessageLimits | None = None) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse(data, limits or MessageLimits())
    return caught.value


def test_a_good_message() -> None:
    request = parse(message("Content-Length: 3", body="v=0"))
    assert isinstance(request, Request)
    assert (request.method, request.uri.user, request.body) == ("INVITE", "2", b"v=0")


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n\r\n", b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n", b"INVITE\r\n\r\n", b"\xff\xfe",
     b"INVITE sip:a@b\r\nVia: SIP/2.0/UDP h\r\n\r\n", b"\x80\x00\x00\x01" * 5],
)  # fmt: skip
def test_what_is_not_sip_is_dropped_in_silence(data: bytes) -> None:
    assert refusal(data).request is None


@pytest.mark.parametrize(
    "start",
    ["SIP/2.0 20 OK", "SIP/2.0 4294967301 better not break", "SIP/2.0 OK", "SIP/2.0 700 X",
     "SIP/3.0 200 OK"],
)  # fmt: skip
def test_a_bad_response_is_dropped_in_silence(start: str) -> None:
    assert refusal(message(start=start)).request is None


@pytest.mark.parametrize("drop", ["From", "To", "Call-ID", "CSeq"])
def test_a_missing_header_is_told(drop: str) -> None:
    error = refusal(message(drop=drop))
    assert error.status == 400
    assert error.request is not None
    reply = bytes(error.request.reply(error.status, error.reason))
    assert reply.startswith(b"SIP/2.0 400 Mandatory Header Missing\r\nVia: SIP/2.0/UDP 192.0.2.1")


def test_without_a_via_nobody_could_tell_the_answer_from_another() -> None:
    assert refusal(message(drop="Via")).request is None


def test_an_ack_is_never_answered() -> None:
    assert refusal(message(start="ACK sip:2@b SIP/2.0")).request is None


@pytest.mark.parametrize("line", LINES[2:])
def test_a_header_that_must_be_alone_is_twice(line: str) -> None:
    error = refusal(message(line))
    assert (error.status, error.reason) == (400, "Header Missing or Repeated")


@pytest.mark.parametrize(
    "line",
    ["Max-Forwards: 300", "Max-Forwards: x", "Contact: sip:a@b?Route=c", "Contact: <sip:a>;;;;",
     "Route: sip", "Record-Route: <sip:a", "Replaces: x", "RAck: 1", "RSeq: x", "Event: ;",
     "Session-Expires: soon", "Min-SE: x", "Path: ", "no colon", "Bad name: x",
     "Contact: *, <sip:a>",
     "Content-Type: a/b\r\nc: a/b"],
)  # fmt: skip
def test_a_header_that_lies_is_told(line: str) -> None:
    error = refusal(message(line))
    assert error.status == 400
    assert error.request is not None


@pytest.mark.parametrize(
    "line",
    ["Expires: soon", "Authorization: Basic x", "Authorization: Digest", "Reason: ;", "Refer-To: x",
     "Referred-By: x", "P-Asserted-Identity: x", "Date: Fri, 01 Jan 2010 16:00:00 EST", "Allow: ,"],
)  # fmt: skip
def test_no_phone_is_refused_for_a_header_that_nothing_stands_on(line: str) -> None:
    request = parse(message(line))
    assert request.expires is None
    assert request.authorizations == ()
    assert request.refer_to is None
    assert request.referred_by is None
    assert request.reason_header == ()
    assert request.p_asserted_identity == ()


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("INVITE sip:2@b SIP/7.0", 505),
        ("INVITE  sip:2@b SIP/2.0", 400),
        ("INVITE sip:2@b SIP/2.0 ", 400),
        ("INVITE <sip:2@b> SIP/2.0", 400),
        ("INVITE sip:2@b; lr SIP/2.0", 400),
        ("INVITE sip:2@b?Route=x SIP/2.0", 400),
        ("INVITE 2 SIP/2.0", 400),
        ("INV(TE sip:2@b SIP/2.0", 400),
        ("OPTIONS sip:2@b SIP/2.0", 400),
    ],
)
def test_a_bad_request_line_is_told(start: str, status: int) -> None:
    error = refusal(message(start=start))
    assert error.status == status
    assert error.request is not None


def test_an_empty_branch_would_mix_up_transactions() -> None:
    assert refusal(message().replace(b"z9hG4bK1", b"z9hG4bK")).reason == "Empty Branch"


@pytest.mark.parametrize(
    "line",
    ["Content-Length: 4", "Content-Length: -1", "l: x", "Content-Length: 99999999999",
     "l: 3\r\nl: 3",
     "Content-Length: +3", "Content-Length:"],
)  # fmt: skip
def test_a_content_length_that_cannot_be_true(line: str) -> None:
    error = refusal(message(line, body="v=0"))
    assert error.status == 400
    assert error.framing_lost


def test_octets_beyond_content_length_are_no_message() -> None:
    assert parse(message("Content-Length: 3", body="v=0INVITE")).body == b"v=0"


def test_without_content_length_the_datagram_is_the_body() -> None:
    assert parse(message(body="v=0")).body == b"v=0"


def test_on_a_stream_content_length_is_there_and_fits() -> None:
    for data in (message(body="v=0"), message("l: 2", body="v=0")):
        with pytest.raises(ParseError) as caught:
            parse(data, exact=True)
        assert caught.value.framing_lost


def test_a_head_without_end_is_told() -> None:
    assert refusal(message()[:-2]).reason == "Bad Header Line"
    assert refusal(message()[:-4]).reason == "Missing Blank Line"


@pytest.mark.parametrize("line", ["Own: a\nVia: b", "Own: a\rVia: b", "Own: a\r", "\nOwn: a"])
def test_only_cr_lf_ends_a_line(line: str) -> None:
    error = refusal(message(line))
    assert error.request is None
    assert error.framing_lost


def test_bare_line_feeds_are_no_line_ends() -> None:
    assert refusal(message().replace(b"\r\n", b"\n")).request is None


def test_limits_of_size_are_told() -> None:
    limits = MessageLimits(message=1000, line=100, header_lines=8)
    error = refusal(message("Own: " + "a" * 1000), limits)
    assert (error.status, error.request is not None) == (513, True)
    assert refusal(message("Own: " + "a" * 100), limits).reason == "Header Too Long"
    assert refusal(message(*["Own: a"] * 4), limits).reason == "Too Many Headers"
    assert parse(message(*["Own: a"] * 3), limits)


@pytest.mark.parametrize(
    "line",
    ["Route: " + ",<sip:a>" * 900, "Via: " + "," * 8000, "Own:\r\n" + " \t" * 4000 + "x",
     "Contact: " + '<"' * 4000, "Authorization: Digest " + 'a="\\"' * 1300,
     "Supported: " + "a," * 4000, "To: " + "<" * 8000, "From: " + '"\\' * 4000,
     "Reason: " + ";a" * 4000, "\r\n".join(["a: b"] * 1500)],
    ids=lambda line: line[:9].strip(),
)  # fmt: skip
def test_a_hostile_message_takes_no_time(line: str) -> None:
    data = message(*[line] * 7)
    began = time.process_time()
    with suppress(ParseError):
        assert parse(data).authorizations == ()
    assert time.process_time() - began < 0.3


def test_folded_lines_are_one() -> None:
    request = parse(
        message("Subject: a\r\n b\r\n\t c", drop="To").replace(
            b"From:", b"To:\r\n <sip:x>\r\nFrom:"
        )
    )
    assert request.get("s") == "a b c"
    assert request.to.uri.host == "x"


def test_blank_lines_before_a_message_are_ignored() -> None:
    assert parse(b"\r\n\r\n" + message())


def test_a_phone_that_speaks_latin_1_is_read_and_answered_in_it() -> None:
    data = message().replace(b"<sip:1@b>", b'"M\xfcller" <sip:1@b>')
    request = parse(data)
    assert isinstance(request, Request)
    assert request.from_.display_name == "Müller"
    reply = bytes(request.reply(200, headers=[("Subject", "ü €")]))
    assert b'From: "M\xfcller" <sip:1@b>;tag=1' in reply
    assert b"Subject: \xfc ?" in reply
    assert bytes(request) == data.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n")


def test_utf_8_stays_utf_8() -> None:
    data = message().replace(b"<sip:1@b>", '"Müller €" <sip:1@b>'.encode())
    request = parse(data)
    assert request.from_.display_name == "Müller €"
    assert '"Müller €"'.encode() in bytes(request)


def test_a_response() -> None:
    response = parse(message(start="SIP/2.0 183 Подождите"))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (183, "Подождите")
    assert bytes(response).startswith("SIP/2.0 183 Подождите\r\n".encode())


@pytest.mark.parametrize("start", ["SIP/2.0 100 ", "SIP/2.0 100", "sip/2.0 100 Trying"])
def test_an_empty_reason_is_the_usual_one(start: str) -> None:
    response = parse(message(start=start))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (100, "Trying")


def test_an_unknown_scheme_is_for_the_transaction_user_to_refuse() -> None:
    request = parse(message(start="INVITE urn:service:sos SIP/2.0"))
    assert isinstance(request, Request)
    assert request.uri.scheme == "urn"
