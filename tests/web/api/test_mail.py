"""`/v1/mail`: for the platform's operators alone, since mails hold links and codes."""

from typing import Any

import pytest

from appliance.control import mails as control
from appliance.control.changes import Change
from appliance.mail.letters import House, Letters
from appliance.settings import DataFolder
from tests.support.api import World

RELAY = {
    "host": "smtp.example",
    "port": 587,
    "security": "starttls",
    "username": "box",
    "password": "s3cret-of-the-relay",
    "from_name": "Nimbus Voice",
    "from_address": "no-reply@nimbus.example",
}
SETTINGS, LIST = "/v1/mail/settings", "/v1/mail/messages"


@pytest.fixture
def mailing(world: World) -> World:
    world.parts.append(Letters(lambda: House("ByondVoice", "https://box.example")))
    return world


async def queue(world: World, **facts: str) -> str:
    def work(change: Change) -> str:
        change.record("user", "Sent invitation", "user alice.tan")
        return str(control.queue(change, "invitation", "alice@acme.example", **facts).key)

    return await world.control.change(world.people.known["platform"], work)


@pytest.mark.parametrize("token", ["reseller:nimbus", "tenant:acme", "user:acme"])
async def test_nobody_else_reads_or_orders_mails(mailing: World, token: str) -> None:
    key = await queue(mailing, token="abc")
    ask = mailing.as_(token)
    for answer in (
        await ask.get(SETTINGS),
        await ask.put(SETTINGS, RELAY),
        await ask.get(LIST),
        await ask.get(f"{LIST}/{key}"),
        await ask.post(f"{LIST}/{key}/retry"),
        await ask.delete(f"{LIST}/{key}"),
        await ask.post("/v1/mail/test", {"recipient": "a@b.example"}),
    ):
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "smtp.example\r\nHELO x"),
        ("host", "two words"),
        ("port", 0),
        ("security", "ssl"),
        ("from_address", "nobody"),
        ("from_address", "a@b.example\r\nBcc: c@d.example"),
        ("from_name", "x\r\nBcc: c@d.example"),
        ("username", "a\r\nb"),
        ("pasword", "x"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_saved(
    mailing: World, field: str, value: object
) -> None:
    ask = mailing.as_("platform")
    refused = await ask.put(SETTINGS, {**RELAY, field: value})
    assert refused.status_code == 422
    assert field in refused.json()["error"]["fields"]
    assert not (await ask.get(SETTINGS)).json()["configured"]


async def test_the_password_is_never_shown_nor_readable_on_the_disk(
    mailing: World, folder: DataFolder
) -> None:
    ask = mailing.as_("platform")
    saved = await ask.put(SETTINGS, RELAY)
    assert saved.status_code == 200
    assert saved.json()["has_password"] is True
    for path in folder.path.glob("box.db*"):
        assert RELAY["password"].encode() not in path.read_bytes()  # type: ignore[attr-defined]
    assert "s3cret" not in (await ask.get(SETTINGS)).text + str(await mailing.actions())


async def test_the_password_stays_with_its_host_and_goes_to_no_other(mailing: World) -> None:
    ask = mailing.as_("platform")
    await ask.put(SETTINGS, RELAY)
    without = {name: value for name, value in RELAY.items() if name != "password"}
    assert (await ask.put(SETTINGS, {**without, "from_name": "N"})).json()["has_password"]
    moved = await ask.put(SETTINGS, {**without, "host": "evil.example"})
    assert moved.json()["has_password"] is False


async def test_a_relay_can_be_taken_away(mailing: World) -> None:
    ask = mailing.as_("platform")
    await ask.put(SETTINGS, RELAY)
    gone = (await ask.put(SETTINGS, {"host": ""})).json()
    assert (gone["configured"], gone["has_password"]) == (False, False)


async def test_a_kept_mail_is_read_with_its_words_and_the_reading_is_in_the_log(
    mailing: World,
) -> None:
    key = await queue(mailing, token="abc", name="Alice <b>Tan</b>")
    ask = mailing.as_("platform")
    listed: dict[str, Any] = (await ask.get(LIST)).json()
    assert [(row["id"], row["state"]) for row in listed["data"]] == [(key, "kept")]
    assert "abc" not in str(listed)
    mail = (await ask.get(f"{LIST}/{key}")).json()
    assert "https://box.example/admin/invitation/abc" in mail["text"]
    assert "Alice &lt;b&gt;Tan&lt;/b&gt;" in mail["html"]
    assert (await mailing.actions())[-1][1:] == ("Read mail", f"mail {key} to alice@acme.example")


async def test_a_kept_mail_is_queued_by_retry_once_there_is_a_relay(mailing: World) -> None:
    key = await queue(mailing, token="abc")
    ask = mailing.as_("platform")
    assert (await ask.post(f"{LIST}/{key}/retry")).json()["state"] == "kept"
    await ask.put(SETTINGS, RELAY)
    assert (await ask.post(f"{LIST}/{key}/retry")).json()["state"] == "queued"


async def test_a_test_mail_is_queued_and_says_how_it_stands(mailing: World) -> None:
    ask = mailing.as_("platform")
    kept = await ask.post("/v1/mail/test", {"recipient": "sara@example.com"})
    assert (kept.status_code, kept.json()["state"]) == (202, "kept")
    refused = await ask.post("/v1/mail/test", {"recipient": "a@b.example\nBcc: c@d.example"})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["recipient"])


async def test_a_discarded_mail_is_gone(mailing: World) -> None:
    key = await queue(mailing)
    ask = mailing.as_("platform")
    assert (await ask.delete(f"{LIST}/{key}")).status_code == 204
    for missing in (key, "0", "x", "9" * 40):
        assert (await ask.get(f"{LIST}/{missing}")).status_code == 404
    assert (await ask.delete(f"{LIST}/{key}")).status_code == 404
