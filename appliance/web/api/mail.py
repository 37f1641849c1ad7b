"""`/v1/mail/…`: the relay, a test mail, and the mails of the box; for the platform's operators."""

from datetime import datetime
from typing import Annotated

import msgspec

from appliance.control import mails as control
from appliance.mail.letters import Letters
from appliance.model.mails import Mail, MailKind, MailState, Relay, RelaySecurity
from appliance.store import mails as stored
from appliance.store.conditions import ALL, Condition, like
from appliance.store.database import Database
from appliance.web.api.operation import PLATFORM, Answer, Call, Family
from appliance.web.api.pages import Page, PageQuery, cursor_of, key_of, page_of

family = Family("Mail")

SETTINGS = "/v1/mail/settings"
LIST = "/v1/mail/messages"
ONE = "/v1/mail/messages/{id}"

Line = Annotated[str, msgspec.Meta(max_length=254)]


class RelayView(msgspec.Struct):
    """`configured` false: no relay is set; mails are kept here and nobody has been sent anything.
    The password is never shown."""

    configured: bool
    host: str
    port: int
    security: RelaySecurity
    username: str
    has_password: bool
    from_name: str
    from_address: str


class RelayBody(msgspec.Struct, forbid_unknown_fields=True):
    """`host` "" takes the relay away. `password` null leaves it as it is, but for another host."""

    host: Line
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    security: RelaySecurity = RelaySecurity.STARTTLS
    username: Line = ""
    password: Line | None = None
    from_name: Line = ""
    from_address: Line = ""


class TestBody(msgspec.Struct, forbid_unknown_fields=True):
    recipient: Line


class MailView(msgspec.Struct):
    """`state` kept: there was no relay. `error`: the relay's answer to the last try."""

    id: str
    kind: MailKind
    recipient: str
    state: MailState
    tries: int
    error: str
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None


class ReadMailView(MailView):
    """With its words; links and codes are gone from one that was sent."""

    subject: str
    text: str
    html: str


class MailQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`q` searches the recipients. The newest come first."""

    state: MailState | None = None
    kind: MailKind | None = None


def shown(mail: Mail) -> MailView:
    return MailView(
        str(mail.key),
        mail.kind,
        mail.recipient,
        mail.state,
        mail.tries,
        mail.error,
        mail.created_at,
        mail.next_at,
        mail.sent_at,
    )


@family.get(SETTINGS, "The mail relay", tiers=PLATFORM, answer=RelayView)
async def settings(call: Call) -> Answer:
    return Answer(await _settings(call))


@family.put(SETTINGS, "Set the mail relay", tiers=PLATFORM, body=RelayBody, answer=RelayView)
async def save(call: Call) -> Answer:
    body: RelayBody = call.body
    relay = Relay(
        body.host,
        body.port,
        body.security,
        body.username,
        body.from_name,
        body.from_address,
    )
    await call.control.change(
        call.caller,
        lambda change: control.save_relay(change, relay if body.host else None, body.password),
    )
    return Answer(await _settings(call))


@family.post(
    "/v1/mail/test",
    "Send a test mail; it is queued, and its state tells what became of it",
    tiers=PLATFORM,
    body=TestBody,
    answer=MailView,
    status=202,
)
async def test(call: Call) -> Answer:
    mail = await call.control.change(
        call.caller, lambda change: control.send_test(change, call.body.recipient)
    )
    return Answer(shown(mail), 202)


@family.get(LIST, "The mails of the box", tiers=PLATFORM, query=MailQuery, answer=Page[MailView])
async def listed(call: Call) -> Answer:
    query: MailQuery = call.query

    def ask(database: Database) -> Page[MailView]:
        wanted = ALL
        if query.state:
            wanted &= Condition("status = ?", query.state.value)
        if query.kind:
            wanted &= Condition("kind = ?", query.kind.value)
        if query.q:
            wanted &= Condition("recipient LIKE ? ESCAPE '\\'", f"%{like(query.q)}%")
        total = stored.count(database, wanted)
        after = key_of(query.cursor, 1)
        if after:
            wanted &= Condition("key < ?", after[0])
        found = stored.load(database, wanted, f"ORDER BY key DESC LIMIT {query.limit + 1}")
        views = [shown(mail) for mail in found]
        return page_of(views, query.limit, total, lambda row: cursor_of(int(row.id)))

    return Answer(await call.control.read(ask))


@family.get(
    ONE,
    "One mail with its words; that it was read is in the audit log",
    tiers=PLATFORM,
    answer=ReadMailView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    mail, facts = await call.control.change(
        call.caller, lambda change: control.read(change, call.path["id"])
    )
    letter = call.part(Letters).write(mail.kind, facts)
    fields = msgspec.structs.asdict(shown(mail))
    return Answer(
        ReadMailView(**fields, subject=letter.subject, text=letter.text, html=letter.html)
    )


@family.post(
    f"{ONE}/retry", "Send a mail again", tiers=PLATFORM, answer=MailView, errors=(404, 409)
)
async def retry(call: Call) -> Answer:
    mail = await call.control.change(
        call.caller, lambda change: control.retry(change, call.path["id"])
    )
    return Answer(shown(mail))


@family.delete(ONE, "Discard a mail", tiers=PLATFORM, errors=(404,))
async def discard(call: Call) -> Answer:
    await call.control.change(call.caller, lambda change: control.discard(change, call.path["id"]))
    return Answer(status=204)


async def _settings(call: Call) -> RelayView:
    keys = call.control.store.keys

    def ask(database: Database) -> RelayView:
        relay = stored.relay(database)
        if relay is None:
            return RelayView(False, "", 587, RelaySecurity.STARTTLS, "", False, "", "")
        return RelayView(
            True,
            relay.host,
            relay.port,
            relay.security,
            relay.username,
            bool(stored.relay_password(database, keys)),
            relay.from_name,
            relay.from_address,
        )

    return await call.control.read(ask)
