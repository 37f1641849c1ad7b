from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance import terminal
from appliance.box.ready import Ready
from appliance.model.bindings import RegistrationState
from appliance.model.calls import CallRecord, Disposition, EndedBy
from appliance.model.registrations import Registration
from appliance.model.tenants import TenantKey

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
READY = Ready(8443, 8080, 15060, 15061, 0, 0, 0, "1.0")
CALL = CallRecord("key", TenantKey(1), "1001", "Alice Tan", "1002", NOON)


def test_table_without_rows_says_so() -> None:
    assert terminal.table(("A",), [], "Nothing.") == "Nothing."


def test_nothing_that_a_stranger_wrote_moves_the_cursor() -> None:
    """A User-Agent, a dialled number and the name of a blocked user are whatever was sent."""
    text = terminal.calls_table([("acme", replace(CALL, dialled="1\x1b[2J\r\n2\x9b"))])
    assert len(text.splitlines()) == 2
    assert "1\ufffd[2J\ufffd\ufffd2\ufffd" in text


def test_call_in_progress_has_no_time_talked() -> None:
    text = terminal.calls_table([("acme", CALL)])
    assert "in progress" in text
    assert "00:" not in text.splitlines()[1].partition("acme")[2]


def test_conversation_is_shown_in_minutes_and_seconds() -> None:
    ended = replace(
        CALL,
        answered_at=NOON,
        ended_at=NOON + timedelta(seconds=3671),
        disposition=Disposition.ANSWERED,
        ended_by=EndedBy.CALLEE,
    )
    row = terminal.calls_table([("acme", ended)]).splitlines()[1].split()
    assert row[-3:] == ["61:11", "answered", "callee"]


def test_rejected_phone_shows_why() -> None:
    phone = Registration("acme", "1001", "1001-desk", "desk", RegistrationState.REJECTED)
    text = terminal.registrations_table([replace(phone, rejection="wrong password")])
    assert "rejected: wrong password" in text


def test_welcome_without_kept_credentials_says_where_to_look() -> None:
    text = terminal.welcome(READY, "192.0.2.2", {}, Path("demo-box/demo-credentials.json"))
    assert "192.0.2.2:15060" in text
    assert "Credentials: see demo-box/demo-credentials.json" in text


def test_welcome_lists_every_device() -> None:
    device = {"extension": "1001", "username": "1001-desk", "password": "b7Qz"}
    made = {"tenants": {"acme": {"devices": {"1001-desk": device}}}}
    text = terminal.welcome(READY, "192.0.2.2", made, Path("kept"))
    assert "acme    1001  1001-desk  b7Qz" in text


def test_welcome_lists_who_signs_in_to_the_console() -> None:
    made = {
        "platform": {"username": "sara", "password": "Xa1r"},
        "resellers": {"nimbus": {"username": "nimbus", "password": "mW4t"}},
        "tenants": {"acme": {"owner": {"username": "acme", "password": "9pK2"}, "devices": {}}},
    }
    text = terminal.welcome(READY, "192.0.2.2", made, Path("kept"))
    assert "https://192.0.2.2:8443/admin/" in text
    assert "sara        Xa1r      the platform: everything" in text
    assert "nimbus      mW4t      reseller nimbus: its tenants" in text
    assert "acme        9pK2      owner of tenant acme" in text
