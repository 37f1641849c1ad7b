import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.session_expires import SessionExpires


@pytest.mark.parametrize(
    "text", ["", "soon", "-90", "90;refresher=both", "90;refresher=uac;refresher=uas", "4294967296"]
)
def test_no_session_expires(text: str) -> None:
    with pytest.raises(Malformed):
        SessionExpires.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1800", SessionExpires(1800)),
        ("1800;refresher=uac", SessionExpires(1800, "uac")),
        ("90;refresher=uas", SessionExpires(90, "uas")),
    ],
)
def test_round_trip(text: str, value: SessionExpires) -> None:
    assert SessionExpires.parse(text) == value
    assert str(value) == text


def test_white_space_case_and_unknown_parameters() -> None:
    assert SessionExpires.parse("1800 ; x=y; Refresher = UAS") == SessionExpires(1800, "uas")
