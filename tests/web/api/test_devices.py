"""Devices over the API: secrets are shown once, and the old one ends at once (manual § 9.4–9.8)."""

from dataclasses import replace

import pytest

from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import TenantCaps
from appliance.store.rows import subscriber
from tests.support.api import World
from tests.support.phones_seen import PhonesSeen

LINES = "/v1/tenants/acme/extensions"
LIST = f"{LINES}/1001/devices"
BODY = {"type": "desk", "name": "Alice Tan · desk · HQ-L3"}


@pytest.fixture
async def phones(world: World) -> PhonesSeen:
    seen = PhonesSeen(world)
    for slug in ("acme", "helios"):
        answer = await world.as_("platform").post(
            f"/v1/tenants/{slug}/extensions", {"extension": "1001", "name": "Alice Tan"}
        )
        assert answer.status_code == 201
    return seen


async def made(world: World, **more: object) -> dict[str, str]:
    answer = await world.as_("tenant:acme").post(LIST, {**BODY, **more})
    assert answer.status_code == 201, answer.text
    device: dict[str, str] = answer.json()
    return device


def known(world: World, username: str) -> Subscriber:
    found = world.store.snapshot.subscriber(username)
    assert found is not None
    return found


def fits(world: World, username: str, secret: str) -> bool:
    """Whether telephony would take the secret."""
    one = known(world, username)
    wanted = subscriber(one.device, one.extension, one.tenant, world.store.realm, secret)
    return (wanted.ha1_md5, wanted.ha1_sha256) == (one.ha1_md5, one.ha1_sha256)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "desk"}, "name"),
        ({"type": "toaster", "name": "x"}, "type"),
        ({"type": "desk", "name": "\x07"}, "name"),
        ({"type": "desk", "name": "x", "username": "root"}, "username"),
        ({"type": "desk", "name": "x", "secret": "mine"}, "secret"),
    ],
)
async def test_field_that_cannot_be_is_named(
    world: World, phones: PhonesSeen, body: dict[str, str], field: str
) -> None:
    answer = await world.as_("tenant:acme").post(LIST, body)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]


async def test_cap_on_devices_is_over_all_extensions(world: World, phones: PhonesSeen) -> None:
    await world.put_tenant(replace(world.tenants["acme"], caps=TenantCaps(devices=1)))
    await world.as_("tenant:acme").post(LINES, {"extension": "1002", "name": "Ben Ong"})
    await made(world)
    answer = await world.as_("tenant:acme").post(f"{LINES}/1002/devices", BODY)
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "device limit reached for this tenant."


async def test_device_of_others_is_out_of_reach(world: World, phones: PhonesSeen) -> None:
    device = await made(world)
    one = f"{LIST}/{device['username']}"
    for token in ("tenant:helios", "reseller:orion", "user:acme"):
        asking = world.as_(token)
        answers = [
            await asking.get(one),
            await asking.get(f"{one}/registrar"),
            await asking.post(f"{one}/secret"),
            await asking.patch(one, {"name": "x"}),
            await asking.delete(one),
        ]
        assert {answer.status_code for answer in answers} == {403}
    elsewhere = f"/v1/tenants/helios/extensions/1001/devices/{device['username']}"
    assert (await world.as_("tenant:helios").get(elsewhere)).status_code == 404
    assert (await world.as_("tenant:helios").post(f"{elsewhere}/secret")).status_code == 404
    assert fits(world, device["username"], device["secret"])


async def test_secret_is_in_the_answer_that_made_it_alone(world: World, phones: PhonesSeen) -> None:
    device = await made(world)
    assert fits(world, "1001-desk", device["secret"])
    asking = world.as_("tenant:acme")
    for path in (LIST, f"{LIST}/1001-desk", f"{LIST}/1001-desk/registrar"):
        answer = await asking.get(path)
        assert answer.status_code == 200
        assert device["secret"] not in answer.text
        assert "ha1" not in answer.text
    log = await world.actions()
    assert ("tenant-admin · acme", "Created device", "device 1001-desk") in log
    assert device["secret"] not in str(log)


async def test_name_that_another_tenant_holds_gets_the_slug(
    world: World, phones: PhonesSeen
) -> None:
    assert (await made(world))["username"] == "1001-desk"
    theirs = "/v1/tenants/helios/extensions/1001/devices"
    names = [
        (await world.as_("tenant:helios").post(theirs, {**BODY, "type": type_})).json()["username"]
        for type_ in ("desk", "desk", "browser", "mobile")
    ]
    assert names == ["1001-desk-helios", "1001-desk2", "1001-web", "1001-mobile"]


