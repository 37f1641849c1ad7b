"""`/v1/me`: who asks, and what everybody may do about their own login (manual § 3.6, § 7.5.1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from appliance.control.identity import Identity
from appliance.control.own_account import OwnAccount, login_of
from appliance.model.accounts import Account, Tier
from appliance.model.logins import Login
from appliance.model.resellers import Reseller
from appliance.model.tenants import Tenant
from appliance.store import credentials, logins
from appliance.store.credentials import Passkey
from appliance.store.database import Database
from appliance.web.api.browser import require_private, site_of
from appliance.web.api.login import EnrolmentView
from appliance.web.api.operation import EVERY_TIER, Answer, Call, Family

family = Family("Own account")

NOTICE_CODE = "admin_2fa_off"
NOTICE = "Admins of this box may sign in without a second factor. Switch that on in its policy."

Password = Annotated[str, msgspec.Meta(max_length=256)]


class ResellerView(msgspec.Struct):
    code: str
    name: str


class TenantView(msgspec.Struct):
    slug: str
    name: str
    time_zone: str


class LineView(msgspec.Struct):
    extension: str
    name: str
    role: str


class PasskeyView(msgspec.Struct):
    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class FactorsView(msgspec.Struct):
    """`recovery_codes`: how many are left. `required`: the policy asks for a second factor."""

    totp: bool
    email_otp: bool
    passkeys: list[PasskeyView]
    recovery_codes: int
    required: bool


class NoticeView(msgspec.Struct):
    code: str
    message: str
    tone: str


class MeView(msgspec.Struct):
    """Of a key `name` is its label, and there are no username, factors and extensions. `scopes`
    are the rights that it holds."""

    name: str
    username: str | None
    email: str | None
    tier: Tier
    reseller: ResellerView | None
    tenant: TenantView | None
    extensions: list[LineView]
    second_factors: FactorsView | None
    scopes: list[str]
    last_sign_in_at: datetime | None
    notices: list[NoticeView]


class LoginView(msgspec.Struct):
    """`current`: the one that asks."""

    id: str
    current: bool
    address: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime


class LoginsView(msgspec.Struct):
    data: list[LoginView]


class EndedView(msgspec.Struct):
    ended: int


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    password: Password


class ChangePasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    current: Password
    password: Password


class CodeBody(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=40)]


class EmailOtpBody(msgspec.Struct, forbid_unknown_fields=True):
    on: bool


class PasskeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """`credential` as the browser's `PublicKeyCredential.toJSON()` gives it."""

    credential: dict[str, Any]
    name: Annotated[str, msgspec.Meta(max_length=200)] = "Passkey"


class OptionsView(msgspec.Struct):
    """For the browser's `navigator.credentials.create`."""

    options: dict[str, Any]


class CodesView(msgspec.Struct):
    """Shown this once; empty where the ones that there are stay."""

    recovery_codes: list[str]


@dataclass(frozen=True, slots=True)
class _Kept:
    passkeys: list[Passkey]
    recovery_codes: int


@family.get("/v1/me", "Who asks", tiers=EVERY_TIER, any_key=True, answer=MeView)
async def me(call: Call) -> Answer:
    identity, caller = call.part(Identity), call.caller
    account = identity.account(caller.account) if caller.account else None
    snapshot = call.control.store.snapshot
    tenant = snapshot.tenant(caller.tenant) if caller.tenant else None
    reseller = snapshot.reseller(caller.reseller) if caller.reseller else None
    view = MeView(
        *(account.name if account else caller.label, account.username if account else None),
        *(account.email if account else None, caller.tier),
        *(_reseller(reseller), _tenant(tenant)),
        _lines(call, account) if account else [],
        await _factors(call, account) if account else None,
        sorted(right.value for right in caller.rights),
        account.last_sign_in_at if account else None,
        _notices(call),
    )
    return Answer(view)


@family.post(
    "/v1/me/confirm",
    "Show the password again, before what opens or closes a door",
    tiers=EVERY_TIER,
    body=PasswordBody,
    status=204,
)
async def confirm(call: Call) -> Answer:
    require_private(call.request)
    await call.part(OwnAccount).confirm(call.caller, call.body.password)
    return Answer(status=204)


@family.post(
    "/v1/me/password",
    "Change one's password; the other logins end",
    tiers=EVERY_TIER,
    body=ChangePasswordBody,
    status=204,
)
async def change_password(call: Call) -> Answer:
    require_private(call.request)
    body = call.body
    await call.part(OwnAccount).change_password(call.caller, body.current, body.password)
    return Answer(status=204)


@family.post(
    "/v1/me/totp", "Begin to set up an authenticator", tiers=EVERY_TIER, answer=EnrolmentView
)
async def begin_totp(call: Call) -> Answer:
    enrolment = call.part(OwnAccount).begin_totp(call.caller)
    return Answer(EnrolmentView(enrolment.secret, enrolment.uri, enrolment.qr))


