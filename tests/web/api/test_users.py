"""Users of a tenant: made, linked, secured, disabled (manual chapter 7)."""

from collections.abc import Mapping

import pytest

from appliance.control.identity import Identity
from appliance.model.accounts import Account
from appliance.model.policy import Policy
from appliance.store import credentials, policies, rows
from appliance.store.credentials import Totp
from appliance.store.database import Database
from appliance.store.logins import LoginsEnded
from appliance.store.transactions import Transaction
from tests.support.api import World
from tests.support.people import (
    account_of,
    begin_login,
    give_passwords,
    mails_to,
    sign_in_as,
)

USERS = "/v1/tenants/acme/users"
PRIYA = {"name": "Priya Nair", "username": "priya.nair", "email": "priya@acme.example"}
BEN = {"name": "Ben Ong", "username": "ben.ong", "email": "ben@acme.example"}


@pytest.fixture
async def identity(world: World) -> Identity:
    return await give_passwords(world)


@pytest.fixture
async def acme(world: World, identity: Identity) -> World:
    """Acme with 1001, 1002 and the shared 1050."""
    ask = world.as_("tenant:acme")
    for number, shared in (("1001", False), ("1002", False), ("1050", True)):
        body = {"extension": number, "name": f"Line {number}", "shared": shared}
        assert (await ask.post("/v1/tenants/acme/extensions", body)).status_code == 201
    return world


async def made(world: World, body: Mapping[str, object], tenant: str = "acme") -> dict[str, object]:
    answer = await world.as_("platform").post(f"/v1/tenants/{tenant}/users", body)
    assert answer.status_code == 201, answer.text
    view: dict[str, object] = answer.json()
    return view


# -- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["user:acme", "tenant:zephyr", "reseller:orion"])
async def test_users_of_a_tenant_are_closed_to_users_and_to_other_scopes(
    acme: World, token: str
) -> None:
    await made(acme, PRIYA)
    ask = acme.as_(token)
    one = f"{USERS}/priya.nair"
    assert (await ask.get(USERS)).status_code == 403
    assert (await ask.get(USERS, format="csv")).status_code == 403
    assert (await ask.post(USERS, BEN)).status_code == 403
    for answer in (
        await ask.get(one),
        await ask.patch(one, {"name": "X"}),
        await ask.delete(one),
        await ask.put(f"{one}/links", {"links": []}),
        await ask.patch(f"{one}/security", {"clear_totp": True}),
        await ask.post(f"{one}/invitation"),
        await ask.post(f"{one}/reset-link"),
        await ask.post(f"{one}/temporary-password"),
        await ask.get(f"{one}/logins"),
        await ask.delete(f"{one}/logins"),
    ):
        assert answer.status_code == 403
    assert (await acme.as_("platform").get(one)).json()["version"] == 1


async def test_user_who_is_not_there_is_not_found(acme: World) -> None:
    ask = acme.as_("tenant:acme")
    await made(acme, PRIYA, "zephyr")
    for path in (f"{USERS}/priya.nair", f"{USERS}/priya.nair/logins", f"{USERS}/%00"):
        assert (await ask.get(path)).status_code == 404


async def test_key_makes_and_changes_no_administrator(acme: World) -> None:
    """Else it could turn itself into a login that may more than it."""
    scopes = ["pbx:write", "tenancy:write"]
    key = {"label": "CRM", "scopes": scopes, "tenant": "acme"}
    secret = (await acme.as_("platform").post("/v1/api-keys", key)).json()["secret"]
    ask = acme.as_(secret)
    admin = {**PRIYA, "role": "tenant_admin", "credential": "temporary_password"}
    refused = await ask.post(USERS, admin)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "people_only")
    assert (await ask.post(USERS, PRIYA)).status_code == 201
    await made(acme, {**BEN, "role": "tenant_admin"})
    for answer in (
        await ask.post(f"{USERS}/ben.ong/temporary-password"),
        await ask.patch(f"{USERS}/ben.ong/security", {"email": "x@evil.example"}),
        await ask.patch(f"{USERS}/ben.ong", {"status": "disabled"}),
        await ask.post(f"{USERS}/ben.ong/invitation"),
        await ask.delete(f"{USERS}/ben.ong"),
    ):
        assert answer.status_code == 403


