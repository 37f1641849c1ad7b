"""Tenants: made with their owner, licensed, suspended and deleted (manual chapter 6)."""

from dataclasses import replace

import httpx2
import pytest

from appliance.control.lifecycle import TenantCreated, TenantDeleted
from appliance.control.news import DevicesSignedOff
from appliance.model.accounts import AccountStatus, Tier
from appliance.model.tenants import TenantKey
from appliance.store.accounts import AccountGone
from appliance.store.database import Database, connection
from appliance.store.logins import LoginsEnded
from tests.store.examples import FINISHED
from tests.support.api import World
from tests.support.people import GOOD, account_of, begin_login, give_passwords, mails_to

LIST = "/v1/tenants"
OWNER = {"owner_email": "ops@northwind.example", "owner_password": GOOD}


# -- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["tenant:acme", "user:acme"])
async def test_tenants_own_people_make_change_and_delete_none(world: World, token: str) -> None:
    ask = world.as_(token)
    assert (await ask.post(LIST, {"name": "Mine"})).status_code == 403
    assert (await ask.patch(f"{LIST}/acme", {"caps": {"extensions": 0}})).status_code == 403
    assert (await ask.delete(f"{LIST}/acme?confirm=acme")).status_code == 403


@pytest.mark.parametrize("token", ["tenant:acme", "reseller:orion"])
@pytest.mark.parametrize("slug", ["zephyr", "nowhere"])
async def test_path_of_another_tenant_is_forbidden_whether_or_not_it_exists(
    world: World, token: str, slug: str
) -> None:
    for path in (f"{LIST}/{slug}", f"{LIST}/{slug}/contents"):
        answer = await world.as_(token).get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


async def test_reseller_changes_none_but_its_own(world: World) -> None:
    ask = world.as_("reseller:nimbus")
    assert (await ask.patch(f"{LIST}/globex", {"name": "Mine"})).status_code == 403
    assert (await ask.delete(f"{LIST}/helios?confirm=helios")).status_code == 403
    assert (await ask.patch(f"{LIST}/acme", {"name": "Acme Corp"})).status_code == 200


@pytest.mark.parametrize("code", ["orion", "nowhere"])
async def test_reseller_makes_tenants_under_itself_alone(world: World, code: str) -> None:
    ask = world.as_("reseller:nimbus")
    assert (await ask.post(LIST, {"name": "X Ltd", "reseller": code})).status_code == 403
    assert (await ask.post(f"/v1/resellers/{code}/tenants", {"name": "X"})).status_code == 403
    assert (await ask.get(f"/v1/resellers/{code}/tenants")).status_code == 403
    assert (await ask.post(LIST, {"name": "Pico"})).json()["reseller"] == "nimbus"


@pytest.mark.parametrize(
    ("token", "slugs"),
    [
        ("platform", ["acme", "globex", "helios", "zephyr"]),
        ("reseller:nimbus", ["acme", "zephyr"]),
        ("tenant:acme", ["acme"]),
    ],
)
async def test_lists_and_their_counts_end_at_the_callers_scope(
    world: World, token: str, slugs: list[str]
) -> None:
    listed = (await world.as_(token).get(LIST)).json()
    assert [one["slug"] for one in listed["data"]] == slugs
    assert listed["page"]["total"] == listed["counts"]["tenants"] == len(slugs)


# -- creating ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "Acme"}, "slug"),
        ({"slug": "a--b"}, "slug"),
        ({"name": ""}, "name"),
        ({"name": "\u0000"}, "name"),
        ({"dial_prefix": "123456789"}, "dial_prefix"),
        ({"dial_prefix": "9a"}, "dial_prefix"),
        ({"country": "XX"}, "country"),
        ({"country": "sg"}, "country"),
        ({"time_zone": "Asia/Atlantis"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "America"}, "time_zone"),
        ({"owner_email": "x"}, "owner_email"),
        ({"owner_password": GOOD}, "owner_email"),
        ({"owner_email": "a@b.example", "owner_password": "short"}, "owner_password"),
        ({"owner_email": "a@b.example", "owner_password": "passwordpassword"}, "owner_password"),
        ({"reseller": "nowhere"}, "reseller"),
        ({"caps": {"extensions": -1}}, "caps.extensions"),
        ({"status": "suspended"}, "status"),
        ({"tenant_id": "x"}, "tenant_id"),
    ],
)
async def test_wrong_field_is_named_and_nothing_is_made(
    world: World, wrong: dict[str, object], field: str
) -> None:
    await give_passwords(world)
    answer = await world.as_("platform").post(LIST, {"name": "Northwind", **wrong})
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["error"]["fields"]
    assert (await world.as_("platform").get(LIST)).json()["page"]["total"] == 4


