from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from appliance.telephony.blocks import Blocks, BlockSettings
from tests.telephony.registration import START, FakeBlockStore


class Moment:
    """UTC, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self):  # type: ignore[no-untyped-def]
        return self.now


def blocks(
    settings: BlockSettings | None = None, *, spared: bool = False
) -> tuple[Blocks, FakeBlockStore, Moment]:
    store, moment = FakeBlockStore(), Moment()
    made = Blocks(store, moment, lambda *_: spared, settings or BlockSettings(wrong_passwords=3))
    return made, store, moment


def fail(made: Blocks, times: int, name: str = "1001-desk", host: str = "203.0.113.9") -> None:
    for _ in range(times):
        made.wrong_password(name, host, 0.0)


def test_the_address_that_holds_the_registration_is_never_blocked() -> None:
    made, _, _ = blocks(spared=True)
    fail(made, 50)
    assert made.list() == []


def test_slips_far_apart_do_not_add_up() -> None:
    made, _, _ = blocks()
    for minute in range(20):
        assert not made.wrong_password("1001-desk", "203.0.113.9", minute * 601.0)


def test_a_right_password_forgives_slips() -> None:
    made, _, _ = blocks()
    fail(made, 2)
    made.right_password("1001-desk", "203.0.113.9")
    fail(made, 2)
    assert made.list() == []


def test_the_threshold_blocks_that_device_from_that_address_only() -> None:
    made, store, _ = blocks()
    fail(made, 3)
    assert made.holds("1001-desk", "203.0.113.9")
    assert not made.holds("1001-desk", "203.0.113.10")
    assert not made.holds("1002-desk", "203.0.113.9")
    assert [(block.username, block.address) for block in store.blocks] == [
        ("1001-desk", "203.0.113.9")
    ]


def test_a_block_is_visible_and_lifted_by_hand() -> None:
    made, store, _ = blocks()
    fail(made, 3)
    assert [block.since for block in made.list()] == [START]
    assert made.lift("1001-desk", "203.0.113.9")
    assert not made.lift("1001-desk", "203.0.113.9")
    assert not made.holds("1001-desk", "203.0.113.9")
    assert made.list() == store.blocks == []


def test_after_a_lift_counting_starts_anew() -> None:
    made, _, _ = blocks()
    fail(made, 2)
    made.lift("1001-desk", "203.0.113.9")
    fail(made, 2)
    assert made.list() == []


def test_a_block_ends_by_itself() -> None:
    made, store, moment = blocks()
    fail(made, 3)
    moment.now += timedelta(seconds=3599)
    assert made.holds("1001-desk", "203.0.113.9")
    moment.now += timedelta(seconds=1)
    assert not made.holds("1001-desk", "203.0.113.9")
    assert store.blocks == []


def test_a_block_without_end_stays_until_lifted() -> None:
    made, _, moment = blocks(BlockSettings(wrong_passwords=3, seconds=0))
    fail(made, 3)
    moment.now += timedelta(days=365)
    assert made.holds("1001-desk", "203.0.113.9")


def test_blocks_outlive_a_restart() -> None:
    made, store, moment = blocks()
    fail(made, 3)
    again = Blocks(store, moment, lambda *_: False, BlockSettings(), store.blocks)
    assert again.holds("1001-desk", "203.0.113.9")


@given(st.lists(st.integers(0, 60), max_size=300))
def test_made_up_names_take_no_more_memory_than_allowed(names: list[int]) -> None:
    made, store, _ = blocks(BlockSettings(wrong_passwords=3, remembered=10))
    for name in names:
        made.wrong_password(f"guess{name}", "203.0.113.9", 0.0)
    assert len(made._tries) <= 10
    assert len(made.list()) == len(store.blocks) <= 10