# -- creating ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "priya nair"}, "username"),
        ({"username": "acme/priya"}, "username"),
        ({"name": "\n"}, "name"),
        ({"email": "priya"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "", "credential": "temporary_password", "require_second_factor": True}, "email"),
        ({"role": "platform"}, "role"),
        ({"tier": "platform"}, "tier"),
        ({"tenant_id": 1}, "tenant_id"),
        ({"status": "active"}, "status"),
        ({"extension": "1009"}, "extension"),
        ({"extension": "1001", "new_extension": {"extension": "1006"}}, "extension"),
        ({"new_extension": {"extension": "12x"}}, "extension"),
        ({"credential": "none"}, "credential"),
    ],
)
async def test_wrong_field_is_named_and_nothing_is_made(
    acme: World, wrong: dict[str, object], field: str
) -> None:
    answer = await acme.as_("tenant:acme").post(USERS, {**PRIYA, **wrong})
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["error"]["fields"]
    assert (await acme.as_("tenant:acme").get(USERS)).json()["page"]["total"] == 0


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"username": "PRIYA.nair", "email": "p2@acme.example"}, "username"),
        ({"username": "priya.n", "email": "Priya@acme.example"}, "email"),
    ],
)
async def test_name_or_address_that_is_taken_is_refused(
    acme: World, other: dict[str, object], field: str
) -> None:
    await made(acme, PRIYA)
    answer = await acme.as_("tenant:acme").post(USERS, {**PRIYA, **other})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (409, [field])


async def test_two_tenants_may_have_a_user_of_one_name(acme: World) -> None:
    first, second = await made(acme, PRIYA), await made(acme, PRIYA, "zephyr")
    assert (first["tenant"], second["tenant"]) == ("acme", "zephyr")


async def test_user_is_onboarded_with_a_new_extension_in_one_step(acme: World) -> None:
    """Manual § 7.6.1."""
    body = {**PRIYA, "new_extension": {"extension": "1006"}, "require_second_factor": True}
    view = await made(acme, body)
    assert view["extensions"] == [
        {"extension": "1006", "name": "Priya Nair", "role": "primary", "shared": False}
    ]
    assert (view["status"], view["security"], view["role"]) == ("invited", "email_otp", "user")
    assert view["temporary_password"] is None
    assert await mails_to(acme, "priya@acme.example") == ["invitation"]
    actions = [(action, target) for _, action, target in await acme.actions()][-3:]
    assert actions == [
        ("Created extension", "extension 1006"),
        ("Created user", "user Priya Nair"),
        ("Sent invitation", "user Priya Nair"),
    ]


async def test_cap_on_extensions_stops_the_user_too(acme: World) -> None:
    await acme.as_("platform").patch("/v1/tenants/acme", {"caps": {"extensions": 3}})
    body = {**PRIYA, "new_extension": {"extension": "1006"}}
    answer = await acme.as_("tenant:acme").post(USERS, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "limit_reached")
    assert (await acme.as_("tenant:acme").get(USERS)).json()["page"]["total"] == 0


async def test_temporary_password_is_shown_once_and_must_be_changed(
    acme: World, identity: Identity
) -> None:
    body = {"name": "Priya Nair", "username": "priya.nair", "credential": "temporary_password"}
    view = await made(acme, body)
    password = view["temporary_password"]
    assert isinstance(password, str)
    assert len(password) >= 16
    assert (view["status"], view["force_change"]) == ("active", True)
    again = await acme.as_("tenant:acme").get(f"{USERS}/priya.nair")
    assert "temporary_password" not in again.json()
    known = await account_of(acme, "acme", "priya.nair")
    stored = await acme.control.read(lambda db: credentials.password(db, known.key))
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert password not in repr(await acme.actions())


