"""The search for the highest passing rate."""

import pytest

from bench.search import highest_passing


@pytest.mark.parametrize("limit", [7.0, 150.0, 6000.0, 28_200.0, 1_000_000.0])
def test_search_ends_just_below_the_limit_of_a_target(limit: float) -> None:
    found = highest_passing(lambda rate: rate <= limit, first=200, precision=0.03)
    assert 0.97 * limit <= found <= limit


def test_a_target_that_passes_nothing_gives_zero_and_ends() -> None:
    assert highest_passing(lambda rate: False, first=200) == 0
