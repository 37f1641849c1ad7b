import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.reason import Reason


@pytest.mark.parametrize("text", ["", ";cause=200", "S I P;cause=200", 'SIP;text="x'])
def test_no_reason(text: str) -> None:
    with pytest.raises(Malformed):
        Reason.parse(text)


def test_interop_23_call_completed_elsewhere() -> None:
    text = 'SIP;cause=200;text="Call completed elsewhere"'
    assert Reason.parse(text) == Reason("SIP", 200, "Call completed elsewhere")
    assert str(Reason.parse(text)) == text


def test_a_cause_that_is_no_number_is_none() -> None:
    assert Reason.parse("Q.850;cause=x;location=LN") == Reason("Q.850")


def test_a_text_cannot_break_its_line() -> None:
    assert str(Reason("SIP", 480, 'a"\r\nb')) == 'SIP;cause=480;text="a\\"  b"'