# -- links -------------------------------------------------------------------------------------


async def test_extension_of_somebody_elses_own_is_not_linked(acme: World) -> None:
    await made(acme, {**BEN, "extension": "1001"})
    ask = acme.as_("tenant:acme")
    refused = await ask.post(USERS, {**PRIYA, "extension": "1001"})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (409, ["extension"])
    await made(acme, PRIYA)
    links = {"links": [{"extension": "1050"}, {"extension": "1001"}]}
    refused = await ask.put(f"{USERS}/priya.nair/links", links)
    assert refused.status_code == 409
    assert "Ben Ong" in refused.json()["error"]["fields"]["links[1].extension"]
    assert (await ask.get(f"{USERS}/priya.nair")).json()["extensions"] == []


@pytest.mark.parametrize(
    "links",
    [
        [{"extension": "1009"}],
        [{"extension": "1001"}, {"extension": "1001"}],
        [
            {"extension": "1001", "role": "primary"},
            {"extension": "1002", "role": "primary"},
        ],
        [{"extension": "1001", "role": "owner"}],
        [{"extension": "1001", "account": 1}],
    ],
)
async def test_links_that_cannot_be_change_nothing(acme: World, links: list[object]) -> None:
    await made(acme, {**PRIYA, "extension": "1002"})
    answer = await acme.as_("tenant:acme").put(f"{USERS}/priya.nair/links", {"links": links})
    assert answer.status_code == 422, answer.text
    view = (await acme.as_("tenant:acme").get(f"{USERS}/priya.nair")).json()
    assert [one["extension"] for one in view["extensions"]] == ["1002"]


async def test_extension_of_another_tenant_is_none_here(acme: World) -> None:
    body = {"extension": "2001", "name": "Theirs"}
    await acme.as_("platform").post("/v1/tenants/zephyr/extensions", body)
    answer = await acme.as_("tenant:acme").post(USERS, {**PRIYA, "extension": "2001"})
    assert answer.status_code == 422


async def test_first_link_is_primary_until_another_is_made_so(acme: World) -> None:
    """Manual § 7.3.1: a shared line is answered by several users."""
    await made(acme, {**BEN, "extension": "1050"})
    await made(acme, PRIYA)
    ask = acme.as_("tenant:acme")
    path = f"{USERS}/priya.nair/links"
    both = [{"extension": "1001"}, {"extension": "1050"}]
    now = (await ask.put(path, {"links": both})).json()
    assert _links(now) == [("1001", "primary"), ("1050", "secondary")]
    swapped = [{"extension": "1001"}, {"extension": "1050", "role": "primary"}]
    now = (await ask.put(path, {"links": swapped})).json()
    assert _links(now) == [("1001", "secondary"), ("1050", "primary")]
    now = (await ask.put(path, {"links": [{"extension": "1001"}]})).json()
    assert _links(now) == [("1001", "primary")]
    actions = [(action, target) for _, action, target in await acme.actions()][-5:]
    assert actions == [
        ("Linked extension", "extension 1001 · Priya Nair"),
        ("Linked extension", "extension 1050 · Priya Nair"),
        ("Made primary", "extension 1050 · Priya Nair"),
        ("Unlinked extension", "extension 1050 · Priya Nair"),
        ("Made primary", "extension 1001 · Priya Nair"),
    ]


async def test_links_of_an_older_version_are_not_saved(acme: World) -> None:
    view = await made(acme, PRIYA)
    ask = acme.as_("tenant:acme")
    await ask.patch(f"{USERS}/priya.nair", {"name": "P. Nair"})
    late = await ask._client.put(
        f"{USERS}/priya.nair/links",
        json={"links": []},
        headers={"if-match": f'"{view["version"]}"'},
    )
    assert late.status_code == 412


# -- security ----------------------------------------------------------------------------------


