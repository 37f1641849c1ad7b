from hypothesis import given
from hypothesis import strategies as st

from appliance.telephony.wheel import Wheel


def test_nothing_is_due_when_nothing_is_there() -> None:
    wheel: Wheel[str] = Wheel()
    assert wheel.due(1e9) == []
    assert wheel.next() is None


def test_what_was_forgotten_is_never_due_and_keeps_no_memory() -> None:
    wheel: Wheel[str] = Wheel()
    wheel.wake("a", 5)
    wheel.forget("a")
    wheel.forget("a")
    assert len(wheel) == 0
    assert wheel.due(10) == []


def test_nothing_is_due_before_its_moment() -> None:
    wheel: Wheel[str] = Wheel()
    wheel.wake("a", 5.2)
    assert wheel.due(5.3) == []
    assert wheel.due(6.0) == ["a"]
    assert wheel.due(7.0) == []


def test_an_earlier_moment_counts_and_a_later_one_does_not() -> None:
    wheel: Wheel[str] = Wheel()
    wheel.wake("a", 100)
    wheel.wake("a", 10)
    wheel.wake("a", 200)
    assert wheel.next() == 10
    assert wheel.due(10) == ["a"]


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 50)), max_size=40), st.floats(0, 60))
def test_each_is_due_once_by_the_second_after_its_first_moment(
    wishes: list[tuple[int, float]], now: float
) -> None:
    wheel: Wheel[int] = Wheel()
    first: dict[int, float] = {}
    for item, at in wishes:
        wheel.wake(item, at)
        first[item] = min(first.get(item, at), at)
    due = wheel.due(now)
    assert len(set(due)) == len(due)
    assert {item for item, at in first.items() if at + 1 <= now} <= set(due)
    assert set(due) <= {item for item, at in first.items() if at <= now}
    assert len(wheel) == len(first) - len(due)