@family.post(
    "/v1/me/totp/confirm",
    "Set up the authenticator by a code of it",
    tiers=EVERY_TIER,
    body=CodeBody,
    answer=CodesView,
)
async def enrol_totp(call: Call) -> Answer:
    codes = await call.part(OwnAccount).enrol_totp(call.caller, call.body.code)
    return Answer(CodesView(list(codes)))


@family.delete("/v1/me/totp", "Remove the authenticator", tiers=EVERY_TIER, errors=(409,))
async def remove_totp(call: Call) -> Answer:
    await call.part(OwnAccount).remove_totp(call.caller)
    return Answer(status=204)


@family.put(
    "/v1/me/email-otp",
    "Codes by mail, on or off",
    tiers=EVERY_TIER,
    body=EmailOtpBody,
    status=204,
    errors=(409,),
)
async def set_email_otp(call: Call) -> Answer:
    await call.part(OwnAccount).set_email_otp(call.caller, on=call.body.on)
    return Answer(status=204)


@family.post(
    "/v1/me/recovery-codes",
    "New recovery codes in place of the old ones",
    tiers=EVERY_TIER,
    answer=CodesView,
)
async def new_recovery_codes(call: Call) -> Answer:
    codes = await call.part(OwnAccount).new_recovery_codes(call.caller)
    return Answer(CodesView(list(codes)))


@family.post(
    "/v1/me/passkeys/options",
    "Begin to add a passkey",
    tiers=EVERY_TIER,
    answer=OptionsView,
    errors=(409,),
)
async def begin_passkey(call: Call) -> Answer:
    site = site_of(call.request)
    options = await call.part(OwnAccount).begin_passkey(call.caller, site)
    return Answer(OptionsView(dict(options)))


@family.post(
    "/v1/me/passkeys",
    "Add the passkey that the browser made",
    tiers=EVERY_TIER,
    body=PasskeyBody,
    answer=CodesView,
    status=201,
    errors=(409,),
)
async def add_passkey(call: Call) -> Answer:
    body, site = call.body, site_of(call.request)
    own = call.part(OwnAccount)
    codes = await own.add_passkey(call.caller, body.credential, body.name, site)
    return Answer(CodesView(list(codes)), 201)


@family.delete("/v1/me/passkeys/{id}", "Remove a passkey", tiers=EVERY_TIER, errors=(404, 409))
async def remove_passkey(call: Call) -> Answer:
    await call.part(OwnAccount).remove_passkey(call.caller, call.path["id"])
    return Answer(status=204)


@family.get("/v1/me/logins", "One's logins", tiers=EVERY_TIER, answer=LoginsView)
async def own_logins(call: Call) -> Answer:
    account = call.part(OwnAccount).of(call.caller)
    now = call.control.clock.wall()
    found = await call.control.read(lambda database: logins.load(database, now, account.key))
    current = login_of(call.caller)
    return Answer(LoginsView([_login(login, current) for login in found]))


@family.delete("/v1/me/logins/{id}", "End one of one's logins", tiers=EVERY_TIER, errors=(404,))
async def end_login(call: Call) -> Answer:
    await call.part(OwnAccount).end_login(call.caller, call.path["id"])
    return Answer(status=204)


@family.delete(
    "/v1/me/logins",
    "End all of one's logins but the one that asks",
    tiers=EVERY_TIER,
    answer=EndedView,
    status=200,
)
async def end_other_logins(call: Call) -> Answer:
    return Answer(EndedView(await call.part(OwnAccount).end_other_logins(call.caller)))


def _reseller(reseller: Reseller | None) -> ResellerView | None:
    return ResellerView(reseller.code.lower(), reseller.name) if reseller else None


def _tenant(tenant: Tenant | None) -> TenantView | None:
    return TenantView(tenant.slug, tenant.name, tenant.time_zone) if tenant else None


def _lines(call: Call, account: Account) -> list[LineView]:
    found = [
        (link, call.control.store.snapshot.extension(link.extension)) for link in account.links
    ]
    return [LineView(line.number, line.name, link.role) for link, line in found if line]


async def _factors(call: Call, account: Account) -> FactorsView:
    def ask(database: Database) -> _Kept:
        return _Kept(
            list(credentials.passkeys(database, account.key)),
            credentials.recovery_codes_left(database, account.key),
        )

    kept = await call.control.read(ask)
    return FactorsView(
        account.totp,
        account.email_otp,
        [
            PasskeyView(str(one.key), one.name, one.created_at, one.last_used_at)
            for one in kept.passkeys
        ],
        kept.recovery_codes,
        call.part(Identity).needs_factor(account),
    )


def _notices(call: Call) -> list[NoticeView]:
    """What the frame says for as long as it is so (contract: demo)."""
    policy = call.part(Identity).policy(call.caller.tenant)
    if call.caller.tier is Tier.USER or policy.admin_second_factor:
        return []
    return [NoticeView(NOTICE_CODE, NOTICE, "attention")]


def _login(login: Login, current: str) -> LoginView:
    return LoginView(
        login.public_id,
        login.public_id == current,
        login.address,
        login.user_agent,
        login.created_at,
        login.used_at,
    )