async def enrol(world: World, username: str) -> None:
    account = await account_of(world, "acme", username)

    def put(transaction: Transaction) -> Account:
        return credentials.put_totp(transaction, account.key, Totp("JBSWY3DPEHPK3PXP", 0))

    await world.store.change(put, world.clock.wall(), world.events.publish)


@pytest.mark.parametrize(
    "save",
    [
        {"clear_totp": True},
        {"clear_totp": True, "require_second_factor": False},
    ],
)
async def test_administrator_is_never_left_without_a_second_factor(
    acme: World, save: dict[str, object]
) -> None:
    """Manual § 20.5.2."""
    await made(acme, {**BEN, "role": "tenant_admin"})
    await enrol(acme, "ben.ong")
    ask = acme.as_("tenant:acme")
    answer = await ask.patch(f"{USERS}/ben.ong/security", save)
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == {
        "require_second_factor": "Switch on Require second factor in the same save."
    }
    assert (await ask.get(f"{USERS}/ben.ong")).json()["security"] == "authenticator"


async def test_lost_authenticator_is_cleared_and_the_email_code_armed_in_one_save(
    acme: World,
) -> None:
    await made(acme, {**BEN, "role": "tenant_admin"})
    await enrol(acme, "ben.ong")
    save = {"clear_totp": True, "require_second_factor": True}
    ask = acme.as_("tenant:acme")
    now = (await ask.patch(f"{USERS}/ben.ong/security", save)).json()
    assert (now["security"], now["authenticator"], now["require_second_factor"]) == (
        "email_otp",
        False,
        True,
    )
    actions = [(action, target) for _, action, target in await acme.actions()][-2:]
    assert actions == [
        ("Cleared TOTP enrolment", "user Ben Ong"),
        ("Enabled email OTP", "user Ben Ong"),
    ]


async def test_policy_without_the_demand_lets_both_factors_be_off(acme: World) -> None:
    floor = Policy(admin_second_factor=False)

    def put(transaction: Transaction) -> None:
        policies.put(transaction, policies.FLOOR, floor)

    await acme.store.change(put, acme.clock.wall(), acme.events.publish)
    await made(acme, {**BEN, "role": "tenant_admin"})
    await enrol(acme, "ben.ong")
    answer = await acme.as_("tenant:acme").patch(f"{USERS}/ben.ong/security", {"clear_totp": True})
    assert answer.json()["security"] == "password_only"


async def test_user_may_be_left_with_the_password_only(acme: World) -> None:
    await made(acme, {**PRIYA, "require_second_factor": True})
    ask = acme.as_("tenant:acme")
    body = {"require_second_factor": False}
    now = (await ask.patch(f"{USERS}/priya.nair/security", body)).json()
    assert now["security"] == "password_only"


async def test_one_time_code_needs_an_address(acme: World) -> None:
    body = {"name": "P", "username": "p", "credential": "temporary_password"}
    await made(acme, body)
    ask = acme.as_("tenant:acme")
    path = f"{USERS}/p/security"
    answer = await ask.patch(path, {"require_second_factor": True})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["email"])
    both = {"require_second_factor": True, "email": "p@acme.example"}
    assert (await ask.patch(path, both)).status_code == 200
    answer = await ask.patch(path, {"email": ""})
    assert answer.status_code == 422


async def test_new_address_kills_the_link_that_went_to_the_old_one(acme: World) -> None:
    await made(acme, PRIYA)
    ask = acme.as_("tenant:acme")
    body = {"email": "new@acme.example"}
    assert (await ask.patch(f"{USERS}/priya.nair/security", body)).status_code == 200
    assert await acme.control.read(lambda database: _count(database, "one_time_links")) == 0
    assert (await ask.post(f"{USERS}/priya.nair/invitation")).status_code == 204
    assert await mails_to(acme, "new@acme.example") == ["invitation"]


async def test_link_fits_the_state_of_the_login(acme: World) -> None:
    await made(acme, PRIYA)
    await made(acme, {**BEN, "credential": "temporary_password"})
    ask = acme.as_("tenant:acme")
    assert (await ask.post(f"{USERS}/priya.nair/reset-link")).status_code == 409
    assert (await ask.post(f"{USERS}/ben.ong/invitation")).status_code == 409
    assert (await ask.post(f"{USERS}/ben.ong/reset-link")).status_code == 204
    assert await mails_to(acme, "ben@acme.example") == ["reset"]


