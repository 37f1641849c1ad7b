"""What the command line reads beside a running box, or without one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.model.bindings import RegistrationState
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.store.errors import FolderUnusable
from appliance.store.reading import read_calls, read_registrations
from tests.store.examples import FINISHED, NOON, add_acme, binding


def test_folder_that_is_not_there_is_no_box(folder: DataFolder) -> None:
    with pytest.raises(FolderUnusable, match="no box"):
        read_calls(folder, None, 10)
    assert not folder.path.exists()


@pytest.mark.parametrize("closed", [True, False], ids=["box is down", "box is running"])
async def test_records_are_read_whether_the_box_runs_or_not(
    folder: DataFolder, reopen: Callable[[], Store], closed: bool
) -> None:
    store = reopen()
    await add_acme(store)
    store.calls.finish(FINISHED)
    await store.calls.flush()
    if closed:
        await store.close()
    assert read_calls(folder, "acme", 10) == [("acme", FINISHED)]
    if not closed:
        await store.close()


async def test_reading_writes_nothing(folder: DataFolder, reopen: Callable[[], Store]) -> None:
    store = reopen()
    await add_acme(store)
    await store.close()
    before = sorted(path.name for path in folder.path.iterdir())
    read_registrations(folder, NOON)
    assert sorted(path.name for path in folder.path.iterdir()) == before


@pytest.mark.parametrize(
    ("transport", "after", "state"),
    [
        ("udp", timedelta(minutes=59), RegistrationState.REGISTERED),
        ("tls", timedelta(minutes=59), RegistrationState.UNREACHABLE),
        ("udp", timedelta(minutes=61), RegistrationState.EXPIRED),
    ],
)
async def test_state_of_a_stored_binding(
    folder: DataFolder,
    reopen: Callable[[], Store],
    transport: str,
    after: timedelta,
    state: RegistrationState,
) -> None:
    store = reopen()
    store.bindings.added(replace(binding(await add_acme(store)), transport=transport))
    await store.close()
    desk, web = read_registrations(folder, NOON + after)
    assert (desk.username, desk.state, desk.address) == ("1001-desk", state, "192.0.2.7:5060")
    assert web.state is RegistrationState.IDLE
