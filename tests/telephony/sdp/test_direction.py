import pytest

from appliance.telephony.sdp.direction import DIRECTIONS, Direction


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ("sendonly", "recvonly"),
        ("recvonly", "sendonly"),
        ("inactive", "inactive"),
        ("sendrecv", "sendrecv"),
    ],
)
def test_interop_12_each_direction_has_its_mirror(offered: str, answered: str) -> None:
    assert str(DIRECTIONS[offered].mirrored) == answered
    assert DIRECTIONS[offered].mirrored.mirrored is DIRECTIONS[offered]


def test_two_that_exclude_each_other_leave_nothing() -> None:
    assert Direction.SENDONLY & Direction.RECVONLY is Direction.INACTIVE
    assert Direction.SENDONLY & Direction.SENDRECV is Direction.SENDONLY


def test_who_sends_and_who_receives() -> None:
    assert Direction.SENDONLY.sends
    assert not Direction.SENDONLY.receives
    assert not Direction.INACTIVE.sends
    assert Direction.RECVONLY.receives
