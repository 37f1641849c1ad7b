import pytest

from appliance.telephony.sip.cseq import CSeq
from appliance.telephony.sip.errors import Malformed


@pytest.mark.parametrize(
    "text",
    ["", "1", "INVITE", "1 INVITE x", "-1 INVITE", "2147483648 INVITE", "1 INV(TE",
     "36893488147419103232 REGISTER"],
)  # fmt: skip
def test_no_cseq(text: str) -> None:
    with pytest.raises(Malformed):
        CSeq.parse(text)


def test_the_largest_number_and_white_space() -> None:
    assert CSeq.parse("2147483647 \t INVITE") == CSeq(2**31 - 1, "INVITE")


def test_methods_are_case_sensitive() -> None:
    assert CSeq.parse("0009 invite") == CSeq(9, "invite")


def test_round_trip() -> None:
    assert str(CSeq.parse("7 RE%47")) == "7 RE%47"
