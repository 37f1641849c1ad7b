"""Operators of the platform and of resellers: who sees and makes whom (manual § 4.1)."""

import pytest

from tests.support.api import World
from tests.support.people import give_passwords, mails_to, sign_in_as

LIST = "/v1/operators"
SARA = {"name": "Sara Alvarez", "username": "sara", "email": "sara@byond.example"}
NORA = {"name": "Nora Quek", "username": "nora", "email": "nora@nimbus.example"}
OTTO = {"name": "Otto Vo", "username": "otto", "email": "otto@orion.example"}
WITH_PASSWORD = {"credential": "temporary_password"}


@pytest.fixture
async def staffed(world: World) -> World:
    """Sara of the platform, Nora of Nimbus, Otto of Orion."""
    await give_passwords(world)
    ask = world.as_("platform")
    for body in (
        {**SARA, **WITH_PASSWORD},
        {**NORA, "reseller": "nimbus"},
        {**OTTO, "reseller": "orion"},
    ):
        answer = await ask.post(LIST, body)
        assert answer.status_code == 201, answer.text
    return world


@pytest.mark.parametrize("token", ["tenant:acme", "user:acme"])
async def test_operators_are_closed_to_tenants_people(staffed: World, token: str) -> None:
    ask = staffed.as_(token)
    assert (await ask.get(LIST)).status_code == 403
    assert (await ask.post(LIST, SARA)).status_code == 403
    assert (await ask.get(f"{LIST}/sara")).status_code == 403


async def test_reseller_finds_its_own_operators_alone(staffed: World) -> None:
    """By name, so what is not in scope is not there (decisions: 404 or 403)."""
    ask = staffed.as_("reseller:nimbus")
    listed = (await ask.get(LIST)).json()
    assert [one["username"] for one in listed["data"]] == ["nora"]
    assert listed["counts"]["users"] == listed["page"]["total"] == 1
    for name in ("sara", "otto", "nobody"):
        path = f"{LIST}/{name}"
        for answer in (
            await ask.get(path),
            await ask.patch(path, {"status": "disabled"}),
            await ask.delete(path),
            await ask.patch(f"{path}/security", {"email": "x@evil.example"}),
            await ask.post(f"{path}/invitation"),
            await ask.post(f"{path}/reset-link"),
            await ask.post(f"{path}/temporary-password"),
            await ask.get(f"{path}/logins"),
            await ask.delete(f"{path}/logins"),
        ):
            assert answer.status_code == 404
    assert (await staffed.as_("platform").get(f"{LIST}/sara")).json()["status"] == "active"


async def test_user_of_a_tenant_is_no_operator(staffed: World) -> None:
    ask = staffed.as_("platform")
    await ask.post("/v1/tenants/acme/users", {**SARA, "username": "ben", "email": "b@a.example"})
    assert (await ask.get(f"{LIST}/ben")).status_code == 404
    body = {"name": "Pico", "owner_email": "own@pico.example"}
    await ask.post("/v1/tenants", body)
    assert (await ask.get(f"{LIST}/pico")).status_code == 404


async def test_reseller_makes_operators_of_its_own_level(staffed: World) -> None:
    ask = staffed.as_("reseller:nimbus")
    made = (await ask.post(LIST, {**NORA, "username": "ned", "email": "ned@nimbus.example"})).json()
    assert (made["role"], made["reseller"]) == ("reseller_operator", "nimbus")
    other = {**NORA, "username": "eve", "email": "eve@nimbus.example", "reseller": "orion"}
    assert (await ask.post(LIST, other)).status_code == 403
    assert await mails_to(staffed, "ned@nimbus.example") == ["invitation"]


@pytest.mark.parametrize("username", ["SARA", "acme"])
async def test_name_of_an_operator_or_a_tenant_is_taken_on_the_whole_box(
    staffed: World, username: str
) -> None:
    body = {**SARA, "username": username, "email": "other@byond.example"}
    answer = await staffed.as_("platform").post(LIST, body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (409, ["username"])


@pytest.mark.parametrize("field", ["tier", "role", "owner", "tenant"])
async def test_level_is_not_in_the_body(staffed: World, field: str) -> None:
    body = {**SARA, "username": "eve", "email": "eve@x.example", field: "platform"}
    answer = await staffed.as_("reseller:nimbus").post(LIST, body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


async def test_last_operator_of_the_platform_stays(staffed: World) -> None:
    ask = staffed.as_("platform")
    for answer in (
        await ask.patch(f"{LIST}/sara", {"status": "disabled"}),
        await ask.delete(f"{LIST}/sara"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_operator")
    # An operator who has not set a password could not sign in either.
    await ask.post(LIST, {**SARA, "username": "ida", "email": "ida@byond.example"})
    assert (await ask.delete(f"{LIST}/sara")).status_code == 409
    body = {**SARA, "username": "ivo", "email": "ivo@byond.example", **WITH_PASSWORD}
    await ask.post(LIST, body)
    assert (await ask.delete(f"{LIST}/sara")).status_code == 204


async def test_operator_does_not_shut_himself_out(staffed: World) -> None:
    ask = staffed.as_(await sign_in_as(staffed, "", "sara"))
    answer = await ask.patch(f"{LIST}/sara", {"status": "disabled"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "yourself")


async def test_primary_admin_is_not_replaced_by_a_colleague(staffed: World) -> None:
    platform = staffed.as_("platform")
    peak = {"name": "Peak Cloud", "code": "PEAK", "admin_email": "ops@peak.example"}
    await platform.post("/v1/resellers", peak)
    body = {**NORA, "username": "pia", "email": "pia@peak.example", "reseller": "peak"}
    await platform.post(LIST, body)
    ask = staffed.as_(await sign_in_as(staffed, "", "pia"))
    answer = await ask.delete(f"{LIST}/peak")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "owner")
    assert (await platform.delete(f"{LIST}/peak")).status_code == 204
    assert (await platform.get("/v1/resellers/peak")).json()["admin"] is None


async def test_security_of_an_operator_is_saved_as_a_users(staffed: World) -> None:
    ask = staffed.as_("platform")
    path = f"{LIST}/sara/security"
    assert (await ask.patch(path, {"require_second_factor": True})).status_code == 200
    off = await ask.patch(path, {"require_second_factor": False})
    assert (off.status_code, list(off.json()["error"]["fields"])) == (
        422,
        ["require_second_factor"],
    )
    assert ("platform-admin (SA)", "Enabled email OTP", "user Sara Alvarez") in (
        await staffed.actions()
    )
