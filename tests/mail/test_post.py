"""The post, against a real SMTP server."""

import asyncio
import contextlib
import ssl
from dataclasses import replace

import pytest
import trustme

from appliance.control import mails as control
from appliance.control.changes import Change
from appliance.control.errors import Invalid
from appliance.mail.letters import House, Letters
from appliance.mail.post import PAUSES, Post
from appliance.model.mails import Mail, MailState, Relay, RelaySecurity
from appliance.store import mails
from appliance.store.conditions import ALL
from tests.store.conftest import StillClock
from tests.support.api import World
from tests.support.smtp import Mailroom, mailroom

LETTERS = Letters(lambda: House("ByondVoice", "https://box.example"))


class Setting:
    """A world with a post, and the relay of a test's choice."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.post = Post(world.store, world.clock, world.events, LETTERS)
        self.platform = world.people.known["platform"]

    async def use(self, relay: Relay | None, password: str | None = None) -> None:
        await self.world.control.change(
            self.platform, lambda change: control.save_relay(change, relay, password)
        )

    async def queue(self, kind: str = "code", to: str = "alice@acme.example", **facts: str) -> Mail:
        def work(change: Change) -> Mail:
            change.record("user", "Sent reset link", "user alice.tan")
            return control.queue(change, kind, to, **facts)

        return await self.world.control.change(self.platform, work)

    async def state(self) -> Mail:
        (mail,) = await self.world.store.readers.run(lambda database: mails.load(database, ALL))
        return mail


@pytest.fixture
def here(world: World) -> Setting:
    return Setting(world)


def relay_at(room: Mailroom) -> Relay:
    return Relay(
        "127.0.0.1", room.port, RelaySecurity.NONE, "", "Nimbus Voice", "no-reply@nimbus.example"
    )


async def test_without_a_relay_a_mail_is_kept_and_nothing_pretends_to_be_sent(
    here: Setting,
) -> None:
    await here.queue(code="481902")
    await here.post.deliver()
    kept = await here.state()
    assert (kept.state, kept.sent_at, kept.tries) == (MailState.KEPT, None, 0)


async def test_a_relay_that_refuses_for_good_ends_it(here: Setting) -> None:
    async with mailroom() as room:
        room.refuse = "550 no such mailbox"
        await here.use(relay_at(room))
        await here.queue("reset")
        await here.post.deliver()
    failed = await here.state()
    assert (failed.state, failed.tries) == (MailState.FAILED, 1)
    assert "550" in failed.error


@pytest.mark.parametrize("refusal", ["refuse", "refuse_body"])
async def test_a_relay_that_is_busy_is_tried_again_later(
    here: Setting, clock: StillClock, refusal: str
) -> None:
    async with mailroom() as room:
        setattr(room, refusal, "451 later")
        await here.use(relay_at(room))
        await here.queue("reset", token="t")
        await here.post.deliver()
        waiting = await here.state()
        assert (waiting.state, waiting.tries) == (MailState.QUEUED, 1)
        assert waiting.next_at == clock.wall() + PAUSES[0]
        setattr(room, refusal, "")
        await here.post.deliver()
        assert not room.mails
        clock.seconds += PAUSES[0].total_seconds()
        await here.post.deliver()
        assert (await here.state()).state is MailState.SENT
        assert len(room.mails) == 1


async def test_after_a_day_without_a_relay_it_is_given_up(here: Setting, clock: StillClock) -> None:
    async with mailroom() as room:
        gone = relay_at(room)
    await here.use(gone)
    await here.queue("reset")
    for _ in range(len(PAUSES)):
        await here.post.deliver()
        assert (await here.state()).state is MailState.QUEUED
        clock.seconds += 8 * 3600
    await here.post.deliver()
    failed = await here.state()
    assert failed.state is MailState.FAILED
    assert failed.error


async def test_a_code_that_is_of_no_use_any_more_is_given_up(
    here: Setting, clock: StillClock
) -> None:
    async with mailroom() as room:
        room.refuse = "451 later"
        await here.use(relay_at(room))
        await here.queue("code", code="481902")
        clock.seconds += 600
        await here.post.deliver()
    assert (await here.state()).state is MailState.FAILED


async def test_a_name_begins_no_header_of_its_own(here: Setting) -> None:
    async with mailroom() as room:
        wanted = relay_at(room)
        await here.use(wanted)
        await here.queue(
            "webhook_disabled",
            label="x\r\nBcc: victim@example.com\r\n\r\nbody",
            since="2026-11-22T12:00:00Z",
            url="https://x.example",
        )
        await here.post.deliver()
        (mail,) = room.mails
    assert mail["bcc"] is None
    assert room.recipients == ["alice@acme.example"]
    assert mail["subject"].startswith("A webhook was switched off: x Bcc: victim")


@pytest.mark.parametrize(
    "address",
    ["a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example, c@d.example", "<a@b.example>", "a", ""],
)
async def test_an_address_that_is_more_than_one_is_refused(here: Setting, address: str) -> None:
    with pytest.raises(Invalid):
        await here.queue("test", address)


async def test_a_mail_comes_as_text_and_html_from_the_brand(here: Setting) -> None:
    async with mailroom() as room:
        await here.use(relay_at(room))
        await here.queue("invitation", name="Alice Tan", username="acme/alice.tan", token="abc")
        await here.post.deliver()
        (mail,) = room.mails
    assert mail["from"] == "Nimbus Voice <no-reply@nimbus.example>"
    assert mail["to"] == "alice@acme.example"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["message-id"].endswith("@nimbus.example>")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    for body in (text, html):
        assert "https://box.example/admin/invitation/abc" in body.get_content()


async def test_once_sent_its_links_and_codes_are_gone(here: Setting) -> None:
    async with mailroom() as room:
        await here.use(relay_at(room))
        mail = await here.queue("code", code="481902", name="Alice")
        await here.post.deliver()
    assert (await here.state()).state is MailState.SENT
    keys = here.world.store.keys
    left = await here.world.store.readers.run(lambda db: mails.facts(db, keys, mail.key))
    assert left == {"code": "", "name": "Alice"}


async def test_the_relay_hears_its_login_over_tls_alone(
    here: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as file:
        monkeypatch.setenv("SSL_CERT_FILE", file)
        async with mailroom(("box", "s3cret"), context) as room:
            wanted = replace(relay_at(room), security=RelaySecurity.STARTTLS, username="box")
            await here.use(wanted, "wrong")
            await here.queue("reset")
            await here.post.deliver()
            assert "535" in (await here.state()).error
            await here.use(wanted, "s3cret")
            clock = here.world.clock
            assert isinstance(clock, StillClock)
            clock.seconds += 60
            await here.post.deliver()
            assert len(room.mails) == 1


async def test_a_relay_with_a_strange_certificate_is_not_trusted(here: Setting) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with mailroom(("box", "s3cret"), context) as room:
        wanted = replace(relay_at(room), security=RelaySecurity.STARTTLS, username="box")
        await here.use(wanted, "s3cret")
        await here.queue("reset")
        await here.post.deliver()
        assert not room.mails
        assert "certificate" in (await here.state()).error.lower()


async def test_it_runs_by_itself_as_soon_as_a_mail_is_queued(here: Setting) -> None:
    async with mailroom() as room:
        await here.use(relay_at(room))
        running = asyncio.create_task(here.post.run())
        await here.queue("test")
        async with asyncio.timeout(10):
            await room.arrived.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_it_ends_when_it_is_told_to_though_the_store_is_closed(here: Setting) -> None:
    """An error beside the cancellation must not outdo it, or the box never ends."""
    async with mailroom() as room:
        await here.use(relay_at(room))
        await here.queue("test")
        running = asyncio.create_task(here.post.run())
        await room.arrived.wait()
        await here.world.store.close()
        running.cancel()
        async with asyncio.timeout(30):
            await asyncio.wait([running])
        assert running.cancelled()


async def test_codes_go_before_what_nobody_waits_for(here: Setting) -> None:
    async with mailroom() as room:
        await here.use(relay_at(room))
        for number in range(8):
            await here.queue("test", f"a{number}@acme.example")
        await here.queue("code", code="481902")
        due = await here.world.store.readers.run(
            lambda database: mails.due(database, here.world.clock.wall(), 3)
        )
        assert due[0].kind == "code"
        await here.post.deliver()
        assert len(room.mails) == 9
