"""Resellers: made, limited, suspended and deleted by the platform alone (manual § 5.2, § 5.4)."""

import pytest

from appliance.store.logins import LoginsEnded
from tests.support.api import World
from tests.support.people import begin_login, mails_to

LIST = "/v1/resellers"
PEAK = {"name": "Peak Cloud", "code": "peak", "admin_email": "ops@peak.example"}


@pytest.mark.parametrize("token", ["reseller:nimbus", "tenant:acme", "user:acme"])
async def test_only_the_platform_makes_changes_and_deletes_resellers(
    world: World, token: str
) -> None:
    ask = world.as_(token)
    assert (await ask.post(LIST, PEAK)).status_code == 403
    assert (await ask.patch(f"{LIST}/nimbus", {"name": "Mine"})).status_code == 403
    assert (await ask.delete(f"{LIST}/nimbus?confirm=NIMBUS")).status_code == 403


@pytest.mark.parametrize("code", ["orion", "nowhere"])
async def test_another_reseller_is_forbidden_whether_or_not_it_exists(
    world: World, code: str
) -> None:
    answer = await world.as_("reseller:nimbus").get(f"{LIST}/{code}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


async def test_reseller_sees_itself_alone(world: World) -> None:
    listed = (await world.as_("reseller:nimbus").get(LIST)).json()
    assert [one["code"] for one in listed["data"]] == ["NIMBUS"]
    assert listed["page"] == {"next": None, "total": 1}
    assert (await world.as_("platform").get(f"{LIST}/nowhere")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "p k"}, "code"),
        ({"code": "1PEAK"}, "code"),
        ({"code": "A" * 17}, "code"),
        ({"name": " \t "}, "name"),
        ({"name": "x\u202ey"}, "name"),
        ({"admin_email": "nobody"}, "admin_email"),
        ({"admin_email": "a@b\r\nBcc: x@y.example"}, "admin_email"),
        ({"plan": "Free"}, "plan"),
        ({"region": "sg south"}, "region"),
        ({"caps": {"tenants": -1}}, "caps.tenants"),
        ({"caps": {"tenant": 1}}, "caps.tenant"),
        ({"entitlements": {"money": True}}, None),
        ({"key": 7}, "key"),
    ],
)
async def test_wrong_field_is_named_and_nothing_is_made(
    world: World, wrong: dict[str, object], field: str | None
) -> None:
    answer = await world.as_("platform").post(LIST, {**PEAK, **wrong})
    assert answer.status_code == 422, answer.text
    if field:
        assert field in answer.json()["error"]["fields"], answer.text
    assert (await world.as_("platform").get(LIST)).json()["page"]["total"] == 2


async def test_short_code_that_is_taken_is_refused(world: World) -> None:
    answer = await world.as_("platform").post(LIST, {**PEAK, "code": "Nimbus"})
    assert answer.status_code == 409
    assert answer.json()["error"]["fields"] == {"code": "short code already in use"}


async def test_new_reseller_is_active_has_the_plans_caps_and_an_invited_admin(
    world: World,
) -> None:
    answer = await world.as_("platform").post(LIST, PEAK)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["code"], made["status"], made["region"]) == ("PEAK", "active", "sg-south")
    assert made["caps"] == {
        "tenants": 25,
        "extensions": 200,
        "numbers": 50,
        "concurrent_pstn": 10,
        "rooms": 20,
    }
    assert made["used"] == {"tenants": 0, "extensions": 0}
    assert made["entitlements"]["transcription"] is False
    assert made["entitlements"]["video"] is True
    admin = {"username": "peak", "name": "Peak Cloud", "email": "ops@peak.example"}
    assert made["admin"] == {**admin, "status": "invited"}
    assert answer.headers["etag"] == '"1"'
    assert await mails_to(world, "ops@peak.example") == ["invitation"]
    assert [action for _, action, _ in await world.actions()][-2:] == [
        "Created reseller",
        "Sent invitation",
    ]


async def test_admin_whose_name_is_taken_gets_the_next_one(world: World) -> None:
    await world.as_("platform").post("/v1/tenants", {"name": "Peak", "slug": "peak"})
    made = (await world.as_("platform").post(LIST, PEAK)).json()
    assert made["admin"]["username"] == "peak-2"


