"""The native shortcuts say what the Python beside them says, or leave it to that."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.telephony.sip import challenge, message, via
from appliance.telephony.sip._accelerated import Lazy, learn, parameters, printed, scan, via_params
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.message import ParseError
from appliance.telephony.sip.message_limits import DEFAULT_LIMITS
from appliance.telephony.sip.request import Request

USUAL = (
    b"REGISTER sip:192.0.2.1 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1;rport\r\nv: SIP/2.0/UDP 192.0.2.3\r\n"
    b"FROM:<sip:1001-desk@192.0.2.1>;tag=1 \r\nt:\t<sip:1001-desk@192.0.2.1>\r\nCall-ID: c1\r\n"
    b"CSeq: 1 REGISTER\r\nContact: <sip:1001-desk@192.0.2.2>\r\nUser-Agent:\r\n"
    b"Content-Length: 4\r\n\r\nbody"
)
DIGEST = (
    'username="1001-desk", realm="byondvoice",nonce="0a" ,uri="sip:192.0.2.1:5060",'
    ' response="", Algorithm=MD5, qop=auth, nc=00000001, cnonce="x y"'
)
PIECES = ["\r\n", "\r", "\n", " ", "\t", ",", '"', "\\", "=", ":", "\0", "ü", "\x0b", "X: 1\r\n"]

thorough = settings(max_examples=400, deadline=None)


@st.composite
def mutants(draw: st.DrawFn, text: str) -> str:
    """The text with a few characters deleted, replaced or put in."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 4))
        text = text[:at] + draw(st.sampled_from(["", *PIECES])) + text[at + gone :]
    return text


def with_care(data: bytes) -> tuple[str, dict[str, list[str]], bytes] | None:
    """What the Python makes of the message; None where it complains."""
    try:
        start_line, headers, rest, _, complaint = message._split_with_care(data, DEFAULT_LIMITS)
    except ParseError:
        return None
    return None if complaint else (start_line, headers.fields, rest)


def test_the_usual_message_is_read_in_one_pass() -> None:
    found = scan(USUAL, 100, 8192)
    assert found is not None
    assert found == with_care(USUAL)
    assert list(found[1]) == list(with_care(USUAL)[1])  # type: ignore[index]


@thorough
@given(mutants(USUAL.decode()))
def test_any_message_is_read_as_the_python_reads_it(text: str) -> None:
    found = scan(text.encode(), 100, 8192)
    assert found is None or found == with_care(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        USUAL.replace(b"\r\nCSeq", b"\r\n CSeq"),
        USUAL.replace(b"Call-ID: ", b"Call-ID : "),
        USUAL.replace(b"Call-ID", b"Nobody-Knows-This"),
        USUAL.replace(b"c1", b"\xc3\xbc"),
        USUAL.replace(b"c1", b"\xff"),
        USUAL.replace(b"c1\r\n", b"c1\n"),
        USUAL.replace(b"c1", b"c\x001"),
        USUAL.partition(b"\r\n\r\n")[0],
        b"\r\n" + USUAL,
        b"",
        b"\r\n",
    ],
)
def test_anything_else_is_left_to_the_python(data: bytes) -> None:
    assert scan(data, 100, 8192) is None


def test_limits_are_left_to_the_python() -> None:
    assert scan(USUAL, 9, 8192) is not None
    assert scan(USUAL, 8, 8192) is None
    assert scan(USUAL, 100, 20) is None


@thorough
@given(mutants(DIGEST))
@example(DIGEST)
def test_digest_parameters_are_read_as_the_python_reads_them(text: str) -> None:
    found = parameters(text)
    if found is not None:
        assert found == challenge._read_with_care(text)


@thorough
@given(mutants("branch=z9hG4bK1;rport;Received=192.0.2.1"))
@example("branch=z9hG4bK1;rport;Received=192.0.2.1")
def test_via_parameters_are_read_as_the_python_reads_them(text: str) -> None:
    found = via_params(text)
    if found is not None:
        assert list(found.items()) == list(via._read_params_with_care(text).items())


@pytest.mark.parametrize("text", ["a;a", "a;", "", "=1", "a= 1", 'a="b;c"', "ä=1", "x" * 40])
def test_odd_via_parameters_are_left_to_the_python(text: str) -> None:
    assert via_params(text) is None


def test_the_usual_digest_parameters_are_read_in_one_pass() -> None:
    assert parameters(DIGEST) == challenge._read_with_care(DIGEST)


@pytest.mark.parametrize(
    "text", ['a="b\\"c"', "a=1, a=2", "a= 1", "a=", "a", 'a="b', "ä=1", 'a="b"c', "=1"]
)
def test_odd_digest_parameters_are_left_to_the_python(text: str) -> None:
    assert parameters(text) is None


@thorough
@given(mutants("sip:1@b;x=1"), st.lists(mutants("<sip:1@b>;tag=1"), max_size=3), st.binary())
def test_a_message_is_printed_as_the_python_prints_it(
    uri: str, values: list[str], body: bytes
) -> None:
    headers = Headers([("Contact", value) for value in values])
    request = Request("OPTIONS", uri, headers, body)
    try:
        wanted = request._printed_with_care(f"OPTIONS {uri} SIP/2.0")
    except ValueError:
        with pytest.raises(ValueError, match="line break"):
            bytes(request)
    else:
        assert bytes(request) == wanted


def test_what_cannot_be_printed_in_one_pass_is_left_to_the_python() -> None:
    assert printed("A", {"To": ["x" * 20_000]}, b"") is None
    assert printed("A", {"To": ["ü"]}, b"") is None
    assert printed("A", {"To": ["a\r\nb"]}, b"") is None
    assert printed("A", {"To": ["\ud800"]}, b"") is None
    assert printed("A", {"Content-Length": ["7"]}, b"") == b"A\r\nContent-Length: 0\r\n\r\n"


def test_a_lazy_property_is_made_once_and_its_error_is_passed_on() -> None:
    calls: list[list[str]] = []

    def count(lines: list[str]) -> int:
        calls.append(lines)
        return len(lines)

    def fail(lines: list[str]) -> int:
        raise Malformed("Bad From")

    class Message:
        to: Any = Lazy("To", count)
        bad: Any = Lazy("From", fail)

        def __init__(self) -> None:
            self.headers = Headers([("To", "a"), ("To", "b")])

    one = Message()
    assert (one.to, one.to) == (2, 2)
    assert calls == [["a", "b"]]
    with pytest.raises(Malformed):
        _ = one.bad


def test_header_names_are_learnt_once_and_within_bounds() -> None:
    learn({"Via": "To"})
    found = scan(USUAL, 100, 8192)
    assert found is not None
    assert "Via" in found[1]
    with pytest.raises(ValueError, match="header names"):
        learn({"X" * 40: "X"})
