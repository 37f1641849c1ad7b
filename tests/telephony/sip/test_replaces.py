import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.replaces import Replaces


@pytest.mark.parametrize(
    "text",
    ["", "call", "call;to-tag=1", "call;from-tag=1", ";to-tag=1;from-tag=2",
     "call;to-tag=;from-tag=2", "call;to-tag=1;to-tag=3;from-tag=2"],
)  # fmt: skip
def test_a_replaces_without_both_tags_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Replaces.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a@b;to-tag=1;from-tag=2", Replaces("a@b", "1", "2")),
        ("a@b;to-tag=1;from-tag=0;early-only", Replaces("a@b", "1", "0", early_only=True)),
    ],
)
def test_round_trip(text: str, value: Replaces) -> None:
    assert Replaces.parse(text) == value
    assert str(value) == text


def test_parameters_in_any_order_and_unknown_ones() -> None:
    assert Replaces.parse("a ; early-only;from-tag=2;x=y; TO-TAG=1") == Replaces(
        "a", "1", "2", True
    )
