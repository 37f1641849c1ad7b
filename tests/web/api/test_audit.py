"""The audit log (manual § 20.8.1): scoped, filtered, exported with its hashes, verified."""

import csv
import hashlib
import io
import json

import apsw
import pytest

from appliance import __main__ as command_line
from appliance.control.audit_anchor import AuditAnchor
from appliance.control.changes import Change
from appliance.settings import DataFolder
from tests.store.conftest import StillClock
from tests.support.api import World

LIST = "/v1/audit"


async def act(world: World, token: str, action: str, target: str, slug: str = "") -> None:
    """Somebody does something, to a tenant or to the platform itself."""
    caller = world.people.known[token]

    def work(change: Change) -> None:
        tenant = world.tenants[slug] if slug else None
        change.record("thing", action, target, tenant=tenant, detail={"why": "test"})

    await world.control.change(caller, work)


@pytest.fixture
async def busy(world: World, clock: StillClock) -> World:
    """What the manual's table of § 20.8.1 shows, and some more."""
    await act(world, "platform", "Saved policy", "policy")
    clock.seconds += 3600
    await act(world, "tenant:acme", "Rotated SIP secret", "device 1001-web", "acme")
    await act(world, "tenant:acme", "Cleared TOTP enrolment", "user Ben Ong", "acme")
    await act(world, "platform", "Created extension", "extension 1001", "globex")
    await act(world, "tenant:helios", "Signed in", "user helios", "helios")
    return world


async def actions(world: World, token: str, **filters: str) -> list[str]:
    answer = await world.as_(token).get(LIST, **filters)
    assert answer.status_code == 200, answer.text
    assert answer.json()["page"]["total"] == len(answer.json()["data"])
    return [row["action"] for row in answer.json()["data"]]


async def test_everybody_sees_the_entries_of_his_scope_alone(busy: World) -> None:
    acme = ["Cleared TOTP enrolment", "Rotated SIP secret"]
    assert await actions(busy, "tenant:acme") == acme
    assert await actions(busy, "reseller:nimbus") == acme
    assert await actions(busy, "reseller:orion") == ["Created extension"]
    assert await actions(busy, "tenant:zephyr") == []
    assert len(await actions(busy, "platform")) == 6
    assert (await busy.as_("user:acme").get(LIST)).status_code == 403


async def test_nobody_learns_from_numbers_how_much_goes_on_elsewhere(busy: World) -> None:
    ask = busy.as_("tenant:acme")
    page = (await ask.get(LIST, limit=1)).json()
    assert page["data"][0]["number"] is None
    again = (await ask.get(LIST, limit=1, cursor=page["page"]["next"])).json()
    assert [row["action"] for row in again["data"]] == ["Rotated SIP secret"]
    rows = list(csv.DictReader(io.StringIO((await ask.get(f"{LIST}/export")).text)))
    assert {row["number"] for row in rows} == {""}


async def test_naming_another_scope_is_refused(busy: World) -> None:
    for token, name in (
        ("tenant:acme", {"tenant": "globex"}),
        ("tenant:acme", {"tenant": "nowhere"}),
        ("tenant:acme", {"reseller": "nimbus"}),
        ("reseller:nimbus", {"tenant": "globex"}),
        ("reseller:nimbus", {"reseller": "orion"}),
    ):
        for path in (LIST, f"{LIST}/export"):
            assert (await busy.as_(token).get(path, **name)).status_code == 403
    assert (await busy.as_("platform").get(LIST, tenant="nowhere")).status_code == 404


async def test_the_export_of_one_holds_nothing_of_another(busy: World) -> None:
    for kind in ("csv", "jsonl"):
        text = (await busy.as_("tenant:acme").get(f"{LIST}/export", format=kind)).text
        assert "Rotated SIP secret" in text
        for other in ("policy", "extension 1001", "helios"):
            assert other not in text


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"class": "secrets"}, ["Cleared TOTP enrolment", "Rotated SIP secret"]),
        ({"class": "sign_in"}, ["Signed in"]),
        ({"class": "exports"}, []),
        ({"class": "configuration"}, ["Created extension", "Saved policy", "Created tenants"]),
        ({"actor": "tenant-admin · acme"}, ["Cleared TOTP enrolment", "Rotated SIP secret"]),
        ({"q": "1001-WEB"}, ["Rotated SIP secret"]),
        ({"q": "%"}, []),
        ({"tenant": "globex"}, ["Created extension"]),
        ({"reseller": "orion"}, ["Created extension"]),
        ({"to": "2026-11-23T13:00:00Z"}, ["Saved policy", "Created tenants"]),
        ({"from": "2026-11-23T13:00:00Z", "class": "sign_in"}, ["Signed in"]),
    ],
)
async def test_filters(busy: World, filters: dict[str, str], found: list[str]) -> None:
    assert await actions(busy, "platform", **filters) == found


