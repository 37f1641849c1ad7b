"""What is said of a call's media (manual § 23.4)."""

from datetime import UTC, datetime

import pytest

from appliance.control.calls import media_seen
from appliance.model.calls import LegRecord, MediaFigures

ANSWERED = datetime(2026, 6, 9, 9, 14, 7, tzinfo=UTC)


def leg(received: int, sent: int, answered_at: datetime | None = ANSWERED) -> LegRecord:
    return LegRecord(
        *("in", "1001", None, "1001-desk", "192.0.2.7:5060", "udp", "phone", "200 OK"),
        answered_at=answered_at,
        received=MediaFigures(packets=received),
        sent=MediaFigures(packets=sent),
    )


@pytest.mark.parametrize(
    ("legs", "seen"),
    [
        ([], "none"),
        ([leg(0, 0), leg(0, 0)], "none"),
        ([leg(50, 0), leg(0, 50)], "one-way"),
        ([leg(50, 50), leg(50, 50)], "two-way"),
        # The box answered, as at the echo test.
        ([leg(50, 50)], "two-way"),
        ([leg(50, 0)], "one-way"),
        # Rung, and not answered.
        ([leg(50, 50), leg(50, 50), leg(0, 0, answered_at=None)], "two-way"),
    ],
)
def test_media_is_two_way_where_both_sides_were_heard(legs: list[LegRecord], seen: str) -> None:
    assert media_seen(legs) == seen
