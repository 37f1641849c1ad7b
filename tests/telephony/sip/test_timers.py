import gc
import weakref

from appliance.telephony.sip.timers import Alarm, TimerHeap, Timers


class Owner:
    def __init__(self, name: str = "") -> None:
        self.name = name
        self.alarm: Alarm | None = None


def test_a_cleared_alarm_does_not_ring_and_keeps_nothing_alive() -> None:
    heap: TimerHeap[Owner] = TimerHeap()
    owner = Owner()
    heap.set(owner, 32.0)
    heap.clear(owner)
    assert heap.pop(100.0) is None
    watch = weakref.ref(owner)
    del owner
    gc.collect()
    assert watch() is None


def test_setting_again_replaces_the_first_alarm() -> None:
    heap: TimerHeap[Owner] = TimerHeap()
    owner = Owner()
    heap.set(owner, 1.0)
    heap.set(owner, 5.0)
    assert heap.next() == 5.0
    assert heap.pop(4.9) is None
    assert heap.pop(5.0) is owner
    assert heap.pop(5.0) is None


def test_alarms_ring_in_order_of_time_then_of_setting() -> None:
    heap: TimerHeap[Owner] = TimerHeap()
    for name, at in (("late", 3.0), ("first", 1.0), ("second", 1.0)):
        heap.set(Owner(name), at)
    rung = []
    while (owner := heap.pop(10.0)) is not None:
        rung.append(owner.name)
    assert rung == ["first", "second", "late"]


def test_ten_thousand_cleared_alarms_do_not_stay() -> None:
    heap: TimerHeap[Owner] = TimerHeap()
    for _ in range(10_000):
        owner = Owner()
        heap.set(owner, 32.0)
        heap.clear(owner)
    assert len(heap) == 0
    assert len(heap._heap) <= 1001


def test_the_life_of_a_transaction_is_64_times_t1() -> None:
    assert Timers().life == 32.0
