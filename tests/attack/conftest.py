from collections.abc import AsyncIterator

import pytest

from appliance.store import Store
from tests.store.conftest import StillClock, clock, folder, reopen, store
from tests.support.twins import Twins

__all__ = ["clock", "folder", "reopen", "store", "twins"]


@pytest.fixture
async def twins(store: Store, clock: StillClock) -> AsyncIterator[Twins]:
    async with Twins.made(store, clock) as made:
        yield made