async def test_edit_of_an_older_version_changes_nothing(world: World) -> None:
    ask = world.as_("platform")
    first = await ask.patch(f"{LIST}/nimbus", {"name": "Nimbus"}, {"if-match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    second = await ask.patch(f"{LIST}/nimbus", {"name": "Nimbo"}, {"if-match": '"1"'})
    assert second.status_code == 412
    assert (await ask.get(f"{LIST}/nimbus")).json()["name"] == "Nimbus"


async def test_code_is_locked_once_there_is_a_tenant(world: World) -> None:
    ask = world.as_("platform")
    answer = await ask.patch(f"{LIST}/nimbus", {"code": "NIMBO"})
    assert answer.status_code == 409
    assert "code" in answer.json()["error"]["fields"]
    await ask.post(LIST, PEAK)
    changed = await ask.patch(f"{LIST}/peak", {"code": "SUMMIT"})
    assert changed.json()["code"] == "SUMMIT"
    assert (await ask.get(f"{LIST}/summit")).status_code == 200


async def test_caps_and_entitlements_change_one_by_one(world: World) -> None:
    ask = world.as_("platform")
    wanted = {"caps": {"extensions": 300, "rooms": None}, "entitlements": {"video": False}}
    now = (await ask.patch(f"{LIST}/nimbus", wanted)).json()
    assert (now["caps"]["extensions"], now["caps"]["rooms"], now["caps"]["tenants"]) == (
        300,
        None,
        25,
    )
    assert now["entitlements"]["video"] is False
    assert now["entitlements"]["attendants"] is True
    assert (await world.actions())[-1][1:] == ("Saved limits", "reseller Nimbus Telecom")


async def test_cap_below_use_stops_growth_only(world: World) -> None:
    ask = world.as_("platform")
    now = (await ask.patch(f"{LIST}/nimbus", {"caps": {"tenants": 1}})).json()
    assert (now["caps"]["tenants"], now["used"]["tenants"]) == (1, 2)
    body = {"name": "Third", "reseller": "nimbus"}
    for token in ("platform", "reseller:nimbus"):
        answer = await world.as_(token).post("/v1/tenants", body)
        assert answer.status_code == 409
        error = answer.json()["error"]
        assert error["code"] == "limit_reached"
        assert error["message"] == "tenant limit reached for this reseller."


async def test_extension_cap_counts_over_all_its_tenants(world: World) -> None:
    """Manual § 5.7, try it: a cap of 3, and the fourth is blocked."""
    ask = world.as_("platform")
    await ask.patch(f"{LIST}/nimbus", {"caps": {"extensions": 3}})
    answers = [
        (await ask.post(f"/v1/tenants/{slug}/extensions", {"extension": number, "name": "X"}))
        for slug, number in (
            ("acme", "1001"),
            ("zephyr", "1001"),
            ("acme", "1002"),
            ("zephyr", "1002"),
        )
    ]
    assert [one.status_code for one in answers] == [201, 201, 201, 409]
    message = answers[-1].json()["error"]["message"]
    assert message == "extension limit reached for this reseller."
    assert (await ask.get(f"{LIST}/nimbus")).json()["used"]["extensions"] == 3


async def test_suspension_ends_the_logins_of_the_tree_and_suspends_its_tenants_in_effect(
    world: World,
) -> None:
    heard: list[LoginsEnded] = []
    world.events.listen(LoginsEnded, heard.append)
    ask = world.as_("platform")
    user = {"username": "ann", "name": "Ann", "email": "ann@x.example"}
    for slug in ("acme", "globex"):
        await ask.post(f"/v1/tenants/{slug}/users", user)
        await begin_login(world, slug, "ann")
    await ask.patch(f"{LIST}/nimbus", {"status": "suspended"})
    assert heard == [LoginsEnded(frozenset({"acme/ann"}))]
    acme = (await ask.get("/v1/tenants/acme")).json()
    assert (acme["status"], acme["effective_status"]) == ("active", "suspended")
    suspended = (await ask.get("/v1/tenants", status="suspended")).json()
    assert {one["slug"] for one in suspended["data"]} == {"acme", "zephyr"}
    assert suspended["counts"] == {"tenants": 4, "active": 2, "suspended": 2, "extensions": 0}
    await ask.patch(f"{LIST}/nimbus", {"status": "active"})
    actions = [action for _, action, _ in await world.actions()]
    assert actions[-2:] == ["Suspended reseller", "Reactivated reseller"]
    assert (await ask.get("/v1/tenants/acme")).json()["effective_status"] == "active"


async def test_admin_who_has_not_come_yet_is_invited_at_the_new_address(world: World) -> None:
    ask = world.as_("platform")
    await ask.post(LIST, PEAK)
    now = (await ask.patch(f"{LIST}/peak", {"admin_email": "noc@peak.example"})).json()
    assert now["admin"]["email"] == now["admin_email"] == "noc@peak.example"
    assert await mails_to(world, "noc@peak.example") == ["invitation"]


async def test_reseller_with_tenants_is_not_deleted(world: World) -> None:
    answer = await world.as_("platform").delete(f"{LIST}/nimbus?confirm=NIMBUS")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "This reseller still has 2 tenants."


async def test_reseller_is_deleted_when_its_code_is_typed(world: World) -> None:
    ask = world.as_("platform")
    await ask.post(LIST, PEAK)
    wrong = await ask.delete(f"{LIST}/peak")
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (422, ["confirm"])
    assert (await ask.delete(f"{LIST}/peak?confirm=PEAK")).status_code == 204
    assert (await ask.get(f"{LIST}/peak")).status_code == 404
    again = (await ask.post(LIST, PEAK)).json()
    assert again["admin"]["username"] == "peak"


async def test_list_is_searched_sorted_and_paged(world: World) -> None:
    ask = world.as_("platform")
    await ask.post(LIST, PEAK)
    first = (await ask.get(LIST, sort="-name", limit=2)).json()
    assert [one["code"] for one in first["data"]] == ["PEAK", "ORION"]
    rest = (await ask.get(LIST, sort="-name", limit=2, cursor=first["page"]["next"])).json()
    assert [one["code"] for one in rest["data"]] == ["NIMBUS"]
    assert rest["page"] == {"next": None, "total": 3}
    found = (await ask.get(LIST, q="cloud")).json()
    assert [one["code"] for one in found["data"]] == ["PEAK"]
    assert (await ask.get(LIST, q="%")).json()["page"]["total"] == 0
    assert (await ask.get(LIST, sort="password")).status_code == 422
