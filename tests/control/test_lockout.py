import pytest

from appliance.control.errors import TooMany
from appliance.control.lockout import AddressThrottle, Lockout, Standing
from tests.store.conftest import StillClock


def tries(lockout: Lockout, count: int, who: str = "sara") -> list[Standing]:
    return [lockout.begin(who, 5, 15) for _ in range(count)]


def test_fifth_try_locks_and_what_comes_after_is_locked(clock: StillClock) -> None:
    lockout = Lockout(clock.now)
    assert tries(lockout, 7) == [
        *(Standing.OPEN,) * 4,
        Standing.LOCKS,
        Standing.LOCKED,
        Standing.LOCKED,
    ]
    assert lockout.begin("ben", 5, 15) is Standing.OPEN


def test_lock_is_over_after_its_time_however_often_it_was_tried_meanwhile(
    clock: StillClock,
) -> None:
    lockout = Lockout(clock.now)
    tries(lockout, 5)
    for _ in range(14):
        clock.seconds += 60
        assert lockout.begin("sara", 5, 15) is Standing.LOCKED
    clock.seconds += 60
    assert lockout.begin("sara", 5, 15) is Standing.OPEN


def test_tries_long_ago_do_not_count(clock: StillClock) -> None:
    lockout = Lockout(clock.now)
    for _ in range(20):
        assert lockout.begin("sara", 5, 15) is Standing.OPEN
        clock.seconds += 226


def test_right_one_wipes_the_slate_and_one_not_looked_at_is_taken_back(
    clock: StillClock,
) -> None:
    lockout = Lockout(clock.now)
    tries(lockout, 4)
    lockout.right("sara")
    assert tries(lockout, 4)[-1] is Standing.OPEN
    assert lockout.begin("sara", 5, 15) is Standing.LOCKS
    lockout.undone("sara")
    assert lockout.begin("sara", 5, 15) is Standing.LOCKS


def test_names_that_nobody_has_are_forgotten_before_memory_is_full(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.control.lockout.MOST_NAMES", 3)
    lockout = Lockout(clock.now)
    tries(lockout, 5, "a")
    for name in "bcd":
        tries(lockout, 1, name)
    assert lockout.begin("a", 5, 15) is Standing.OPEN


def test_address_waits_as_long_as_it_is_told(clock: StillClock) -> None:
    throttle = AddressThrottle(clock.now, fails=3, seconds=30.0)
    for _ in range(3):
        throttle.check("192.0.2.7")
        throttle.wrong("192.0.2.7")
    with pytest.raises(TooMany) as told:
        throttle.check("192.0.2.7")
    throttle.check("192.0.2.8")
    clock.seconds += told.value.retry_after
    throttle.check("192.0.2.7")