@pytest.mark.parametrize(
    "filters",
    [
        {"from": "yesterday"},
        {"from": "2026-11-23T13:00:00"},
        {"class": "x"},
        {"cursor": "x"},
        {"cursor": "WzFlMzBd"},
        {"cursor": "00000001"},
        {"cursor": "00" * 60},
        {"limit": "0"},
        {"limit": "201"},
        {"secret": "1"},
    ],
)
async def test_odd_filters_are_refused_with_words(busy: World, filters: dict[str, str]) -> None:
    answer = await busy.as_("platform").get(LIST, **filters)
    assert answer.status_code == 422


async def test_pages(busy: World) -> None:
    ask = busy.as_("platform")
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await ask.get(LIST, limit=2, cursor=cursor)).json()
        seen += [row["number"] for row in page["data"]]
        cursor = page["page"]["next"]
    assert seen == [6, 5, 4, 3, 2, 1]


async def test_an_export_is_in_the_log_and_can_be_verified_without_us(busy: World) -> None:
    text = (await busy.as_("platform").get(f"{LIST}/export", format="jsonl")).text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["number"] for line in lines] == list(range(1, 8))
    assert lines[-1]["action"] == "Exported audit log"
    previous = bytes(32)
    names = ("number", "at", "actor", "action", "target", "scope", "reseller", "tenant")
    for line in lines:
        row = [line[name] for name in (*names, "address", "detail")]
        text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(previous + text.encode()).digest()
        assert line["hash"] == previous.hex()


async def test_a_name_is_no_formula_in_the_csv(world: World) -> None:
    await act(world, "tenant:acme", "Created user", "=cmd|' /C calc'!A0", "acme")
    answer = await world.as_("tenant:acme").get(f"{LIST}/export")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[1][4] == "'=cmd|' /C calc'!A0"


async def test_verify_is_for_the_platform(busy: World) -> None:
    answer = (await busy.as_("platform").get(f"{LIST}/verify")).json()
    assert (answer["rows"], answer["whole"], answer["broken"]) == (6, True, None)
    assert (await busy.as_("tenant:acme").get(f"{LIST}/verify")).status_code == 403


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 3),
        ("DELETE FROM audit WHERE number = 1", 2),
        ("UPDATE audit SET hash = zeroblob(32) WHERE number = 6", 6),
        ("UPDATE audit SET tenant = NULL WHERE number = 3", 3),
    ],
)
async def test_a_log_that_was_tampered_with_is_found_out(
    busy: World,
    folder: DataFolder,
    capsys: pytest.CaptureFixture[str],
    tampering: str,
    broken: int,
) -> None:
    file = apsw.Connection(str(folder.box_database))
    with pytest.raises(apsw.ConstraintError):
        file.execute(tampering)
    file.execute("DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_words")
    file.execute(tampering)
    file.close()
    assert command_line.main(["audit", "verify", "--data", str(folder.path)]) == 1
    assert f"broken at row {broken}" in capsys.readouterr().err
    answer = (await busy.as_("platform").get(f"{LIST}/verify")).json()
    assert (answer["whole"], answer["broken"]) == (False, broken)


async def test_the_command_says_that_a_log_is_whole(
    busy: World, folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["audit", "verify", "--data", str(folder.path)]) == 0
    assert capsys.readouterr().out.startswith("6 rows, chain whole, head ")


async def test_nothing_is_changed_without_an_entry(world: World) -> None:
    with pytest.raises(RuntimeError):
        await world.control.change(world.people.known["platform"], lambda change: None)


async def test_the_head_goes_to_the_boxs_own_log(
    busy: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "appliance.control.audit_anchor")
    await AuditAnchor(busy.control).note()
    verdict = (await busy.as_("platform").get(f"{LIST}/verify")).json()
    (record,) = caplog.records
    assert (record.__dict__["row"], record.__dict__["hash"]) == (6, verdict["head"])