async def test_slug_that_is_taken_is_refused_in_the_manuals_words(world: World) -> None:
    answer = await world.as_("platform").post(LIST, {"name": "Other", "slug": "acme"})
    assert answer.status_code == 409
    assert answer.json()["error"]["fields"] == {"slug": "slug already in use"}


async def test_slug_that_an_operator_signs_in_by_is_refused(world: World) -> None:
    ask = world.as_("platform")
    body = {"username": "sara", "name": "Sara", "email": "sara@byond.example"}
    assert (await ask.post("/v1/operators", body)).status_code == 201
    answer = await ask.post(LIST, {"name": "Sara", "slug": "sara"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, "slug already in use")
    assert (await ask.post(LIST, {"name": "Sara"})).json()["slug"] == "sara-2"


async def test_tenant_and_its_owner_are_made_in_one(world: World) -> None:
    await give_passwords(world)
    told: list[TenantCreated] = []
    world.events.listen(TenantCreated, told.append)
    body = {"name": "Northwind Bank", "slug": "northwind", "reseller": "NIMBUS", **OWNER}
    answer = await world.as_("platform").post(LIST, body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["tenant_id"], made["reseller"], made["status"]) == (
        "northwind",
        "nimbus",
        "active",
    )
    assert (made["used"]["extensions"], made["caps"]["extensions"]) == (0, 0)
    assert made["capabilities"] == {
        "outbound": True,
        "voicemail_to_email": True,
        "recording": False,
    }
    assert GOOD not in answer.text
    owner = await account_of(world, "northwind", "northwind")
    assert (owner.tier, owner.owner, owner.status) == (Tier.TENANT, True, AccountStatus.ACTIVE)
    assert owner.email == "ops@northwind.example"
    assert await mails_to(world, "ops@northwind.example") == []
    assert [(one.tenant.slug, one.reseller) for one in told] == [("northwind", "NIMBUS")]
    assert await world.control.read(_passwords_in_audit) == 0


async def test_owner_without_a_password_is_invited(world: World) -> None:
    body = {"name": "Northwind", "owner_email": "ops@northwind.example"}
    made = (await world.as_("platform").post(LIST, body)).json()
    assert made["owner"] == {
        "username": "northwind",
        "name": "Northwind",
        "email": "ops@northwind.example",
        "status": "invited",
    }
    assert await mails_to(world, "ops@northwind.example") == ["invitation"]


async def test_name_alone_is_enough_and_a_repetition_makes_no_second_one(world: World) -> None:
    """Manual § 25.5.1."""
    ask = world.as_("reseller:nimbus")
    headers = {"idempotency-key": "signup-globex-2026-06-21"}
    path = "/v1/resellers/nimbus/tenants"
    first = await ask.post(path, {"name": "Vandelay Pte Ltd"}, headers)
    again = await ask.post(path, {"name": "Vandelay Pte Ltd"}, headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["tenant_id"] == "vandelay"
    assert first.json()["reseller"] == "nimbus"
    assert first.json()["owner"] is None
    assert (await ask.get(path)).json()["page"]["total"] == 3
    assert (await ask.post(path, {"name": "Vandelay"})).json()["slug"] == "vandelay-2"


async def test_unknown_reseller_in_the_path_is_not_found_for_the_platform(world: World) -> None:
    answer = await world.as_("platform").post("/v1/resellers/nowhere/tenants", {"name": "X"})
    assert answer.status_code == 404


# -- changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["slug", "reseller", "tenant_id", "owner"])
async def test_what_is_fixed_cannot_be_edited(world: World, field: str) -> None:
    answer = await world.as_("platform").patch(f"{LIST}/acme", {field: "x"})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


async def test_edit_of_an_older_version_changes_nothing(world: World) -> None:
    ask = world.as_("platform")
    seen = (await ask.get(f"{LIST}/acme")).headers["etag"]
    assert (await ask.patch(f"{LIST}/acme", {"name": "A"}, {"if-match": seen})).status_code == 200
    late = await ask.patch(f"{LIST}/acme", {"name": "B"}, {"if-match": seen})
    assert (late.status_code, late.json()["error"]["code"]) == (412, "changed")


async def test_licence_holds_from_the_next_extension_on(world: World) -> None:
    """Manual § 6.4.2."""
    ask = world.as_("platform")
    owner = world.as_("tenant:acme")
    await ask.patch(
        f"{LIST}/acme", {"caps": {"extensions": 1}, "capabilities": {"recording": True}}
    )
    lines = f"{LIST}/acme/extensions"
    assert (await owner.post(lines, {"extension": "1001", "name": "Alice"})).status_code == 201
    refused = await owner.post(lines, {"extension": "1002", "name": "Ben"})
    assert refused.status_code == 409
    message = refused.json()["error"]["message"]
    assert message == "extension limit reached for this tenant."
    now = (await ask.patch(f"{LIST}/acme", {"caps": {"extensions": 2}})).json()
    assert (now["used"]["extensions"], now["caps"]["extensions"], now["caps"]["devices"]) == (
        1,
        2,
        0,
    )
    assert now["capabilities"]["recording"] is True
    assert (await owner.post(lines, {"extension": "1002", "name": "Ben"})).status_code == 201
    actions = [action for _, action, _ in await world.actions()]
    assert actions.count("Saved licence") == 2


async def test_country_whose_emergency_numbers_are_extensions_here_is_refused(
    world: World,
) -> None:
    ask = world.as_("platform")
    await ask.post(f"{LIST}/acme/extensions", {"extension": "9110", "name": "Sales"})
    answer = await ask.patch(f"{LIST}/acme", {"country": "US"})
    assert answer.status_code == 409
    assert "911" in answer.json()["error"]["fields"]["country"]
    assert (await ask.patch(f"{LIST}/acme", {"country": "MY"})).status_code == 200


async def test_suspension_ends_the_logins_and_keeps_everything(world: World) -> None:
    heard: list[LoginsEnded] = []
    world.events.listen(LoginsEnded, heard.append)
    ask = world.as_("platform")
    for slug in ("acme", "zephyr"):
        await _furnish(world, slug)
    login = await begin_login(world, "acme", "alice.tan")
    await begin_login(world, "zephyr", "alice.tan")
    now = (await ask.patch(f"{LIST}/acme", {"status": "suspended"})).json()
    assert (now["status"], now["used"]["extensions"]) == ("suspended", 2)
    assert heard == [LoginsEnded(frozenset({login}))]
    assert (await ask.get(LIST, status="suspended")).json()["page"]["total"] == 1
    await ask.patch(f"{LIST}/acme", {"status": "active"})
    actions = [action for _, action, _ in await world.actions()]
    assert actions[-2:] == ["Suspended tenant", "Reactivated tenant"]


async def test_list_is_searched_narrowed_sorted_and_paged(world: World) -> None:
    ask = world.as_("platform")
    assert _slugs(await ask.get(LIST, reseller="direct")) == ["helios"]
    assert _slugs(await ask.get(LIST, reseller="orion")) == ["globex"]
    assert _slugs(await ask.get(LIST, q="ep")) == ["zephyr"]
    assert _slugs(await ask.get(LIST, sort="-reseller")) == ["globex", "acme", "zephyr", "helios"]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await ask.get(LIST, sort="-name", limit=1, cursor=cursor)
        seen += _slugs(answer)
        cursor = answer.json()["page"]["next"]
    assert seen == ["zephyr", "helios", "globex", "acme"]


# -- deleting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("confirm", ["", "ACME", "acm", "acme "])
async def test_slug_that_is_not_typed_exactly_deletes_nothing(world: World, confirm: str) -> None:
    answer = await world.as_("platform").delete(f"{LIST}/acme?confirm={confirm}")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["confirm"])
    assert (await world.as_("platform").get(f"{LIST}/acme")).status_code == 200


async def test_tenant_goes_with_everything_that_it_owns_and_nothing_else(world: World) -> None:
    ask = world.as_("platform")
    for slug in ("acme", "zephyr"):
        await _furnish(world, slug)
    counts = (await ask.get(f"{LIST}/acme/contents")).json()
    assert {one["noun"]: one["count"] for one in counts["data"]} == {
        "extensions": 2,
        "devices": 1,
        "mailboxes": 2,
        "users": 1,
        "api_keys": 1,
        "webhooks": 0,
        "calls": 1,
    }
    assert counts["words"] == (
        "2 extensions, 1 SIP device, 2 voicemail boxes, 1 user, 1 API key and 1 call record will"
        " be destroyed. This cannot be undone."
    )
    told: list[object] = []
    for news in (TenantDeleted, DevicesSignedOff, AccountGone):
        world.events.listen(news, told.append)
    assert (await ask.delete(f"{LIST}/acme?confirm=acme")).status_code == 204
    assert (await ask.get(f"{LIST}/acme")).status_code == 404
    assert [type(one) for one in told] == [DevicesSignedOff, AccountGone, TenantDeleted]
    key = world.tenants["acme"].key
    assert world.store.snapshot.tenant(key) is None
    assert world.store.snapshot.subscriber("1001-desk") is None
    assert [one.tenant for one in await world.store.calls.latest()] == [world.tenants["zephyr"].key]
    other = (await ask.get(f"{LIST}/zephyr/contents")).json()["data"]
    assert [one["count"] for one in other] == [2, 1, 2, 1, 1, 0, 1]
    assert ("platform-admin (SA)", "Deleted tenant", "tenant Acme") in await world.actions()


async def test_slug_of_a_deleted_tenant_makes_an_empty_one(world: World) -> None:
    ask = world.as_("platform")
    await _furnish(world, "acme")
    await ask.delete(f"{LIST}/acme?confirm=acme")
    made = (await ask.post(LIST, {"name": "Acme", "slug": "acme"})).json()
    assert (made["used"]["extensions"], made["users"]) == (0, 0)
    counts = (await ask.get(f"{LIST}/acme/contents")).json()
    assert counts["words"] == "It owns nothing yet. This cannot be undone."


async def test_confirmation_may_come_in_the_body(world: World) -> None:
    ask = world.as_("reseller:nimbus")
    answer = await ask._client.request("DELETE", f"{LIST}/acme", json={"confirm": "acme"})
    assert answer.status_code == 204


async def _furnish(world: World, slug: str) -> None:
    ask = world.as_("platform")
    base = f"{LIST}/{slug}"
    for number in ("1001", "1002"):
        await ask.post(f"{base}/extensions", {"extension": number, "name": number})
    device = {"type": "desk", "name": "Desk"}
    made = await ask.post(f"{base}/extensions/1001/devices", device)
    assert made.status_code == 201, made.text
    user = {"username": "alice.tan", "name": "Alice", "email": "a@x.example", "extension": "1001"}
    made = await ask.post(f"{base}/users", user)
    assert made.status_code == 201, made.text
    key = {"label": "CRM", "scopes": ["pbx:read"], "tenant": slug}
    assert (await ask.post("/v1/api-keys", key)).status_code == 201
    tenant = world.tenants[slug].key
    world.store.calls.finish(replace(FINISHED, call_key=slug, tenant=TenantKey(tenant)))
    await world.store.calls.flush()


def _slugs(answer: httpx2.Response) -> list[str]:
    return [one["slug"] for one in answer.json()["data"]]


def _passwords_in_audit(database: Database) -> int:
    query = "SELECT count(*) FROM audit WHERE detail LIKE '%argon2%' OR detail LIKE ?"
    return int(connection(database).execute(query, (f"%{GOOD}%",)).get)
