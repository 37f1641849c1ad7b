import pytest

from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.response import Response


def test_a_status_has_its_reason_unless_given_another() -> None:
    assert Response(486, "", Headers()).reason == "Busy Here"
    assert Response(486, "On the phone", Headers()).reason == "On the phone"
    assert Response(499, "", Headers()).reason == ""


def test_printing() -> None:
    response = Response(200, "", Headers([("v", "x"), ("Via", "y")]), b"body")
    assert bytes(response) == b"SIP/2.0 200 OK\r\nVia: x\r\nVia: y\r\nContent-Length: 4\r\n\r\nbody"


@pytest.mark.parametrize("text", ["a\r\nVia: b", "a\nb", "a\rb"])
def test_a_line_break_in_a_reason_or_header_is_never_sent(text: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        bytes(Response(200, text, Headers()))
    with pytest.raises(ValueError, match="line break"):
        bytes(Response(200, "", Headers([("Subject", text)])))
