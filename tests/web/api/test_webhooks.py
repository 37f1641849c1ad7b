"""Webhooks (manual § 25.6.2), with a real HTTP receiver that verifies signatures."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from appliance.control.announcements import Announcements
from appliance.control.api_settings import ApiSettings, ApiSettingsInForce
from appliance.control.changes import Change
from appliance.control.courier import PAUSES, Courier
from appliance.control.lifecycle import TenantCreated
from appliance.control.news import CallEnded, StateChanged
from appliance.control.outward import Outward
from appliance.model.accounts import Account, AccountKey, AccountStatus, Tier
from appliance.model.bindings import RegistrationState
from appliance.model.calls import CallRecord, Disposition, EndedBy
from appliance.model.devices import DeviceKey
from appliance.store import accounts
from tests.store.conftest import StillClock
from tests.support.api import World
from tests.support.receiver import Receiver, receiver, verified

LIST = "/v1/webhooks"
SIGNATURE = "x-byondvoice-signature"


class Hooked:
    """A world whose webhooks go to a receiver on loopback, which its settings allow."""

    def __init__(self, world: World, target: Receiver) -> None:
        self.world = world
        self.target = target
        self.settings = ApiSettingsInForce(world.control)
        self.settings.value = ApiSettings(
            webhook_networks=("127.0.0.0/8",), webhook_plain_http=True
        )
        self.outward = Outward(lambda: self.settings.value)
        self.announcements = Announcements(world.control)
        self.courier = Courier(world.control, self.outward, "ByondVoice/1.0")
        world.parts += [self.settings, self.outward]

    async def subscribe(self, token: str, *events: str, **more: object) -> dict[str, Any]:
        body = {"url": self.target.url, "events": events, **more}
        answer = await self.world.as_(token).post(LIST, body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def deliver(self) -> None:
        await self.announcements.write()
        await self.courier.deliver()

    async def log(self, token: str, hook: dict[str, Any]) -> list[dict[str, Any]]:
        rows = (await self.world.as_(token).get(f"{LIST}/{hook['id']}/deliveries")).json()["data"]
        found: list[dict[str, Any]] = rows
        return found

    async def end_call(self, slug: str = "acme") -> CallRecord:
        start = self.world.clock.wall()
        record = CallRecord(
            "91c",
            self.world.tenants[slug].key,
            *("1001", "Alice Tan", "1002", start, start),
            start + timedelta(seconds=142),
            Disposition.ANSWERED,
            EndedBy.CALLER,
        )
        self.world.events.publish(CallEnded(record))
        return record

    def register(self, slug: str = "acme", old: RegistrationState | None = None) -> None:
        self.world.events.publish(
            StateChanged(
                DeviceKey(1),
                self.world.tenants[slug].key,
                *("1001", "1001-desk"),
                old or RegistrationState.IDLE,
                RegistrationState.REGISTERED,
                "203.0.113.24:5060",
            )
        )


@pytest.fixture
async def hooked(world: World) -> AsyncIterator[Hooked]:
    async with receiver() as target:
        made = Hooked(world, target)
        yield made
        await made.outward.close()


# -- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("tenant:acme", {"tier": "platform"}),
        ("tenant:acme", {"reseller": "nimbus"}),
        ("tenant:acme", {"tenant": "zephyr"}),
        ("reseller:nimbus", {"tier": "platform"}),
        ("reseller:nimbus", {"tenant": "globex"}),
        ("user:acme", {}),
    ],
)
async def test_nobody_listens_beyond_his_scope(
    hooked: Hooked, token: str, wanted: dict[str, str]
) -> None:
    body = {"url": hooked.target.url, "events": ["call.completed"], **wanted}
    assert (await hooked.world.as_(token).post(LIST, body)).status_code == 403
    assert (await hooked.world.as_("platform").get(LIST)).json()["page"]["total"] == 0


async def test_webhooks_of_others_are_not_there(hooked: Hooked) -> None:
    theirs = await hooked.subscribe("tenant:globex", "call.completed")
    test = await hooked.world.as_("tenant:globex").post(f"{LIST}/{theirs['id']}/test")
    path = f"{LIST}/{theirs['id']}"
    delivery = f"{path}/deliveries/{test.json()['id']}"
    for token in ("tenant:acme", "reseller:nimbus", "tenant:helios"):
        ask = hooked.world.as_(token)
        for answer in (
            await ask.get(path),
            await ask.patch(path, {"label": "mine"}),
            await ask.delete(path),
            await ask.post(f"{path}/secret"),
            await ask.post(f"{path}/test"),
            await ask.get(f"{path}/deliveries"),
            await ask.get(delivery),
            await ask.post(f"{delivery}/resend"),
        ):
            assert answer.status_code == 404
        assert (await ask.get(LIST)).json()["page"]["total"] == 0


async def test_a_delivery_of_another_webhook_is_not_there(hooked: Hooked) -> None:
    theirs = await hooked.subscribe("tenant:globex", "call.completed")
    own = await hooked.subscribe("tenant:acme", "call.completed")
    ask = hooked.world.as_("tenant:globex")
    delivery = (await ask.post(f"{LIST}/{theirs['id']}/test")).json()["id"]
    path = f"{LIST}/{own['id']}/deliveries/{delivery}"
    assert (await hooked.world.as_("tenant:acme").get(path)).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://127.0.0.2.example:80:80/"),
        ("url", "https://user:pw@a.example/"),
        ("url", "https://10.0.0.1/"),
        ("url", "https://[::1]/"),
        ("url", "https://localhost6.localdomain/\r\nx: y"),
        ("url", ""),
        ("events", []),
        ("events[0]", ["number.ported"]),
        ("label", "a\r\nb"),
        ("state", "active"),
    ],
)
async def test_a_wrong_field_is_named(hooked: Hooked, field: str, value: object) -> None:
    name = field.partition("[")[0]
    body = {"url": hooked.target.url, "events": ["call.completed"], name: value}
    refused = await hooked.world.as_("tenant:acme").post(LIST, body)
    assert refused.status_code == 422
    assert field in refused.json()["error"]["fields"]


async def test_a_name_that_leads_to_the_box_itself_is_refused_at_once(hooked: Hooked) -> None:
    hooked.settings.value = ApiSettings()
    body = {"url": "https://localhost/", "events": ["call.completed"]}
    refused = await hooked.world.as_("tenant:acme").post(LIST, body)
    assert refused.status_code == 422
    assert "Private addresses" in refused.json()["error"]["fields"]["url"]


async def test_a_network_that_is_no_longer_allowed_is_not_gone_to(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    hooked.settings.value = ApiSettings()
    await hooked.end_call()
    await hooked.deliver()
    assert not hooked.target.bodies
    assert (await hooked.log("tenant:acme", hook))[0]["state"] == "waiting"


# -- what is told -------------------------------------------------------------------------------


async def test_one_tenants_calls_are_not_told_to_another(hooked: Hooked) -> None:
    await hooked.subscribe("tenant:zephyr", "call.completed", "device.registered")
    await hooked.subscribe("tenant:globex", "call.completed", "device.registered")
    await hooked.subscribe("reseller:orion", "call.completed", "device.registered")
    await hooked.end_call("acme")
    hooked.register("acme")
    await hooked.deliver()
    assert not hooked.target.bodies


async def test_only_what_was_subscribed_is_told(hooked: Hooked) -> None:
    await hooked.subscribe("tenant:acme", "device.registered")
    await hooked.end_call()
    await hooked.deliver()
    assert not hooked.target.bodies


async def test_a_call_is_told_signed_with_the_fields_of_its_record(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    await hooked.end_call()
    await hooked.deliver()
    (event,), (headers,), (body,) = (
        hooked.target.events,
        hooked.target.headers,
        hooked.target.bodies,
    )
    assert verified(hook["secret"], headers[SIGNATURE], body)
    assert not verified("whsec_other", headers[SIGNATURE], body)
    assert headers["content-type"] == "application/json"
    assert {name: event[name] for name in ("event", "tenant", "id", "from", "to", "seconds")} == {
        "event": "call.completed",
        "tenant": "acme",
        "id": "cdr_91c",
        "from": "1001",
        "to": "1002",
        "seconds": 142,
    }
    assert event["disposition"] == "answered"
    (row,) = await hooked.log("tenant:acme", hook)
    assert (row["state"], row["tries"], row["answer_status"]) == ("delivered", 1, 200)


async def test_a_device_is_told_when_it_comes_online_and_not_when_it_refreshes(
    hooked: Hooked,
) -> None:
    await hooked.subscribe("tenant:acme", "device.registered")
    hooked.register()
    hooked.register(old=RegistrationState.REGISTERED)
    await hooked.deliver()
    (event,) = hooked.target.events
    assert (event["ext"], event["device"], event["address"]) == (
        "1001",
        "1001-desk",
        "203.0.113.24:5060",
    )


async def test_a_tenant_is_told_within_the_change_that_makes_it(hooked: Hooked) -> None:
    """Undone with it, kept with it; nothing else has to run for that."""
    await hooked.subscribe("reseller:nimbus", "tenant.created")
    orion = await hooked.subscribe("reseller:orion", "tenant.created")
    acme, platform = hooked.world.tenants["acme"], hooked.world.people.known["platform"]

    def make(change: Change) -> None:
        change.transaction.tell(TenantCreated(acme, "nimbus"))
        change.record("tenant", "Created tenant", "tenant acme", tenant=acme)

    def fail(change: Change) -> None:
        make(change)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await hooked.world.control.change(platform, fail)
    await hooked.world.control.change(platform, make)
    await hooked.courier.deliver()
    (event,) = hooked.target.events
    assert (event["event"], event["tenant"], event["reseller"]) == (
        "tenant.created",
        "acme",
        "nimbus",
    )
    assert await hooked.log("reseller:orion", orion) == []


async def test_a_reseller_hears_its_tree_and_the_platform_everything(hooked: Hooked) -> None:
    await hooked.subscribe("reseller:nimbus", "call.completed")
    await hooked.subscribe("platform", "call.completed")
    for slug in ("acme", "zephyr", "globex", "helios"):
        await hooked.end_call(slug)
    await hooked.deliver()
    told = sorted(event["tenant"] for event in hooked.target.events)
    assert told == ["acme", "acme", "globex", "helios", "zephyr", "zephyr"]


# -- failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 400, 404, 410, 500, 503])
async def test_what_is_not_2xx_is_tried_again_with_the_same_body(
    hooked: Hooked, clock: StillClock, status: int
) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    hooked.target.answers = [status]
    await hooked.end_call()
    await hooked.deliver()
    (row,) = await hooked.log("tenant:acme", hook)
    assert (row["state"], row["tries"], row["answer_status"]) == ("waiting", 1, status)
    await hooked.deliver()
    assert len(hooked.target.bodies) == 1
    clock.seconds += PAUSES[0].total_seconds()
    await hooked.deliver()
    first, second = hooked.target.bodies
    assert first == second
    signed = [headers[SIGNATURE] for headers in hooked.target.headers]
    assert signed[0] != signed[1]
    assert verified(hook["secret"], signed[1], second)
    assert (await hooked.log("tenant:acme", hook))[0]["state"] == "delivered"
    assert (await hooked.world.as_("tenant:acme").get(f"{LIST}/{hook['id']}")).json()[
        "failing_since"
    ] is None


async def test_after_a_day_of_failures_it_is_switched_off_and_its_owner_told_by_mail(
    hooked: Hooked, clock: StillClock
) -> None:
    await add_owner(hooked.world, "owner@acme.example")
    hook = await hooked.subscribe("tenant:acme", "call.completed", label="CRM")
    hooked.target.answers = [500] * 100
    await hooked.end_call()
    for pause in PAUSES:
        await hooked.deliver()
        assert (await hooked.log("tenant:acme", hook))[0]["state"] == "waiting"
        clock.seconds += pause.total_seconds()
    assert timedelta(hours=23) < sum(PAUSES, timedelta()) <= timedelta(hours=24)
    await hooked.deliver()
    assert (await hooked.log("tenant:acme", hook))[0]["state"] == "failed"
    ask = hooked.world.as_("tenant:acme")
    seen = (await ask.get(f"{LIST}/{hook['id']}")).json()
    assert seen["state"] == "disabled"
    assert ("system", "Disabled webhook", "webhook CRM") in await hooked.world.actions()
    (mail,) = (await hooked.world.as_("platform").get("/v1/mail/messages")).json()["data"]
    assert (mail["kind"], mail["recipient"]) == ("webhook_disabled", "owner@acme.example")
    # It hears nothing until a person switches it on again.
    await hooked.end_call()
    await hooked.deliver()
    assert len(await hooked.log("tenant:acme", hook)) == 1
    on = await ask.patch(f"{LIST}/{hook['id']}", {"enabled": True})
    assert (on.json()["state"], on.json()["failing_since"]) == ("active", None)


async def test_one_success_in_between_keeps_it_on(hooked: Hooked, clock: StillClock) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    for number in range(6):
        hooked.target.answers = [500] if number != 3 else [200]
        await hooked.end_call()
        await hooked.deliver()
        clock.seconds += 5 * 3600
    seen = (await hooked.world.as_("tenant:acme").get(f"{LIST}/{hook['id']}")).json()
    assert seen["state"] == "active"


async def test_a_slow_receiver_costs_another_webhook_nothing(hooked: Hooked) -> None:
    release = asyncio.Event()

    class Slow:
        async def post(self, text: str, body: bytes, headers: object) -> Any:
            if "slow" in text:
                await release.wait()
            return await hooked.outward.post(text, body, headers)  # type: ignore[arg-type]

    courier = Courier(hooked.world.control, Slow(), "ByondVoice")
    await hooked.subscribe("tenant:acme", "call.completed", url=f"{hooked.target.url}?slow")
    await hooked.subscribe("tenant:acme", "call.completed")
    await hooked.end_call()
    await hooked.announcements.write()
    running = asyncio.create_task(courier.run())
    await hooked.target.came(1)
    assert len(hooked.target.bodies) == 1
    release.set()
    await hooked.target.came(2)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_what_waited_is_delivered_after_a_restart(hooked: Hooked) -> None:
    await hooked.subscribe("tenant:acme", "call.completed")
    await hooked.end_call()
    await hooked.announcements.write()
    later = Courier(hooked.world.control, hooked.outward, "ByondVoice/1.0")
    await later.deliver()
    assert len(hooked.target.bodies) == 1


async def test_calls_that_a_crash_took_the_news_of_are_told_at_the_next_start(
    hooked: Hooked, clock: StillClock
) -> None:
    world = hooked.world
    await hooked.subscribe("tenant:acme", "call.completed")
    world.store.calls.finish(replace(await hooked.end_call(), call_key="1" * 32))
    await hooked.announcements.write()
    clock.seconds += 300
    start = clock.wall()
    lost = CallRecord(
        "2" * 32,
        world.tenants["acme"].key,
        *("1001", "", "1002", start, start),
        start + timedelta(seconds=5),
        Disposition.ANSWERED,
    )
    world.store.calls.finish(lost)
    await world.store.calls.flush()
    await hooked.courier.deliver()
    later = Announcements(world.control)
    await later.load()
    await later.write()
    await hooked.courier.deliver()
    assert [event["id"] for event in hooked.target.events] == ["cdr_91c", f"cdr_{'2' * 32}"]


# -- by hand ------------------------------------------------------------------------------------


async def test_a_test_event_is_sent_once_and_its_failure_shows(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    hooked.target.answers = [500]
    ask = hooked.world.as_("tenant:acme")
    queued = await ask.post(f"{LIST}/{hook['id']}/test")
    assert (queued.status_code, queued.json()["state"]) == (202, "waiting")
    await hooked.deliver()
    (row,) = await hooked.log("tenant:acme", hook)
    assert (row["event"], row["state"], row["answer_status"]) == ("webhook.test", "failed", 500)
    assert (await ask.get(f"{LIST}/{hook['id']}")).json()["failing_since"] is None


async def test_a_delivery_is_sent_again_by_hand_with_the_same_body(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    await hooked.end_call()
    await hooked.deliver()
    (row,) = await hooked.log("tenant:acme", hook)
    path = f"{LIST}/{hook['id']}/deliveries/{row['id']}"
    ask = hooked.world.as_("tenant:acme")
    assert (await ask.post(f"{path}/resend")).status_code == 202
    assert (await ask.post(f"{path}/resend")).status_code == 409
    await hooked.deliver()
    first, second = hooked.target.bodies
    assert first == second
    assert (await ask.get(path)).json()["body"] == first.decode()


async def test_the_secret_is_shown_once_and_rotated(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    ask = hooked.world.as_("tenant:acme")
    for answer in (await ask.get(LIST), await ask.get(f"{LIST}/{hook['id']}")):
        assert "secret" not in answer.text
        assert "whsec_" not in answer.text
    again = (await ask.post(f"{LIST}/{hook['id']}/secret")).json()["secret"]
    await hooked.end_call()
    await hooked.deliver()
    (headers,), (body,) = hooked.target.headers, hooked.target.bodies
    assert verified(again, headers[SIGNATURE], body)
    assert not verified(hook["secret"], headers[SIGNATURE], body)


async def test_a_paused_webhook_hears_nothing_and_a_deleted_one_is_gone(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    ask = hooked.world.as_("tenant:acme")
    assert (await ask.patch(f"{LIST}/{hook['id']}", {"enabled": False})).json()["state"] == "paused"
    assert (await ask.post(f"{LIST}/{hook['id']}/test")).status_code == 409
    await hooked.end_call()
    await hooked.deliver()
    assert not hooked.target.bodies
    assert (await ask.delete(f"{LIST}/{hook['id']}")).status_code == 204
    assert (await ask.get(f"{LIST}/{hook['id']}")).status_code == 404


async def test_an_edit_of_what_somebody_else_changed_is_refused(hooked: Hooked) -> None:
    hook = await hooked.subscribe("tenant:acme", "call.completed")
    ask, path = hooked.world.as_("tenant:acme"), f"{LIST}/{hook['id']}"
    seen = {"if-match": (await ask.get(path)).headers["etag"]}
    assert (await ask.patch(path, {"label": "first"}, seen)).status_code == 200
    assert (await ask.patch(path, {"label": "second"}, seen)).status_code == 412


# -- settings -----------------------------------------------------------------------------------


async def test_the_platform_alone_says_where_webhooks_may_go(hooked: Hooked) -> None:
    wanted = {"webhook_networks": ["10.0.0.0/8"], "webhook_plain_http": True}
    for token in ("reseller:nimbus", "tenant:acme", "user:acme"):
        assert (await hooked.world.as_(token).put("/v1/api-settings", wanted)).status_code == 403
    ask = hooked.world.as_("platform")
    saved = await ask.put("/v1/api-settings", wanted)
    assert saved.json()["webhook_networks"] == ["10.0.0.0/8"]
    assert hooked.settings.value.webhook_networks == ("10.0.0.0/8",)
    seen = (await hooked.world.as_("tenant:acme").get("/v1/api-settings")).json()
    assert (seen["requests_per_minute"], seen["webhook_networks"]) == (600, None)
    for bad in (["10.0.0.1/8"], ["x"], ["10.0.0.0/8"] * 51):
        assert (await ask.put("/v1/api-settings", {"webhook_networks": bad})).status_code == 422


async def add_owner(world: World, email: str) -> None:
    acme = world.tenants["acme"]
    owner = Account(
        AccountKey(0),
        Tier.TENANT,
        *("acme", "Olivia Owner", email, AccountStatus.ACTIVE),
        tenant=acme.key,
        owner=True,
    )

    def work(change: Change) -> None:
        accounts.insert(change.transaction, owner)
        change.record("user", "Created user", "user acme", tenant=acme)

    await world.control.change(world.people.known["platform"], work)
