"""`/v1/login`, `/v1/logout`: signing in and out (manual § 3.1).

Where more is asked for, the answer is a 401 with `next`: {"step", "ticket", "methods"?, "email"?}.

    code              POST /v1/login {"ticket", "code", "method"?}, or /v1/login/passkey; a code is
                      mailed by /v1/login/code. `mfa` says the same as `next`
    change_password   POST /v1/login/password {"ticket", "password"}
    enrol             POST /v1/login/enrol/totp, …/email, …/passkey and what confirms them
"""

from typing import Annotated, Any

import msgspec

from appliance.control import logins
from appliance.control.identity import Identity
from appliance.control.logins import SignedIn
from appliance.control.recovery import Recovery
from appliance.control.sign_in import Enrolled, SignIn
from appliance.model.accounts import Tier
from appliance.web.api.browser import (
    cookie,
    refresh_token,
    require_own_page,
    require_page_header,
    require_private,
    site_of,
    whereabouts,
)
from appliance.web.api.operation import Answer, Call, Family

family = Family("Sign-in")

NOBODY: frozenset[Tier] = frozenset()

Name = Annotated[str, msgspec.Meta(max_length=320)]
Password = Annotated[str, msgspec.Meta(max_length=256)]
Code = Annotated[str, msgspec.Meta(max_length=40)]
TicketId = Annotated[str, msgspec.Meta(max_length=100)]
Credential = dict[str, Any]


class LoginBody(msgspec.Struct, forbid_unknown_fields=True):
    """A name and a password, with `code` the second factor in the same go; or a ticket and a
    code. `method` is one of `totp`, `email`, `recovery`."""

    username: Name = ""
    password: Password = ""
    ticket: TicketId = ""
    code: Code = ""
    method: Annotated[str, msgspec.Meta(max_length=20)] = ""


class TicketBody(msgspec.Struct, forbid_unknown_fields=True):
    ticket: TicketId


class AnyTicketBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without a ticket: a passkey instead of name and password."""

    ticket: TicketId = ""


class NewPasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    ticket: TicketId
    password: Password


class TicketCodeBody(msgspec.Struct, forbid_unknown_fields=True):
    ticket: TicketId
    code: Code


class PasskeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """`credential` as the browser's `PublicKeyCredential.toJSON()` gives it."""

    ticket: TicketId
    credential: Credential


class NewPasskeyBody(msgspec.Struct, forbid_unknown_fields=True):
    ticket: TicketId
    credential: Credential
    name: Annotated[str, msgspec.Meta(max_length=200)] = "Passkey"


class ForgotBody(msgspec.Struct, forbid_unknown_fields=True):
    username: Name


class ScopeView(msgspec.Struct):
    """What the token opens: a reseller's code, a tenant's slug, a user's primary extension."""

    reseller: str | None
    tenant: str | None
    extension: str | None


class TokenView(msgspec.Struct):
    """`expires_in` in seconds."""

    token: str
    expires_in: int
    tier: Tier
    scope: ScopeView


class EnrolledView(TokenView):
    """`recovery_codes` are shown this once."""

    recovery_codes: list[str]


class EnrolmentView(msgspec.Struct):
    """What an authenticator is given, once. `qr` is an SVG document."""

    secret: str
    uri: str
    qr: str


class QuestionView(msgspec.Struct):
    """`options` for the browser's `navigator.credentials`."""

    ticket: str
    options: dict[str, Any]


class WordsView(msgspec.Struct):
    message: str


@family.post(
    "/v1/login",
    "Sign in",
    tiers=NOBODY,
    body=LoginBody,
    answer=TokenView,
    errors=(401, 403, 422, 429),
)
async def sign_in(call: Call) -> Answer:
    door, body = _door(call), call.body
    where = whereabouts(call.request)
    if body.ticket:
        signed_in = await door.with_code(body.ticket, body.code, body.method, where)
    else:
        signed_in = await door.with_password(
            body.username, body.password, where, body.code, body.method
        )
    return _granted(call, signed_in)


@family.post(
    "/v1/login/code",
    "Have a code mailed",
    tiers=NOBODY,
    body=TicketBody,
    status=204,
    errors=(401, 403, 422, 429),
)
async def send_code(call: Call) -> Answer:
    await _door(call).send_code(call.body.ticket, whereabouts(call.request))
    return Answer(status=204)


@family.post(
    "/v1/login/password",
    "Choose a password in place of a temporary one",
    tiers=NOBODY,
    body=NewPasswordBody,
    answer=TokenView,
    errors=(401, 403, 422, 429),
)
async def change_password(call: Call) -> Answer:
    body, where = call.body, whereabouts(call.request)
    return _granted(call, await _door(call).change_password(body.ticket, body.password, where))


@family.post(
    "/v1/login/passkey",
    "Ask for a passkey",
    tiers=NOBODY,
    body=AnyTicketBody,
    answer=QuestionView,
    errors=(401, 403, 409, 422, 429),
)
async def ask_passkey(call: Call) -> Answer:
    question = await _door(call).ask_passkey(call.body.ticket, site_of(call.request))
    return Answer(QuestionView(question.ticket, dict(question.options)))


