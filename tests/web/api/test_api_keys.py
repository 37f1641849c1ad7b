"""Keys of integrations (manual § 25.2, § 25.5): never broader than who makes them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.control.api_keys import ApiKeys
from appliance.model.resellers import ResellerStatus
from appliance.model.tenants import TenantStatus
from appliance.settings import DataFolder
from tests.store.conftest import StillClock
from tests.support.api import World

LIST = "/v1/api-keys"


async def made(world: World, token: str, **more: object) -> dict[str, str]:
    body = {"label": "Nimbus CRM", "scopes": ["keys:write", "pbx:write"], **more}
    answer = await world.as_(token).post(LIST, body)
    assert answer.status_code == 201, answer.text
    key: dict[str, str] = answer.json()
    return key


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("reseller:nimbus", {"tier": "platform"}),
        ("tenant:acme", {"tier": "platform"}),
        ("tenant:acme", {"tier": "reseller", "reseller": "nimbus"}),
        ("tenant:acme", {"reseller": "nimbus"}),
        ("tenant:acme", {"tenant": "zephyr"}),
        ("tenant:acme", {"tenant": "nowhere"}),
        ("reseller:nimbus", {"reseller": "orion"}),
        ("reseller:nimbus", {"tenant": "globex"}),
        ("reseller:nimbus", {"tenant": "helios"}),
        ("user:acme", {}),
    ],
)
async def test_nobody_makes_a_key_broader_than_himself(
    world: World, token: str, wanted: dict[str, str]
) -> None:
    answer = await world.as_(token).post(LIST, {"label": "x", "scopes": ["pbx:read"], **wanted})
    assert answer.status_code == 403
    assert (await world.as_("platform").get(LIST)).json()["page"]["total"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label": "", "scopes": ["pbx:read"]}, "label"),
        ({"label": "\x00", "scopes": ["pbx:read"]}, "label"),
        ({"label": "x", "scopes": []}, "scopes"),
        ({"label": "x", "scopes": ["root"]}, "scopes[0]"),
        ({"label": "x", "scopes": ["pbx:read"], "tier": "user"}, "tier"),
        ({"label": "x", "scopes": ["pbx:read"], "secret_hash": "00"}, "secret_hash"),
        (
            {"label": "x", "scopes": ["pbx:read"], "expires_at": "2020-01-01T00:00:00Z"},
            "expires_at",
        ),
        ({"label": "x", "scopes": ["pbx:read"], "expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"label": "x", "scopes": ["pbx:read"], "tier": "tenant"}, "tenant"),
        ({"label": "x", "scopes": ["pbx:read"], "tier": "platform", "tenant": "acme"}, "tenant"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    world: World, body: dict[str, object], field: str
) -> None:
    answer = await world.as_("platform").post(LIST, body)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    assert (await world.as_("platform").get(LIST)).json()["page"]["total"] == 0


async def test_a_key_grants_no_right_that_it_has_not(world: World) -> None:
    weak = await made(world, "tenant:acme", scopes=["keys:write", "pbx:read"])
    ask = world.as_(weak["secret"])
    refused = await ask.post(LIST, {"label": "x", "scopes": ["pbx:write"]})
    assert refused.status_code == 403
    assert (await ask.post(LIST, {"label": "x", "scopes": ["pbx:read"]})).status_code == 201


async def test_a_key_does_not_take_over_a_stronger_one_by_rotating_it(world: World) -> None:
    strong = await made(world, "tenant:acme", scopes=["pbx:write", "keys:write"])
    weak = await made(world, "tenant:acme", scopes=["keys:write"])
    refused = await world.as_(weak["secret"]).post(f"{LIST}/{strong['id']}/secret")
    assert refused.status_code == 403
    assert (await world.as_(strong["secret"]).get(LIST)).status_code == 200


async def test_a_key_without_the_right_is_refused(world: World) -> None:
    key = await made(world, "tenant:acme", scopes=["pbx:write"])
    refused = await world.as_(key["secret"]).get(LIST)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "right_missing")


async def test_the_manuals_crm_reads_and_writes_its_own_extensions_only(world: World) -> None:
    """§ 25.2: `pbx:write` alone; § 25.6.3: the own tenant 200, another one 403."""
    key = await made(world, "tenant:acme", scopes=["pbx:write"])
    ask = world.as_(key["secret"])
    new = {"extension": "1043", "name": "Priya Nair", "enabled": True}
    assert (await ask.post("/v1/tenants/acme/extensions", new)).status_code == 201
    listed = await ask.get("/v1/tenants/acme/extensions")
    assert [row["extension"] for row in listed.json()["data"]] == ["1043"]
    for other in ("globex", "helios", "nowhere"):
        assert (await ask.get(f"/v1/tenants/{other}/extensions")).status_code == 403
    assert ("Nimbus CRM", "Created extension", "extension 1043") in await world.actions()


async def test_keys_of_others_are_not_there(world: World) -> None:
    theirs = await made(world, "tenant:globex")
    for token in ("tenant:acme", "reseller:nimbus", "tenant:helios"):
        ask = world.as_(token)
        path = f"{LIST}/{theirs['id']}"
        for answer in (
            await ask.get(path),
            await ask.delete(path),
            await ask.patch(path, {"label": "mine"}),
            await ask.post(f"{path}/secret"),
        ):
            missing = await ask.get(f"{LIST}/key_0000000000000000")
            assert (answer.status_code, answer.json()) == (404, missing.json())
        assert (await ask.get(LIST)).json()["page"]["total"] == 0
    assert (await world.as_("reseller:orion").get(f"{LIST}/{theirs['id']}")).status_code == 200


async def test_a_tenant_sees_its_own_keys_and_a_reseller_those_of_its_tree(world: World) -> None:
    await made(world, "platform", label="platform key")
    await made(world, "reseller:nimbus", label="nimbus key")
    await made(world, "reseller:nimbus", label="acme key", tenant="acme")
    await made(world, "platform", label="helios key", tenant="helios")

    async def labels(token: str) -> list[str]:
        return [row["label"] for row in (await world.as_(token).get(LIST)).json()["data"]]

    assert await labels("tenant:acme") == ["acme key"]
    assert await labels("reseller:nimbus") == ["acme key", "nimbus key"]
    assert await labels("reseller:orion") == []
    assert len(await labels("platform")) == 4


async def test_the_secret_is_shown_once_and_stored_nowhere(
    world: World, folder: DataFolder
) -> None:
    key = await made(world, "reseller:nimbus")
    assert key["secret"].startswith("sk_live_nimbus_")
    ask = world.as_("reseller:nimbus")
    for answer in (await ask.get(LIST), await ask.get(f"{LIST}/{key['id']}")):
        assert "secret" not in answer.text
    for path in folder.path.glob("box.db*"):
        assert key["secret"].encode() not in path.read_bytes()


async def test_rotating_refuses_the_old_secret_at_once(world: World) -> None:
    key = await made(world, "tenant:acme")
    again = (await world.as_("tenant:acme").post(f"{LIST}/{key['id']}/secret")).json()
    assert again["secret"] != key["secret"]
    assert (await world.as_(key["secret"]).get(LIST)).status_code == 401
    assert (await world.as_(again["secret"]).get(LIST)).status_code == 200
    assert ("tenant-admin · acme", "Rotated API key", "API key Nimbus CRM") in await world.actions()


async def test_a_revoked_key_is_refused_at_once_and_stays_in_the_list(world: World) -> None:
    key = await made(world, "tenant:acme")
    ask = world.as_("tenant:acme")
    assert (await ask.delete(f"{LIST}/{key['id']}")).status_code == 204
    assert (await world.as_(key["secret"]).get(LIST)).status_code == 401
    (row,) = (await ask.get(LIST, state="revoked")).json()["data"]
    assert (row["id"], row["state"]) == (key["id"], "revoked")
    assert (await ask.get(LIST, state="active")).json()["page"]["total"] == 0
    assert (await ask.post(f"{LIST}/{key['id']}/secret")).status_code == 409


async def test_an_expired_key_is_refused(world: World, clock: StillClock) -> None:
    at = (clock.wall() + timedelta(hours=1)).isoformat()
    key = await made(world, "tenant:acme", expires_at=at)
    assert (await world.as_(key["secret"]).get(LIST)).status_code == 200
    clock.seconds += 3600
    assert (await world.as_(key["secret"]).get(LIST)).status_code == 401
    (row,) = (await world.as_("tenant:acme").get(LIST, state="expired")).json()["data"]
    assert row["state"] == "expired"


async def test_a_suspended_tenants_keys_are_refused_and_work_again_after(world: World) -> None:
    key = await made(world, "tenant:acme")
    acme = world.tenants["acme"]
    await world.put_tenant(replace(acme, status=TenantStatus.SUSPENDED))
    refused = await world.as_(key["secret"]).get(LIST)
    assert refused.status_code == 401
    assert refused.json()["error"] == {"code": "not_active", "message": "account is not active"}
    await world.put_tenant(acme)
    assert (await world.as_(key["secret"]).get(LIST)).status_code == 200


async def test_a_suspended_resellers_whole_tree_is_refused(world: World) -> None:
    own, of_tenant = await made(world, "reseller:nimbus"), await made(world, "tenant:acme")
    other = await made(world, "tenant:globex")
    nimbus = world.resellers["nimbus"]
    await world.put_reseller(replace(nimbus, status=ResellerStatus.SUSPENDED))
    for key in (own, of_tenant):
        assert (await world.as_(key["secret"]).get(LIST)).status_code == 401
    assert (await world.as_(other["secret"]).get(LIST)).status_code == 200


async def test_a_deleted_tenants_keys_are_forgotten(world: World) -> None:
    key, other = await made(world, "tenant:acme"), await made(world, "tenant:helios")
    deleted = await world.as_("platform").delete("/v1/tenants/acme?confirm=acme")
    assert deleted.status_code == 204, deleted.text
    assert (await world.as_(key["secret"]).get(LIST)).status_code == 401
    assert (await world.as_(other["secret"]).get(LIST)).status_code == 200
    assert len(world.keys._by_hash) == 1


async def test_keys_are_known_again_after_a_restart_with_their_last_use(
    world: World, clock: StillClock
) -> None:
    key = await made(world, "tenant:acme")
    gone = await made(world, "tenant:acme")
    await world.as_("tenant:acme").delete(f"{LIST}/{gone['id']}")
    clock.seconds += 60
    await world.as_(key["secret"]).get(LIST)
    await world.keys.write_uses()
    later = ApiKeys(world.control)
    await later.load()
    found = later.caller(key["secret"], "192.0.2.1")
    assert found is not None
    assert (found.label, found.tenant) == ("Nimbus CRM", world.tenants["acme"].key)
    assert later.caller(gone["secret"], "192.0.2.1") is None
    row = (await world.as_("tenant:acme").get(f"{LIST}/{key['id']}")).json()
    assert row["last_used_at"] == "2026-11-23T12:01:00Z"


async def test_lists_come_by_the_page_the_newest_first(world: World) -> None:
    for number in range(5):
        await made(world, "tenant:acme", label=f"key {number}")
    ask, seen, cursor = world.as_("tenant:acme"), [], ""
    while True:
        page = (await ask.get(LIST, limit=2, cursor=cursor)).json()
        seen += [row["label"] for row in page["data"]]
        assert page["page"]["total"] == 5
        cursor = page["page"]["next"]
        if cursor is None:
            break
    assert seen == [f"key {number}" for number in reversed(range(5))]


async def test_platform_logins_alone_read_mails_whatever_a_key_may(world: World) -> None:
    rights = ["tenancy:write", "pbx:write", "calls:read", "audit:read", "keys:write"]
    key = await made(world, "platform", scopes=rights)
    refused = await world.as_(key["secret"]).get("/v1/mail/messages")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "logins_only")
