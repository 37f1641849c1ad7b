import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.model.bindings import StoredBinding
from appliance.model.devices import DeviceKey
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.store.bindings import KEPT_AFTER_EXPIRY, load_bindings
from appliance.store.database import open_read_only
from tests.store.conftest import StillClock
from tests.store.examples import add_acme, binding

LATER = timedelta(hours=1)


class Refreshed:
    """A table of bindings of which these were refreshed."""

    def __init__(self, *bindings: StoredBinding) -> None:
        self.waiting = list(bindings)

    def __call__(self, most: int) -> list[StoredBinding]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken


def on_disk(folder: DataFolder) -> list[object]:
    database = open_read_only(folder.records_database)
    try:
        return list(load_bindings(database))
    finally:
        database.close()


async def seconds_until(folder: DataFolder, count: int) -> float:
    """How long it takes until so many bindings are on the disk."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.timeout(10):
        while len(on_disk(folder)) != count:
            await asyncio.sleep(0)
    return loop.time() - start


async def test_binding_of_a_device_that_has_gone_is_passed_over(
    reopen: Callable[[], Store],
) -> None:
    store = reopen()
    desk = await add_acme(store)
    store.bindings.added(replace(binding(desk), device=DeviceKey(desk.key + 100)))
    await store.close()
    store = reopen()
    assert store.bindings.stored == []
    await store.close()


async def test_bytes_that_are_no_text_neither_fail_nor_stop_the_others(
    reopen: Callable[[], Store],
) -> None:
    store = reopen()
    desk = await add_acme(store)
    store.bindings.added(replace(binding(desk, "sip:a@192.0.2.7"), user_agent="Phone \udcff"))
    store.bindings.added(binding(desk, "sip:b@192.0.2.7"))
    await store.close()
    store = reopen()
    assert {one.user_agent for one in store.bindings.stored} == {"Phone ?", "Phone 1.0"}
    await store.close()


async def test_binding_lapsed_long_ago_is_dropped(
    reopen: Callable[[], Store], clock: StillClock
) -> None:
    store = reopen()
    store.bindings.added(binding(await add_acme(store)))
    await store.close()
    clock.seconds = (LATER + KEPT_AFTER_EXPIRY).total_seconds() + 1
    store = reopen()
    assert store.bindings.stored == []
    await store.close()


async def test_binding_that_has_just_expired_is_kept_for_its_story(
    reopen: Callable[[], Store], clock: StillClock
) -> None:
    store = reopen()
    made = binding(await add_acme(store))
    store.bindings.added(made)
    await store.close()
    clock.seconds = LATER.total_seconds() + 60
    store = reopen()
    assert store.bindings.stored == [made]
    await store.close()


async def test_new_and_removed_bindings_are_committed_within_250_ms(
    store: Store, folder: DataFolder
) -> None:
    made = binding(await add_acme(store))
    took = []
    for _ in range(3):
        store.bindings.added(made)
        added = await seconds_until(folder, 1)
        store.bindings.removed(made)
        took.append(max(added, await seconds_until(folder, 0)))
    # The best of three: a busy machine is not what is tested.
    assert min(took) < 0.25


async def test_refresh_replaces_the_expiry(reopen: Callable[[], Store]) -> None:
    store = reopen()
    made = binding(await add_acme(store))
    store.bindings.added(made)
    await store.bindings.flush()
    refreshed = replace(made, expires_at=made.expires_at + LATER, cseq=8)
    store.bindings.fetch_refreshed(Refreshed(refreshed))
    await store.close()
    store = reopen()
    assert store.bindings.stored == [refreshed]
    await store.close()


async def test_refresh_that_waits_does_not_bring_a_removed_binding_back(
    reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.store.bindings.REFRESH_SECONDS", 0.0)
    store = reopen()
    made = binding(await add_acme(store))
    store.bindings.added(made)
    await store.bindings.flush()
    refreshed = Refreshed(replace(made, cseq=8))
    store.bindings.fetch_refreshed(refreshed)
    while refreshed.waiting:
        await asyncio.sleep(0)
    store.bindings.removed(made)
    await store.close()
    store = reopen()
    assert store.bindings.stored == []
    await store.close()


async def test_thousands_of_refreshes_are_fetched_in_parts_and_all_are_kept(
    reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.store.bindings.REFRESH_SECONDS", 0.0)
    store = reopen()
    desk = await add_acme(store)
    made = [binding(desk, f"sip:1001@192.0.2.7:{port}") for port in range(1024, 2324)]
    refreshed = Refreshed(*made)
    store.bindings.fetch_refreshed(refreshed)
    sizes = {len(refreshed.waiting)}
    while refreshed.waiting:
        await asyncio.sleep(0)
        sizes.add(len(refreshed.waiting))
    await store.close()
    assert sizes == {1300, 800, 300, 0}
    store = reopen()
    assert set(store.bindings.stored) == set(made)
    await store.close()


async def test_thousands_of_bindings_survive_a_restart(reopen: Callable[[], Store]) -> None:
    store = reopen()
    desk = await add_acme(store)
    made = [binding(desk, f"sip:1001@192.0.2.7:{port}") for port in range(1024, 4024)]
    for one in made:
        store.bindings.added(one)
    await store.close()
    store = reopen()
    assert set(store.bindings.stored) == set(made)
    await store.close()
