from collections.abc import Callable

from appliance.model.blocks import Block
from appliance.store import Store
from tests.store.examples import NOON

ATTACK = Block("1001-desk", "198.51.100.9", "too many wrong passwords", NOON)
OTHER = Block("admin", "198.51.100.9", "too many wrong passwords", NOON)


async def test_lifted_block_does_not_come_back(reopen: Callable[[], Store]) -> None:
    store = reopen()
    store.blocks.blocked(ATTACK)
    store.blocks.blocked(OTHER)
    await store.blocks.flush()
    store.blocks.lifted(ATTACK)
    await store.close()
    store = reopen()
    assert store.blocks.stored == [OTHER]
    await store.close()


async def test_block_survives_a_restart(reopen: Callable[[], Store]) -> None:
    store = reopen()
    store.blocks.blocked(ATTACK)
    await store.close()
    store = reopen()
    assert store.blocks.stored == [ATTACK]
    await store.close()
