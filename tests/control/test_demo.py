from pathlib import Path
from typing import Any

import pytest

from appliance.clock import SystemClock
from appliance.control.demo import FolderNotEmpty, make_demo
from appliance.model.devices import DeviceType
from appliance.model.extensions import Extension
from appliance.settings import DataFolder
from appliance.store import Store

ACME = {"1001", "1002", "1003", "1004", "1006", "1050", "1090"}


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "box")


def devices(made: Any, tenant: str) -> dict[str, dict[str, str]]:
    return dict(made["tenants"][tenant]["devices"])


async def test_folder_that_is_not_empty_is_refused_and_left_alone(folder: DataFolder) -> None:
    folder.path.mkdir()
    (folder.path / "something").write_text("of yours")
    with pytest.raises(FolderNotEmpty):
        await make_demo(folder, SystemClock())
    assert [path.name for path in folder.path.iterdir()] == ["something"]


async def test_second_demo_is_refused(folder: DataFolder) -> None:
    await make_demo(folder, SystemClock())
    with pytest.raises(FolderNotEmpty):
        await make_demo(folder, SystemClock())


async def test_every_extension_has_a_desk_device_listed_first(folder: DataFolder) -> None:
    made = await make_demo(folder, SystemClock())
    acme = devices(made, "acme")
    assert {device["extension"] for device in acme.values()} == ACME
    first: dict[str, str] = {}
    for name, device in acme.items():
        first.setdefault(device["extension"], name)
    assert first == {number: f"{number}-desk" for number in ACME}
    assert acme["1001-web"]["username"] == "1001-web"


async def test_both_tenants_have_a_1001_of_their_own(folder: DataFolder) -> None:
    made = await make_demo(folder, SystemClock())
    assert devices(made, "helios")["1001-desk"]["username"] == "1001-desk-helios"
    store = Store.open(folder, SystemClock())
    alice = store.snapshot.subscriber("1001-desk")
    other = store.snapshot.subscriber("1001-desk-helios")
    assert alice is not None
    assert other is not None
    assert (alice.tenant.slug, other.tenant.slug) == ("acme", "helios")
    assert alice.extension.name == "Alice Tan"
    reached = store.snapshot.destination(other.tenant.key, "1001")
    assert isinstance(reached, Extension)
    assert reached.key == other.extension.key
    await store.close()


async def test_bulk_extensions_are_acmes_with_a_desk_device_each(folder: DataFolder) -> None:
    made = await make_demo(folder, SystemClock(), bulk_extensions=50)
    acme = devices(made, "acme")
    assert acme["20000-desk"]["extension"] == "20000"
    assert acme["20049-desk"]["username"] == "20049-desk"
    assert len(acme) == len(ACME) + 1 + 50
    store = Store.open(folder, SystemClock())
    subscriber = store.snapshot.subscriber("20049-desk")
    assert subscriber is not None
    assert subscriber.device.type is DeviceType.DESK
    await store.close()
