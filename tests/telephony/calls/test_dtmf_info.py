"""Keys pressed by SIP INFO (interop 29)."""

import pytest

from appliance.telephony.calls.dtmf_info import KeyPress, parse_key


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (None, b"Signal=1"),
        ("application/media_control+xml", b"<vfu/>"),
        ("application/dtmf-relay", b"Duration=100"),
        ("application/dtmf-relay", b"Signal=E\r\nDuration=100"),
        ("application/dtmf", b""),
        ("application/dtmf", b"\xff\xfe"),
    ],
)
def test_an_info_that_presses_no_key_is_none(content_type: str | None, body: bytes) -> None:
    assert parse_key(content_type, body) is None


def test_dtmf_relay_names_signal_and_duration() -> None:
    press = parse_key("application/dtmf-relay", b"Signal=5\r\nDuration=250\r\n")
    assert press == KeyPress("5", 250)


def test_dtmf_relay_with_spaces_and_charset_is_understood() -> None:
    press = parse_key("Application/DTMF-Relay; charset=utf-8", b"Signal= #\nDuration= 100\n")
    assert press == KeyPress("#", 100)


def test_star_and_hash_may_come_as_event_numbers() -> None:
    assert parse_key("application/dtmf-relay", b"Signal=10\n") == KeyPress("*", 160)
    assert parse_key("application/dtmf", b"11") == KeyPress("#", 160)


def test_an_absurd_duration_is_brought_into_bounds() -> None:
    press = parse_key("application/dtmf-relay", b"Signal=1\r\nDuration=99999\r\n")
    assert press is not None
    assert press.duration_ms == 6000
