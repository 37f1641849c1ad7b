from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from appliance.model.extensions import Extension
from appliance.model.numbering import ECHO_TEST, EchoTest, Nobody
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.store.errors import (
    AlreadyTaken,
    DamagedDatabase,
    FolderInUse,
    FolderUnusable,
    NewerSchema,
    UnreadableKey,
)
from appliance.store.migrations import BOX
from appliance.store.rows import NewDevice, NewExtension
from appliance.store.store import REALM
from tests.store.examples import SECRET, add_acme


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with what is in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


async def filled(reopen: Callable[[], Store]) -> None:
    store = reopen()
    await add_acme(store)
    await store.close()


def set_schema(path: Path, number: int) -> None:
    file = apsw.Connection(str(path))
    file.pragma("user_version", number)
    file.close()


# -- folders that cannot be opened --------------------------------------------------------------


async def test_folder_in_use_is_refused(store: Store, reopen: Callable[[], Store]) -> None:
    with pytest.raises(FolderInUse, match="in use"):
        reopen()


@pytest.mark.parametrize("database", ["box_database", "records_database"])
async def test_newer_schema_is_refused_and_nothing_written(
    folder: DataFolder, reopen: Callable[[], Store], database: str
) -> None:
    await filled(reopen)
    set_schema(getattr(folder, database), 999)
    before = contents(folder.path)
    with pytest.raises(NewerSchema, match="newer version"):
        reopen()
    assert contents(folder.path) == before


@pytest.mark.parametrize("database", ["box_database", "records_database"])
async def test_file_that_is_no_database_is_refused_and_nothing_written(
    folder: DataFolder, reopen: Callable[[], Store], database: str
) -> None:
    await filled(reopen)
    getattr(folder, database).write_bytes(b"not a database" * 1000)
    before = contents(folder.path)
    with pytest.raises(DamagedDatabase, match="damaged"):
        reopen()
    assert contents(folder.path) == before


async def test_torn_page_in_configuration_is_noticed(
    folder: DataFolder, reopen: Callable[[], Store]
) -> None:
    await filled(reopen)
    content = bytearray(folder.box_database.read_bytes())
    content[8192:12288] = bytes(4096)
    folder.box_database.write_bytes(content)
    with pytest.raises(DamagedDatabase):
        reopen()


async def test_records_without_their_box_are_refused(
    folder: DataFolder, reopen: Callable[[], Store]
) -> None:
    await filled(reopen)
    folder.box_database.unlink()
    with pytest.raises(DamagedDatabase, match=r"box\.db is missing"):
        reopen()


async def test_missing_key_is_refused(folder: DataFolder, reopen: Callable[[], Store]) -> None:
    await filled(reopen)
    (folder.keys / "1.key").unlink()
    with pytest.raises(UnreadableKey, match="no key"):
        reopen()


async def test_key_of_another_box_is_refused(
    folder: DataFolder, reopen: Callable[[], Store]
) -> None:
    await filled(reopen)
    (folder.keys / "1.key").write_text("00" * 32)
    with pytest.raises(UnreadableKey, match="does not open"):
        reopen()


async def test_half_a_key_is_refused(folder: DataFolder, reopen: Callable[[], Store]) -> None:
    await filled(reopen)
    (folder.keys / "1.key").write_text("00" * 16)
    with pytest.raises(UnreadableKey, match="32 bytes"):
        reopen()


def test_folder_beneath_a_file_is_refused(folder: DataFolder, reopen: Callable[[], Store]) -> None:
    folder.path.write_text("a file")
    with pytest.raises(FolderUnusable):
        reopen()


async def test_refused_folder_can_be_opened_once_it_is_mended(
    folder: DataFolder, reopen: Callable[[], Store]
) -> None:
    await filled(reopen)
    set_schema(folder.box_database, 999)
    with pytest.raises(NewerSchema):
        reopen()
    set_schema(folder.box_database, len(BOX))
    await reopen().close()


# -- what is written ----------------------------------------------------------------------------


async def test_duplicate_numbers_leave_neither_rows_nor_objects(store: Store) -> None:
    acme = await store.add_tenant("acme", "Acme Corp")
    with pytest.raises(AlreadyTaken):
        await store.add_extensions(acme, [NewExtension("1001", "A"), NewExtension("1001", "B")])
    assert store.snapshot.destination(acme.key, "1001") == Nobody("1001")
    await store.add_extensions(acme, [NewExtension("1001", "A")])


