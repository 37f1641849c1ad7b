from functools import partial
from pathlib import Path
from typing import Any

import pytest

from appliance.clock import SystemClock
from appliance.control.audit import verify
from appliance.control.demo import FolderNotEmpty, make_demo
from appliance.control.hashing import fits
from appliance.control.policy import floor
from appliance.model.accounts import AccountStatus, LinkRole
from appliance.model.devices import DeviceType
from appliance.model.extensions import Extension
from appliance.settings import DataFolder
from appliance.store import Store, accounts, credentials
from appliance.store.database import connection

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


async def test_everybody_of_the_cast_may_sign_in(folder: DataFolder) -> None:
    made: Any = await make_demo(folder, SystemClock())
    assert set(made) == {"platform", "resellers", "tenants"}
    acme = made["tenants"]["acme"]
    assert {name: user["extension"] for name, user in acme["users"].items()} == {
        "alice.tan": "1001",
        "ben.ong": "1002",
        "carmen.lim": "1003",
        "priya.nair": "1006",
    }
    operators = [made["platform"], made["resellers"]["nimbus"]]
    operators += [each["owner"] for each in made["tenants"].values()]
    known = {one["username"]: one["password"] for one in operators}
    known |= {name: user["password"] for name, user in acme["users"].items()}
    store = Store.open(folder, SystemClock())
    logins = {one.username: one for one in await store.readers.run(accounts.load)}
    for username, password in known.items():
        account = logins[username]
        assert account.status is AccountStatus.ACTIVE
        assert not account.force_change
        hashed = await store.readers.run(partial(credentials.password, account=account.key))
        assert hashed is not None
        assert fits(password, hashed)
        assert not fits(password.lower(), hashed)
    await store.close()


async def test_alice_answers_her_own_line_and_the_shared_one(folder: DataFolder) -> None:
    await make_demo(folder, SystemClock())
    store = Store.open(folder, SystemClock())
    (alice,) = [
        one for one in await store.readers.run(accounts.load) if one.username == "alice.tan"
    ]
    lines = [store.snapshot.extension(link.extension) for link in alice.links]
    assert [(line.number, line.shared) for line in lines if line] == [
        ("1001", False),
        ("1050", True),
    ]
    assert [link.role for link in alice.links] == [LinkRole.PRIMARY, LinkRole.SECONDARY]
    await store.close()


async def test_acme_is_nimbus_customer_and_helios_a_direct_one(folder: DataFolder) -> None:
    await make_demo(folder, SystemClock())
    store = Store.open(folder, SystemClock())
    found = {one.slug: one.reseller for one in store.snapshot.tenants()}
    assert found["helios"] is None
    assert found["acme"] is not None
    nimbus = store.snapshot.reseller(found["acme"])
    assert nimbus is not None
    assert (nimbus.code, nimbus.name) == ("NIMBUS", "Nimbus Telecom")
    await store.close()


async def test_all_of_it_is_in_the_log_and_the_log_holds_no_secret(folder: DataFolder) -> None:
    made: Any = await make_demo(folder, SystemClock(), bulk_extensions=3)
    store = Store.open(folder, SystemClock())
    verdict = await store.readers.run(verify)
    assert verdict.broken is None
    rows = await store.readers.run(
        lambda database: list(connection(database).execute("SELECT * FROM audit"))
    )
    assert {row[2] for row in rows} == {"system"}
    log = str(rows)
    for device in made["tenants"]["acme"]["devices"].values():
        assert device["password"] not in log
    assert made["platform"]["password"] not in log
    await store.close()


async def test_second_factors_of_admins_are_off_and_nobody_is_mailed(folder: DataFolder) -> None:
    await make_demo(folder, SystemClock())
    store = Store.open(folder, SystemClock())
    assert not (await store.readers.run(floor)).admin_second_factor
    count = "SELECT count(*) FROM mails"
    mails = await store.readers.run(lambda database: connection(database).execute(count).get)
    assert mails == 0
    await store.close()
