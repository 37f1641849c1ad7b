import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.rack import RAck


@pytest.mark.parametrize(
    "text", ["", "1 INVITE", "1 2", "1 2 INVITE 3", "x 2 INVITE", "4294967296 1 INVITE", "1 2 I(V"]
)
def test_no_rack(text: str) -> None:
    with pytest.raises(Malformed):
        RAck.parse(text)


def test_round_trip() -> None:
    assert RAck.parse("776656  1 INVITE") == RAck(776656, 1, "INVITE")
    assert str(RAck(776656, 1, "INVITE")) == "776656 1 INVITE"
