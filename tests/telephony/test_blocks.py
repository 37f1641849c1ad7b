from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from appliance.model.blocks import EVERY_NAME, Block
from appliance.telephony.blocks import WRONG_PASSWORDS, Blocks, BlockSettings, blocked_source
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


STRANGER = "203.0.113.66"
SMALL = BlockSettings(wrong_passwords=3, remembered=20, names_per_source=10)
"""Tables of 20 names, so that a test fills them."""


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


def test_an_operator_lifts_by_name_by_address_or_all() -> None:
    made, store, _ = blocks()
    for name, host in (("1001-desk", "203.0.113.9"), ("1002-desk", "203.0.113.9")):
        fail(made, 3, name, host)
    fail(made, 3, "1001-desk", "2001:db8:1:2::7")
    assert made.lift_all("1002-desk", "") == 1
    assert made.lift_all("", "2001:db8:1:2::99") == 1
    assert made.lift_all("nobody", "") == made.lift_all("", "nowhere:") == 0
    assert made.lift_all("", "") == 1
    assert made.list() == store.blocks == []


# -- where a block holds


def test_an_ipv6_host_is_blocked_with_its_whole_64_since_it_has_all_of_it() -> None:
    made, store, _ = blocks()
    for last in range(3):
        fail(made, 1, host=f"2001:db8:1:2::{last:x}")
    assert made.holds("1001-desk", "2001:db8:1:2:ffff::1")
    assert not made.holds("1001-desk", "2001:db8:1:3::1")
    assert [block.address for block in store.blocks] == ["2001:db8:1:2::/64"]
    assert made.lift("1001-desk", "2001:db8:1:2::/64")


def test_a_block_is_kept_for_a_source() -> None:
    kept = {
        "203.0.113.9": "203.0.113.9",
        "::ffff:203.0.113.9": "203.0.113.9",
        "fe80::1%eth0": "fe80::/64",
        "2001:db8::1": "2001:db8::/64",
        "2001:db8::/64": "2001:db8::/64",
        "no:address": "no:address",
        "": "",
    }
    assert {address: blocked_source(address) for address in kept} == kept


def test_a_phone_is_spared_where_it_is_registered_though_its_neighbour_is_blocked() -> None:
    made, _, _ = blocks()
    made._spared = lambda _name, address: address == "2001:db8::1"
    fail(made, 3, host="2001:db8::2")
    assert made.holds("1001-desk", "2001:db8::2")
    assert not made.holds("1001-desk", "2001:db8::1")


def test_a_block_kept_by_full_address_holds_for_its_64() -> None:
    kept = Block("1001-desk", "2001:db8::1", WRONG_PASSWORDS, START)
    made = Blocks(FakeBlockStore(), lambda: START, lambda *_: False, kept=[kept])
    assert made.holds("1001-desk", "2001:db8::2")


# -- made-up names


def invent(made: Blocks, names: int, times: int = 3, host: str = STRANGER) -> None:
    for name in range(names):
        fail(made, times, f"guess{name}", host)


def test_made_up_names_do_not_push_out_the_block_of_another_source() -> None:
    made, _, _ = blocks(SMALL)
    fail(made, 3)
    invent(made, 100)
    assert made.holds("1001-desk", "203.0.113.9")


def test_made_up_names_do_not_push_out_a_block_of_their_own_source() -> None:
    made, store, _ = blocks(SMALL)
    fail(made, 3, host=STRANGER)
    invent(made, 100)
    assert made.holds("1001-desk", STRANGER)
    assert [(block.username, block.address) for block in store.blocks] == [(EVERY_NAME, STRANGER)]
    assert made.list() == store.blocks


def test_made_up_names_do_not_wipe_out_what_was_counted() -> None:
    made, _, _ = blocks(SMALL)
    fail(made, 2)
    fail(made, 2, host=STRANGER)
    invent(made, 100, times=1)
    assert made.wrong_password("1001-desk", "203.0.113.9", 0.0)
    assert made.holds("1001-desk", STRANGER)


def test_a_source_that_is_blocked_as_a_whole_is_let_in_like_any_other() -> None:
    made, store, moment = blocks(SMALL)
    invent(made, 21)
    assert made.holds("1001-desk", STRANGER)
    assert made.lift_all("", STRANGER) == 1
    assert not made.holds("1001-desk", STRANGER)
    invent(made, 21)
    moment.now += timedelta(hours=1)
    assert not made.holds("1001-desk", STRANGER)
    assert store.blocks == []


def test_a_phone_that_is_registered_from_a_blocked_source_is_spared() -> None:
    made, _, _ = blocks(SMALL)
    made._spared = lambda name, _address: name == "1001-desk"
    invent(made, 21)
    assert made.holds("1002-desk", STRANGER)
    assert not made.holds("1001-desk", STRANGER)


def test_many_sources_with_few_names_are_not_blocked_as_a_whole() -> None:
    made, store, _ = blocks(SMALL)
    for host in range(25):
        fail(made, 3, host=f"198.51.100.{host}")
    assert len(made.list()) == 20
    assert EVERY_NAME not in {block.username for block in store.blocks}
    assert made.holds("1001-desk", "198.51.100.24")


def test_the_name_of_all_names_blocks_nobody_when_it_is_tried() -> None:
    made, _, _ = blocks()
    fail(made, 50, EVERY_NAME)
    assert made.list() == []


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=300))
def test_made_up_names_take_no_more_memory_than_allowed(tries: list[tuple[int, int]]) -> None:
    made, store, _ = blocks(BlockSettings(wrong_passwords=3, remembered=10, names_per_source=5))
    for name, host in tries:
        made.wrong_password(f"guess{name}", f"203.0.113.{host}", 0.0)
    assert len(made._tries) <= 10
    assert len(made.list()) == len(store.blocks) <= 10
