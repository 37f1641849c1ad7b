import pytest

from appliance.telephony.sip.message import Request
from appliance.telephony.sip.session_timer import (
    SessionPolicy,
    SessionTimer,
    agreed,
    ask,
    grant,
    raised,
    too_small,
)
from tests.telephony.sip.requests import invite

POLICY = SessionPolicy(seconds=1800, minimum=120)
KNOWS = ("Supported", "timer")
VIA = ("Via", "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1")


def asking(value: str, *headers: tuple[str, str]) -> Request:
    return invite(VIA, ("Session-Expires", value), *headers)


def test_interop_10_a_too_small_interval_is_refused_with_our_minimum() -> None:
    assert too_small(POLICY, asking("90", KNOWS)) == [("Min-SE", "120")]


def test_a_phone_without_the_extension_is_never_refused() -> None:
    assert too_small(POLICY, asking("90")) is None
    assert too_small(POLICY, invite(VIA, KNOWS)) is None
    assert too_small(POLICY, asking("120", KNOWS)) is None


def test_after_a_422_we_ask_for_what_the_other_side_wants() -> None:
    policy = raised(SessionPolicy(seconds=600), invite(VIA).reply(422, headers=[("Min-SE", "900")]))
    assert ask(policy) == [("Session-Expires", "900"), ("Min-SE", "900")]


def test_a_422_without_min_se_does_not_lower_ours() -> None:
    assert raised(POLICY, invite(VIA).reply(422)) == POLICY


@pytest.mark.parametrize(
    ("headers", "seconds", "we_refresh"),
    [
        ((("Session-Expires", "600;refresher=uac"), KNOWS), 600, False),
        ((("Session-Expires", "600;refresher=uas"), KNOWS), 600, True),
        ((("Session-Expires", "600"), KNOWS), 600, True),
        ((("Session-Expires", "600;refresher=uac"),), 600, True),
        ((("Session-Expires", "7200"), KNOWS), 1800, True),
        ((("Session-Expires", "2000"), ("Min-SE", "1900"), KNOWS), 1900, True),
        ((), 1800, True),
    ],
)
def test_what_our_2xx_grants(
    headers: tuple[tuple[str, str], ...], seconds: int, we_refresh: bool
) -> None:
    timer, answered = grant(POLICY, invite(VIA, *headers))
    assert timer == SessionTimer(seconds, we_refresh)
    refresher = "uas" if we_refresh else "uac"
    assert ("Session-Expires", f"{seconds};refresher={refresher}") in answered
    assert (("Require", "timer") in answered) is not we_refresh


def test_what_their_2xx_settles() -> None:
    def answered(value: str) -> SessionTimer | None:
        return agreed(invite(VIA).reply(200, headers=[("Session-Expires", value)]))

    assert answered("900;refresher=uas") == SessionTimer(900, we_refresh=False)
    assert answered("900;refresher=uac") == SessionTimer(900, we_refresh=True)
    assert answered("900") == SessionTimer(900, we_refresh=True)
    assert agreed(invite(VIA).reply(200)) is None


def test_a_refresh_keeps_who_refreshes() -> None:
    ours = ask(SessionPolicy(), SessionTimer(600, we_refresh=True))
    theirs = ask(SessionPolicy(), SessionTimer(600, we_refresh=False))
    assert ours == [("Session-Expires", "600;refresher=uac")]
    assert theirs == [("Session-Expires", "600;refresher=uas")]


def test_the_refresh_comes_at_half_time_and_the_end_before_the_interval() -> None:
    timer = SessionTimer(1800, we_refresh=True)
    assert timer.refresh_after == 900
    assert timer.ends_after == 1768
    assert SessionTimer(90, we_refresh=False).ends_after == 60
