"""Overview, health and search: figures and hits of the caller's scope alone."""

import pytest

from appliance.control import extensions
from appliance.model.bindings import RegistrationState
from appliance.store.rows import NewExtension
from tests.support.api import World
from tests.support.phones_seen import PhonesSeen


@pytest.fixture
async def phones(world: World) -> PhonesSeen:
    """Every tenant has an Alice Tan at 1001, with a desk phone."""
    seen = PhonesSeen(world)
    for slug in world.tenants:
        lines = f"/v1/tenants/{slug}/extensions"
        await world.as_("platform").post(lines, {"extension": "1001", "name": "Alice Tan"})
        await world.as_("platform").post(f"{lines}/1001/devices", {"type": "desk", "name": "Desk"})
    return seen


async def test_figures_are_those_of_the_scope(world: World, phones: PhonesSeen) -> None:
    phones.register("1001-desk")
    names = ("resellers", "tenants", "extensions", "devices", "registered_devices")

    async def figures(token: str) -> list[int | None]:
        answer = await world.as_(token).get("/v1/overview")
        assert answer.status_code == 200, answer.text
        return [answer.json()[name] for name in names]

    assert await figures("platform") == [2, 4, 4, 4, 1]
    assert await figures("reseller:nimbus") == [None, 2, 2, 2, 1]
    assert await figures("reseller:orion") == [None, 1, 1, 1, 0]
    assert await figures("tenant:helios") == [None, 1, 1, 1, 0]
    assert (await world.as_("user:acme").get("/v1/overview")).status_code == 403


async def test_foot_says_what_the_box_is(world: World, phones: PhonesSeen) -> None:
    box = (await world.as_("tenant:acme").get("/v1/overview")).json()["box"]
    assert box.pop("configuration") > 0
    assert box == {
        "brand": "ByondVoice",
        "environment": "PROD",
        "version": "1.0.0",
        "region": "on-premises",
        "build": "2026.06",
    }


async def test_tenants_figures_stand_against_its_caps(world: World, phones: PhonesSeen) -> None:
    phones.register("1001-desk", RegistrationState.EXPIRED)
    answer = await world.as_("tenant:acme").get("/v1/tenants/acme/overview")
    assert answer.json()["extensions"] == {"used": 1, "cap": 0}
    assert answer.json()["devices_by_status"] == {
        "registered": 0,
        "idle": 0,
        "expired": 1,
        "rejected": 0,
        "unreachable": 0,
    }
    assert answer.json()["extensions_by_status"]["expired"] == 1
    foreign = await world.as_("tenant:helios").get("/v1/tenants/acme/overview")
    assert foreign.status_code == 403


async def test_health_is_degraded_the_moment_one_part_is(world: World, phones: PhonesSeen) -> None:
    whole = (await world.as_("platform").get("/v1/health")).json()
    assert (whole["status"], whole["groups"][0]["status"]) == ("operational", "operational")
    phones.health = "down"
    ill = (await world.as_("platform").get("/v1/health")).json()
    assert (ill["status"], ill["groups"][0]["status"]) == ("degraded", "1 degraded")
    assert (await world.as_("tenant:acme").get("/v1/health")).json() == {
        "status": "degraded",
        "groups": [],
    }


async def hits(world: World, token: str, q: str, **more: object) -> list[tuple[str, str, str]]:
    answer = await world.as_(token).get("/v1/search", q=q, **more)
    assert answer.status_code == 200, answer.text
    return [(one["kind"], one["tenant"], one["id"]) for one in answer.json()["data"]]


async def test_search_finds_nothing_outside_the_scope(world: World, phones: PhonesSeen) -> None:
    for q in ("alice", "1001", "helios", "globex", "orion", "desk"):
        assert {slug for _, slug, _ in await hits(world, "tenant:acme", q)} <= {"acme"}
        assert {slug for _, slug, _ in await hits(world, "reseller:nimbus", q)} <= {
            "acme",
            "zephyr",
        }
    assert await hits(world, "tenant:acme", "nimbus") == []
    foreign = await world.as_("tenant:acme").get("/v1/search", q="alice", tenant="helios")
    assert foreign.status_code == 403


async def test_search_takes_several_words_and_the_best_comes_first(
    world: World, phones: PhonesSeen
) -> None:
    assert await hits(world, "platform", "tan acme") == [("extension", "acme", "1001")]
    assert await hits(world, "platform", "nimb") == [("reseller", "", "nimbus")]
    assert await hits(world, "platform", "1001 helios") == [
        ("extension", "helios", "1001"),
        ("device", "helios", "1001-desk-helios"),
    ]
    assert ("tenant", "zephyr", "zephyr") in await hits(world, "platform", "ZEPHYR")
    assert await hits(world, "platform", "%") == []
    assert await hits(world, "platform", "  ") == []
    assert await hits(world, "platform", "1001", tenant="acme") == [
        ("extension", "acme", "1001"),
        ("device", "acme", "1001-desk"),
    ]


async def test_exact_number_stands_before_those_that_begin_so(
    world: World, phones: PhonesSeen
) -> None:
    new = [NewExtension(number, "Line") for number in ("10010", "10011", "21001")]
    await world.control.change(
        world.people.known["platform"],
        lambda change: extensions.create_many(change, "acme", new),
    )
    found = [
        one for kind, _, one in await hits(world, "tenant:acme", "1001") if kind == "extension"
    ]
    assert found == ["1001", "10010", "10011", "21001"]