async def test_rotation_ends_the_old_secret_and_its_registration(
    world: World, phones: PhonesSeen
) -> None:
    first = await made(world)
    phones.register("1001-desk")
    answer = await world.as_("tenant:acme").post(f"{LIST}/1001-desk/secret")
    second = answer.json()["secret"]
    assert (answer.status_code, answer.json()["status"]) == (200, "idle")
    assert phones.known == {}
    assert fits(world, "1001-desk", second)
    assert not fits(world, "1001-desk", first["secret"])
    assert (
        "tenant-admin · acme",
        "Rotated SIP secret",
        "device 1001-desk",
    ) in await world.actions()


async def test_repeated_rotation_with_the_same_key_shows_the_same_secret(
    world: World, phones: PhonesSeen
) -> None:
    await made(world)
    headers = {"idempotency-key": "once"}
    asking = world.as_("tenant:acme")
    first = await asking.post(f"{LIST}/1001-desk/secret", headers=headers)
    again = await asking.post(f"{LIST}/1001-desk/secret", headers=headers)
    assert first.json()["secret"] == again.json()["secret"]


async def test_deleted_device_is_signed_off_and_the_others_stay(
    world: World, phones: PhonesSeen
) -> None:
    await made(world)
    await made(world)
    phones.register("1001-desk")
    phones.register("1001-desk2")
    asking = world.as_("tenant:acme")
    assert (await asking.delete(f"{LIST}/1001-desk")).status_code == 204
    listed = (await asking.get(LIST)).json()["data"]
    assert [(one["username"], one["status"]) for one in listed] == [("1001-desk2", "registered")]
    assert world.store.snapshot.subscriber("1001-desk") is None
    assert (await asking.get(f"{LINES}/1001")).json()["devices"] == 1


async def test_edit_keeps_the_secret(world: World, phones: PhonesSeen) -> None:
    device = await made(world)
    asking, one = world.as_("tenant:acme"), f"{LIST}/1001-desk"
    etag = (await asking.get(one)).headers["etag"]
    wanted = {"name": "Reception", "media_security": "required", "md5_only": True}
    answer = await asking.patch(one, wanted, {"if-match": etag})
    assert {name: answer.json()[name] for name in wanted} == wanted
    assert (await asking.patch(one, {"name": "x"}, {"if-match": etag})).status_code == 412
    assert known(world, "1001-desk").device.md5_only
    assert fits(world, "1001-desk", device["secret"])


async def test_card_says_where_the_phone_is_and_why_it_is_kept_out(
    world: World, phones: PhonesSeen
) -> None:
    await made(world)
    phones.register("1001-desk")
    phones.blocked.append(
        Block("1001-desk", "192.0.2.9", "too many wrong passwords", world.clock.wall())
    )
    card = (await world.as_("tenant:acme").get(f"{LIST}/1001-desk")).json()
    assert card["status"] == RegistrationState.REGISTERED
    assert card["address"] == "203.0.113.24:5060"
    assert card["expected_transport"] == "tls"
    assert [one["address"] for one in card["blocked"]] == ["192.0.2.9"]


async def test_registrar_block_is_the_manuals(world: World, phones: PhonesSeen) -> None:
    await made(world)
    info = (await world.as_("tenant:acme").get(f"{LIST}/1001-desk/registrar")).json()
    assert info["text"].splitlines() == [
        "# ByondVoice SIP registrar — paste into the IP phone's account",
        "SIP username   : 1001-desk",
        "SIP secret     : <your reveal-once secret>   # shown once on create / rotate",
        "Auth ID        : 1001-desk",
        "Display name   : Alice Tan",
        "SIP registrar  : box.example",
        "Outbound proxy : box.example:5061",
        "Transport      : TLS                         # encrypted signalling",
        "Media          : SRTP                        # encrypted audio; TURN if behind NAT",
        "Register expiry: 3600s                       # device re-registers each hour",
    ]


async def test_browser_softphone_has_no_registrar_block(world: World, phones: PhonesSeen) -> None:
    await made(world, type="browser")
    answer = await world.as_("tenant:acme").get(f"{LIST}/1001-web/registrar")
    assert answer.status_code == 404


async def test_stale_delete_is_refused(world: World, phones: PhonesSeen) -> None:
    await made(world)
    for path in (f"{LIST}/1001-desk", f"{LINES}/1001"):
        etag = (await world.as_("tenant:acme").get(path)).headers["etag"]
        await world.as_("tenant:acme").patch(path, {"name": "Changed since"})
        stale = await world.as_("tenant:acme").delete(path, {"if-match": etag})
        assert stale.status_code == 412
        assert (await world.as_("tenant:acme").get(path)).status_code == 200