@family.post(
    "/v1/login/passkey/verify",
    "Sign in with a passkey",
    tiers=NOBODY,
    body=PasskeyBody,
    answer=TokenView,
    errors=(401, 403, 422, 429),
)
async def with_passkey(call: Call) -> Answer:
    body, request = call.body, call.request
    signed_in = await _door(call).with_passkey(
        body.ticket, body.credential, site_of(request), whereabouts(request)
    )
    return _granted(call, signed_in)


@family.post(
    "/v1/login/enrol/totp",
    "Begin to set up an authenticator while signing in",
    tiers=NOBODY,
    body=TicketBody,
    answer=EnrolmentView,
    errors=(401, 403, 422, 429),
)
async def begin_totp(call: Call) -> Answer:
    enrolment = _door(call).begin_totp(call.body.ticket)
    return Answer(EnrolmentView(enrolment.secret, enrolment.uri, enrolment.qr))


@family.post(
    "/v1/login/enrol/totp/confirm",
    "Set up an authenticator while signing in",
    tiers=NOBODY,
    body=TicketCodeBody,
    answer=EnrolledView,
    errors=(401, 403, 422, 429),
)
async def enrol_totp(call: Call) -> Answer:
    body, where = call.body, whereabouts(call.request)
    return _enrolled(call, await _door(call).enrol_totp(body.ticket, body.code, where))


@family.post(
    "/v1/login/enrol/email",
    "Have codes mailed from now on, confirmed by the first, while signing in",
    tiers=NOBODY,
    body=TicketCodeBody,
    answer=EnrolledView,
    errors=(401, 403, 422, 429),
)
async def enrol_email(call: Call) -> Answer:
    body, where = call.body, whereabouts(call.request)
    return _enrolled(call, await _door(call).enrol_email(body.ticket, body.code, where))


@family.post(
    "/v1/login/enrol/passkey",
    "Begin to add a passkey while signing in",
    tiers=NOBODY,
    body=TicketBody,
    answer=QuestionView,
    errors=(401, 403, 409, 422, 429),
)
async def begin_passkey(call: Call) -> Answer:
    question = await _door(call).begin_passkey_enrolment(call.body.ticket, site_of(call.request))
    return Answer(QuestionView(question.ticket, dict(question.options)))


@family.post(
    "/v1/login/enrol/passkey/confirm",
    "Add a passkey while signing in",
    tiers=NOBODY,
    body=NewPasskeyBody,
    answer=EnrolledView,
    errors=(401, 403, 409, 422, 429),
)
async def enrol_passkey(call: Call) -> Answer:
    body, request = call.body, call.request
    enrolled = await _door(call).enrol_passkey(
        body.ticket, body.credential, body.name, site_of(request), whereabouts(request)
    )
    return _enrolled(call, enrolled)


@family.post(
    "/v1/login/refresh",
    "A new access token for the cookie that a sign-in has set",
    tiers=NOBODY,
    answer=TokenView,
    errors=(401, 403, 429),
)
async def refresh(call: Call) -> Answer:
    require_page_header(call.request)
    identity, where = call.part(Identity), whereabouts(call.request)
    return _granted(call, await logins.refresh(identity, refresh_token(call.request), where))


@family.post("/v1/logout", "Sign out", tiers=NOBODY, status=204, errors=(403, 429))
async def sign_out(call: Call) -> Answer:
    require_page_header(call.request)
    identity, where = call.part(Identity), whereabouts(call.request)
    await logins.sign_out(identity, refresh_token(call.request), where)
    return Answer(status=204, headers={"set-cookie": cookie(call.request, "")})


@family.post(
    "/v1/login/forgot",
    "Have a link mailed by which a new password is chosen",
    tiers=NOBODY,
    body=ForgotBody,
    answer=WordsView,
    status=202,
    errors=(403, 422, 429),
)
async def forgot(call: Call) -> Answer:
    require_own_page(call.request)
    words = call.part(Recovery).forgot(call.body.username, whereabouts(call.request))
    return Answer(WordsView(words), 202)


def _door(call: Call) -> SignIn:
    """Raises Forbidden."""
    require_private(call.request)
    require_own_page(call.request)
    return call.part(SignIn)


def _granted(call: Call, signed_in: SignedIn) -> Answer:
    return Answer(TokenView(*_token(signed_in)), headers=_kept(call, signed_in))


def _enrolled(call: Call, enrolled: Enrolled) -> Answer:
    signed_in, codes = enrolled.signed_in, list(enrolled.recovery_codes)
    return Answer(EnrolledView(*_token(signed_in), codes), headers=_kept(call, signed_in))


def _token(signed_in: SignedIn) -> tuple[str, int, Tier, ScopeView]:
    granted = signed_in.granted
    scope = ScopeView(granted.claims.rid, granted.claims.tid, granted.claims.ext)
    return granted.token, granted.expires_in, granted.claims.tier, scope


def _kept(call: Call, signed_in: SignedIn) -> dict[str, str]:
    return {"set-cookie": cookie(call.request, signed_in.refresh)}