async def test_username_of_another_tenant_is_refused(store: Store) -> None:
    desk = await add_acme(store)
    helios = await store.add_tenant("helios", "Helios Care")
    (line,) = await store.add_extensions(helios, [NewExtension("1001", "Farah")])
    with pytest.raises(AlreadyTaken):
        await store.add_devices([NewDevice(line, desk.username, desk.type, "", "x")])


async def test_secret_is_nowhere_on_disk_in_clear(
    folder: DataFolder, reopen: Callable[[], Store]
) -> None:
    await filled(reopen)
    for name, content in contents(folder.path).items():
        assert SECRET.encode() not in content, name


async def test_folder_and_files_are_their_owners_alone(
    folder: DataFolder, reopen: Callable[[], Store]
) -> None:
    await filled(reopen)
    assert folder.path.stat().st_mode & 0o077 == 0
    assert (folder.keys / "1.key").stat().st_mode & 0o077 == 0


async def test_both_digests_follow_rfc_7616(store: Store) -> None:
    await add_acme(store)
    subscriber = store.snapshot.subscriber("1001-desk")
    assert subscriber is not None
    assert store.realm == REALM
    # printf '1001-desk:byondvoice:b7Qz-9pK2-mW4t-Xa1r' | md5sum; … | sha256sum
    assert subscriber.ha1_md5 == "3b53b4136bb7ee9119c9196a2fd4464d"
    assert (
        subscriber.ha1_sha256 == "ecdc790a6c5d42eb2c410cd1b2db6895e63241596498a52bda5d26b66e1bdf9e"
    )
    assert subscriber.ha1_md5 not in repr(subscriber)


async def test_realm_stays_with_the_box(
    reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    await reopen().close()
    monkeypatch.setattr("appliance.store.store.REALM", "rebranded")
    store = reopen()
    assert store.realm == REALM
    await store.close()


async def test_key_is_never_given_twice(store: Store, reopen: Callable[[], Store]) -> None:
    first = await add_acme(store)
    line = store.snapshot.extension(first.extension)
    assert line is not None
    (later,) = await store.add_devices([NewDevice(line, "1001-desk2", first.type, "", "x")])
    assert later.key == first.key + 2


async def test_snapshot_after_changes_is_what_a_restart_loads(
    reopen: Callable[[], Store],
) -> None:
    store = reopen()
    await add_acme(store)
    alice = store.snapshot.subscriber("1001-desk")
    assert alice is not None
    await store.change_extension(replace(alice.extension, enabled=False, number="1005"))
    changed = list(store.snapshot.subscribers())
    await store.close()
    again = reopen()
    assert list(again.snapshot.subscribers()) == changed
    tenant = alice.tenant.key
    assert again.snapshot.destination(tenant, "1001") == Nobody("1001")
    found = again.snapshot.destination(tenant, "1005")
    assert isinstance(found, Extension)
    assert not found.enabled
    await again.close()


async def test_change_replaces_only_what_it_touches(store: Store) -> None:
    desk = await add_acme(store)
    acme = next(iter(store.snapshot.tenants()))
    (ben,) = await store.add_extensions(acme, [NewExtension("1002", "Ben Ong")])
    await store.add_devices([NewDevice(ben, "1002-desk", desk.type, "", "x")])
    untouched = store.snapshot.subscriber("1001-desk")
    await store.change_extension(replace(ben, name="Benjamin Ong"))
    changed = store.snapshot.subscriber("1002-desk")
    assert changed is not None
    assert changed.extension.name == "Benjamin Ong"
    assert store.snapshot.subscriber("1001-desk") is untouched


async def test_number_means_what_its_own_tenant_says(store: Store) -> None:
    await add_acme(store)
    helios = await store.add_tenant("helios", "Helios Care")
    assert store.snapshot.destination(helios.key, "1001") == Nobody("1001")
    assert store.snapshot.destination(helios.key, ECHO_TEST) == EchoTest()


async def test_devices_of_an_extension_come_in_the_order_they_were_made(store: Store) -> None:
    desk = await add_acme(store)
    names = [device.username for device in store.snapshot.devices(desk.extension)]
    assert names == ["1001-desk", "1001-web"]