async def test_temporary_password_ends_the_logins(acme: World) -> None:
    await made(acme, {**BEN, "credential": "temporary_password"})
    login = await begin_login(acme, "acme", "ben.ong")
    ended: list[LoginsEnded] = []
    acme.events.listen(LoginsEnded, ended.append)
    answer = await acme.as_("tenant:acme").post(f"{USERS}/ben.ong/temporary-password")
    assert answer.status_code == 200
    assert len(answer.json()["temporary_password"]) >= 16
    assert ended == [LoginsEnded(frozenset({login}))]


# -- status ------------------------------------------------------------------------------------


async def test_disabling_ends_the_logins_at_once_and_keeps_everything(acme: World) -> None:
    """Manual § 7.6.3."""
    await made(acme, {**BEN, "extension": "1002", "credential": "temporary_password"})
    login = await begin_login(acme, "acme", "ben.ong")
    ask = acme.as_("tenant:acme")
    shown = (await ask.get(f"{USERS}/ben.ong/logins")).json()["data"]
    assert [one["id"] for one in shown] == [login]
    ended: list[LoginsEnded] = []
    acme.events.listen(LoginsEnded, ended.append)
    now = (await ask.patch(f"{USERS}/ben.ong", {"status": "disabled"})).json()
    assert (now["status"], _links(now)) == ("disabled", [("1002", "primary")])
    assert ended == [LoginsEnded(frozenset({login}))]
    assert (await ask.get(f"{USERS}/ben.ong/logins")).json()["data"] == []
    assert (await ask.post(f"{USERS}/ben.ong/temporary-password")).status_code == 409
    assert (await ask.post(f"{USERS}/ben.ong/reset-link")).status_code == 409
    now = (await ask.patch(f"{USERS}/ben.ong", {"status": "active"})).json()
    assert now["status"] == "active"
    actions = [action for _, action, _ in await acme.actions()]
    assert actions[-2:] == ["Disabled user", "Enabled user"]


async def test_disabled_before_it_had_a_password_is_invited_again_when_enabled(
    acme: World,
) -> None:
    await made(acme, PRIYA)
    ask = acme.as_("tenant:acme")
    path = f"{USERS}/priya.nair"
    assert (await ask.patch(path, {"status": "active"})).status_code == 422
    await ask.patch(path, {"status": "disabled"})
    assert await acme.control.read(lambda database: _count(database, "one_time_links")) == 0
    assert (await ask.patch(path, {"status": "active"})).json()["status"] == "invited"


