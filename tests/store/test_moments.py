from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.store.moments import from_number, to_number


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        to_number(datetime(2026, 1, 1))  # noqa: DTZ001


def test_none_stays_none() -> None:
    assert to_number(None) is None
    assert from_number(None) is None


def test_same_moment_elsewhere_is_the_same_number() -> None:
    singapore = timezone(timedelta(hours=8))
    there = datetime(2026, 1, 1, 8, tzinfo=singapore)
    assert to_number(there) == to_number(datetime(2026, 1, 1, tzinfo=UTC))


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_comes_back(moment: datetime) -> None:
    assert from_number(to_number(moment)) == moment
