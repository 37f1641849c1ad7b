"""What operators do to lines while phones hang on them (manual § 9.4–9.8, § 6.4, § 6.6): a real
box, real phones, the API over HTTPS."""

import asyncio
from pathlib import Path

import pytest

from tests.support.baresip import phones
from tests.support.box import Box, Credentials
from tests.support.operator import Operator
from tests.support.raw import RawUdp
from tests.support.raw_phone import RawPhone

pytestmark = pytest.mark.interop

LINES = "/tenants/acme/extensions"


async def attempt(box: Box, who: Credentials) -> int:
    """The final status of a REGISTER with these credentials."""
    wire = await RawUdp.open(box.host)
    try:
        await RawPhone(box, who, wire).register()
    except AssertionError as refused:
        return int(refused.args[0].status)
    finally:
        wire.close()
    return 200


async def new_device(box: Box, owner: Operator, number: str) -> Credentials:
    body = {"type": "desk", "name": "On the wire", "md5_only": True}
    made = await owner.ask("POST", f"{LINES}/{number}/devices", body)
    return Credentials("acme", made["username"], number, made["username"], made["secret"])


async def test_phone_that_registers_is_seen_at_once(box: Box) -> None:
    async with Operator(box, "acme") as owner, Operator(box, "helios") as other:
        who = await new_device(box, owner, "1003")
        place = f"{LINES}/1003/devices/{who.username}"
        assert (await owner.get(place))["status"] == "idle"
        async with owner.feed() as heard, other.feed() as elsewhere:
            await heard.hears("health")
            assert await attempt(box, who) == 200
            fact = await heard.hears("registration", lambda f: f["username"] == who.username)
            assert (fact["status"], fact["tenant"]) == ("registered", "acme")
            assert [topic for topic, _ in elsewhere.news if topic == "registration"] == []
        card = await owner.get(place)
        assert (card["status"], card["transport"], card["contacts"]) == ("registered", "udp", 1)
        assert card["address"].startswith("127.0.0.1:")
        await owner.ask("DELETE", place)


async def test_rotated_secret_ends_the_registration_and_the_old_one(box: Box) -> None:
    async with Operator(box, "acme") as owner:
        who = await new_device(box, owner, "1003")
        place = f"{LINES}/1003/devices/{who.username}"
        assert await attempt(box, who) == 200
        rotated = await owner.ask("POST", f"{place}/secret")
        assert (await owner.get(place))["status"] == "idle"
        assert await attempt(box, who) == 401
        assert (await owner.get(place))["status"] == "rejected"
        new = Credentials("acme", who.name, "1003", who.username, rotated["secret"])
        assert await attempt(box, new) == 200
        assert (await owner.get(place))["status"] == "registered"
        await owner.ask("DELETE", place)
        assert await attempt(box, new) == 401
        listed = await owner.get("/tenants/acme/registrations", q=who.username)
        assert listed["data"] == []


async def test_disabled_extension_neither_registers_nor_rings(box: Box, tmp_path: Path) -> None:
    lines = box.line("1001-desk"), box.line("1006-desk")
    async with Operator(box, "acme") as owner:
        async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, priya):
            await owner.ask("PATCH", f"{LINES}/1006", {"enabled": False})
            assert (await owner.get(f"{LINES}/1006"))["status"] == "idle"
            assert await (await alice.dial("1006")).failed() == 480
            assert priya.never_rang()
            assert await attempt(box, box.credentials("1006-desk")) == 403
            assert (await owner.get(f"{LINES}/1006"))["status"] == "rejected"
        await owner.ask("PATCH", f"{LINES}/1006", {"enabled": True})
    assert await attempt(box, box.credentials("1006-desk")) == 200


async def test_call_beyond_the_tenants_cap_is_refused_and_says_why(
    box: Box, tmp_path: Path
) -> None:
    lines = box.line("1001-desk"), box.line("1002-desk")
    async with Operator(box, "platform") as platform, Operator(box, "acme") as owner:
        await platform.ask("PATCH", "/tenants/acme", {"caps": {"concurrent_calls": 1}})
        async with (
            phones(tmp_path, *lines, speak=(440, 620)) as (alice, ben),
            owner.feed() as heard,
        ):
            first = await alice.dial("9196")
            await first.established()
            began = await heard.hears("call", lambda fact: fact["state"] == "answered")
            assert (began["from"], began["to"]) == ("1001", "9196")
            live = await owner.get("/tenants/acme/calls/live")
            assert (live["count"], live["data"][0]["from"]) == (1, "1001")
            assert await (await ben.dial("9196")).failed() == 486
            record = await box.record(caller_number="1002", dialled="9196")
            assert record["reason"] == "concurrent_call_limit"
            await first.hears(440)
            await platform.ask("PATCH", "/tenants/acme", {"caps": {"concurrent_calls": 0}})
            second = await ben.dial("9196")
            await second.established()
            await second.hang_up()
            await first.hang_up()
            await heard.hears("call", lambda fact: fact["state"] == "ended")
        found = await owner.get("/tenants/acme/calls", extension="1002", disposition="failed")
        assert found["data"][0]["reason"] == "concurrent_call_limit"


async def test_suspended_tenant_calls_no_more_but_stays_in_its_call(
    box: Box, tmp_path: Path
) -> None:
    lines = box.line("1001-desk"), box.line("1002-desk")
    async with (
        Operator(box, "platform") as platform,
        Operator(box, "acme") as owner,
        phones(tmp_path, *lines, speak=(440, 620)) as (alice, ben),
    ):
        call = await alice.dial("9196")
        await call.established()
        async with owner.feed() as heard:
            await heard.hears("health")
            await platform.ask("PATCH", "/tenants/acme", {"status": "suspended"})
            async with asyncio.timeout(5):
                await heard.ended.wait()
        assert await (await ben.dial("9196")).failed() == 403
        await call.hears(440)
        await ben.registered()
        assert await attempt(box, box.credentials("1003-desk")) == 200
        await platform.ask("PATCH", "/tenants/acme", {"status": "active"})
        again = await ben.dial("9196")
        await again.established()
        await again.hang_up()
        await call.hang_up()


async def test_suspended_resellers_phones_still_call_each_other(box: Box, tmp_path: Path) -> None:
    lines = box.line("1001-desk"), box.line("1002-desk")
    async with Operator(box, "platform") as platform:
        await platform.ask("PATCH", "/resellers/nimbus", {"status": "suspended"})
        async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, ben):
            call = await alice.dial("1002")
            await (await ben.rung()).accept()
            await call.established()
            await call.hang_up()
        await platform.ask("PATCH", "/resellers/nimbus", {"status": "active"})
