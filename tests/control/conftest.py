import pytest

from appliance.store import Store
from tests.store.conftest import StillClock, clock, folder, reopen, store
from tests.support.api import World

__all__ = ["clock", "folder", "reopen", "store", "world"]


@pytest.fixture
async def world(store: Store, clock: StillClock) -> World:
    return await World.made(store, clock)
