"""In virtual time: turns of the event loop every 10 ms."""

from appliance.telephony.transport.backlog import LONGEST_SECONDS, Backlog

TURN = 0.01


class Loop:
    def __init__(self) -> None:
        self.now = 100.0
        self.backlog = Backlog(stands_after=0.15)

    def turns(self, seconds: float, *, drained: bool) -> None:
        for _ in range(round(seconds / TURN)):
            self.now += TURN
            (self.backlog.drained if drained else self.backlog.undrained)(self.now)

    def seconds_held(self) -> float:
        """How long it stands although every turn empties the socket."""
        begun = self.now
        while self.backlog.stands:
            self.turns(TURN, drained=True)
        return self.now - begun


def test_a_burst_that_is_worked_off_soon_is_no_backlog() -> None:
    loop = Loop()
    for _ in range(100):
        loop.turns(0.14, drained=False)
        loop.turns(TURN, drained=True)
    assert not loop.backlog.stands
    assert loop.backlog.times == 0


def test_a_socket_that_is_not_emptied_for_150_ms_has_one() -> None:
    loop = Loop()
    loop.turns(0.2, drained=False)
    assert loop.backlog.stands


def test_it_is_held_for_a_second_after_the_last_turn_that_was_too_short() -> None:
    loop = Loop()
    loop.turns(5, drained=False)
    assert 0.9 < loop.seconds_held() < 1.1
    assert loop.backlog.times == 1


def test_a_flood_that_comes_back_at_once_is_held_twice_as_long_each_time() -> None:
    loop = Loop()
    held = []
    for _ in range(9):
        loop.turns(0.2, drained=False)
        held.append(round(loop.seconds_held()))
    assert held == [1, 2, 4, 8, 16, 32, 64, 64, 64]
    assert held[-1] == LONGEST_SECONDS


def test_one_that_comes_back_later_begins_anew() -> None:
    loop = Loop()
    for _ in range(3):
        loop.turns(0.2, drained=False)
        loop.seconds_held()
    loop.turns(11, drained=True)
    loop.turns(0.2, drained=False)
    assert round(loop.seconds_held()) == 1