async def test_nobody_shuts_himself_out_or_takes_his_own_factor_from_outside(
    acme: World,
) -> None:
    await made(acme, {**BEN, "role": "tenant_admin", "credential": "temporary_password"})
    ask = acme.as_(await sign_in_as(acme, "acme", "ben.ong"))
    path = f"{USERS}/ben.ong"
    for answer in (
        await ask.patch(path, {"status": "disabled"}),
        await ask.delete(path),
        await ask.post(f"{path}/temporary-password"),
        await ask.patch(f"{path}/security", {"clear_totp": True, "require_second_factor": True}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "yourself")
    assert (await ask.patch(path, {"name": "Ben O."})).status_code == 200


async def test_owner_is_touched_from_above_only(acme: World) -> None:
    body = {"name": "Pico", "owner_email": "own@pico.example", "reseller": "nimbus"}
    await acme.as_("platform").post("/v1/tenants", body)
    users = "/v1/tenants/pico/users"
    await acme.as_("platform").post(users, {**BEN, "role": "tenant_admin"})
    ask = acme.as_(await sign_in_as(acme, "pico", "ben.ong"))
    path = f"{users}/pico"
    for answer in (
        await ask.patch(path, {"status": "disabled"}),
        await ask.delete(path),
        await ask.post(f"{path}/temporary-password"),
        await ask.patch(f"{path}/security", {"email": "ben@acme.example"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "owner")
    above = acme.as_("reseller:nimbus")
    assert (await above.patch(path, {"status": "disabled"})).status_code == 200
    assert (await above.delete(path)).status_code == 204
    assert (await above.get("/v1/tenants/pico")).json()["owner"] is None


async def test_deleted_user_leaves_the_extension_free(acme: World) -> None:
    await made(acme, {**BEN, "extension": "1002"})
    ask = acme.as_("tenant:acme")
    assert (await ask.delete(f"{USERS}/ben.ong")).status_code == 204
    assert (await ask.get(f"{USERS}/ben.ong")).status_code == 404
    assert (await ask.get("/v1/tenants/acme/extensions")).json()["page"]["total"] == 3
    assert _links(await made(acme, {**PRIYA, "extension": "1002"})) == [("1002", "primary")]


# -- lists -------------------------------------------------------------------------------------


async def test_list_is_searched_narrowed_sorted_and_counted(acme: World) -> None:
    await made(acme, {**BEN, "extension": "1002", "credential": "temporary_password"})
    await made(acme, {**PRIYA, "require_second_factor": True})
    await made(acme, {"name": "Zoë", "username": "zoe", "credential": "temporary_password"})
    await made(acme, {**PRIYA, "name": "Other tenant"}, "zephyr")
    ask = acme.as_("tenant:acme")
    await ask.patch(f"{USERS}/zoe", {"status": "disabled"})
    listed = (await ask.get(USERS)).json()
    assert [one["username"] for one in listed["data"]] == ["ben.ong", "priya.nair", "zoe"]
    assert listed["counts"] == {
        "users": 3,
        "active": 1,
        "invited": 1,
        "disabled": 1,
        "second_factor": 1,
        "unlinked": 2,
    }

    async def names(**query: object) -> list[str]:
        answer = await ask.get(USERS, **query)
        assert answer.status_code == 200, answer.text
        return [one["username"] for one in answer.json()["data"]]

    assert await names(q="1002") == ["ben.ong"]
    assert await names(q="PRIYA@") == ["priya.nair"]
    assert await names(q="_") == []
    assert await names(status="disabled") == ["zoe"]
    assert await names(security="email_otp") == ["priya.nair"]
    assert await names(unlinked="true", sort="-username") == ["zoe", "priya.nair"]
    assert (await ask.get(USERS, sort="password")).status_code == 422
    first = (await ask.get(USERS, limit=2, sort="security")).json()
    rest = (await ask.get(USERS, limit=2, sort="security", cursor=first["page"]["next"])).json()
    assert len(first["data"]) + len(rest["data"]) == 3
    assert rest["page"]["next"] is None


async def test_roster_has_no_secret_and_no_formula(acme: World) -> None:
    body = {**BEN, "name": '=cmd|"/c calc"', "extension": "1002"}
    view = await made(acme, {**body, "credential": "temporary_password"})
    await made(acme, PRIYA)
    answer = await acme.as_("tenant:acme").get(USERS, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="users-acme.csv"'
    lines = answer.text.split("\r\n")
    assert lines[0] == "name,username,email,role,extensions,security,status,last sign-in"
    assert lines[1].startswith('"\'=cmd|""/c calc""",ben.ong,ben@acme.example,user,1002,')
    assert lines[2] == "Priya Nair,priya.nair,priya@acme.example,user,,password_only,invited,"
    assert str(view["temporary_password"]) not in answer.text
    assert "argon2" not in answer.text
    assert (await acme.actions())[-1][1:] == ("Exported roster", "users of Acme")


def _links(view: dict[str, object]) -> list[tuple[str, str]]:
    links = view["extensions"]
    assert isinstance(links, list)
    return [(one["extension"], one["role"]) for one in links]


def _count(database: Database, table: str) -> int:
    return rows.count(database, table, "")
