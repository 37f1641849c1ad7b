"""How devices stand, and the blocks that keep some out (manual § 22.2, § 23.2)."""

import pytest

from appliance.model.bindings import RegistrationState
from appliance.model.blocks import EVERY_NAME, Block
from tests.support.api import World
from tests.support.phones_seen import PhonesSeen

WHY = "too many wrong passwords"


@pytest.fixture
async def phones(world: World) -> PhonesSeen:
    """Each tenant has 1001 and 1002 with a desk phone each."""
    seen = PhonesSeen(world)
    for slug in ("acme", "globex", "helios"):
        lines = f"/v1/tenants/{slug}/extensions"
        for number in ("1001", "1002"):
            asking = world.as_("platform")
            await asking.post(lines, {"extension": number, "name": f"Line {number}"})
            await asking.post(f"{lines}/{number}/devices", {"type": "desk", "name": "Desk"})
    return seen


async def listed(world: World, token: str, path: str, **params: object) -> list[str]:
    answer = await world.as_(token).get(path, **params)
    assert answer.status_code == 200, answer.text
    return [f"{one['tenant']}/{one['extension']}" for one in answer.json()["data"]]


async def test_registrations_are_those_of_the_scope(world: World, phones: PhonesSeen) -> None:
    every = "/v1/registrations"
    assert len(await listed(world, "platform", every)) == 6
    assert await listed(world, "reseller:orion", every) == ["globex/1001", "globex/1002"]
    assert await listed(world, "tenant:acme", every) == ["acme/1001", "acme/1002"]
    own = "/v1/tenants/acme/registrations"
    assert await listed(world, "reseller:nimbus", own) == ["acme/1001", "acme/1002"]
    assert (await world.as_("reseller:orion").get(own)).status_code == 403
    assert (await world.as_("user:acme").get(every)).status_code == 403


async def test_registrations_by_state_word_and_page(world: World, phones: PhonesSeen) -> None:
    phones.register("1001-desk")
    phones.register("1001-desk-globex", RegistrationState.REJECTED)
    every = "/v1/registrations"
    assert await listed(world, "platform", every, status="registered") == ["acme/1001"]
    assert await listed(world, "platform", every, status="rejected") == ["globex/1001"]
    assert len(await listed(world, "platform", every, status="idle")) == 4
    assert await listed(world, "tenant:acme", every, status="idle") == ["acme/1002"]
    assert len(await listed(world, "platform", every, q="1002")) == 3
    assert await listed(world, "platform", every, q="desk-glo") == ["globex/1001", "globex/1002"]
    answer = await world.as_("platform").get(every, limit=4)
    cursor = answer.json()["page"]["next"]
    rest = await listed(world, "platform", every, limit=4, cursor=cursor)
    assert rest == ["helios/1001", "helios/1002"]


async def test_blocks_are_seen_and_lifted_within_scope(world: World, phones: PhonesSeen) -> None:
    names = ("1001-desk", "1001-desk-globex", "admin", EVERY_NAME)
    phones.blocked = [Block(name, "192.0.2.9", WHY, world.clock.wall()) for name in names]

    async def seen(token: str, path: str = "/v1/blocks") -> list[str]:
        answer = await world.as_(token).get(path)
        return [one["username"] for one in answer.json()["data"]]

    assert await seen("platform") == list(names)
    assert await seen("reseller:orion") == ["1001-desk-globex"]
    assert await seen("tenant:acme") == ["1001-desk"]
    assert await seen("platform", "/v1/tenants/acme/blocks") == ["1001-desk"]
    assert await seen("tenant:helios") == []

    theirs = "/v1/blocks?username=1001-desk-globex&address=192.0.2.9"
    assert (await world.as_("tenant:acme").delete(theirs)).status_code == 404
    unknown = "/v1/blocks?username=admin&address=192.0.2.9"
    assert (await world.as_("reseller:orion").delete(unknown)).status_code == 404
    foreign = "/v1/tenants/globex/blocks?username=1001-desk-globex&address=192.0.2.9"
    assert (await world.as_("tenant:acme").delete(foreign)).status_code == 403
    assert len(phones.blocked) == 4
    own = "/v1/tenants/acme/blocks?username=1001-desk&address=192.0.2.9"
    assert (await world.as_("tenant:acme").delete(own)).status_code == 204
    assert (await world.as_("platform").delete(unknown)).status_code == 204
    assert [one.username for one in phones.blocked] == ["1001-desk-globex", EVERY_NAME]
    assert (await world.actions())[-2:] == [
        ("tenant-admin · acme", "Lifted block", "device 1001-desk from 192.0.2.9"),
        ("platform-admin (SA)", "Lifted block", "device admin from 192.0.2.9"),
    ]
