"""`/v1/invitations/{token}`: links that were mailed, invitations and resets alike."""

from typing import Annotated

import msgspec

from appliance.control.identity import Identity
from appliance.control.recovery import Recovery
from appliance.model.accounts import Account, Tier
from appliance.store.one_time_links import LinkKind
from appliance.web.api.browser import require_own_page, require_private, whereabouts
from appliance.web.api.operation import Answer, Call, Family

family = Family("Invitations")

ONE = "/v1/invitations/{token}"
NOBODY: frozenset[Tier] = frozenset()


class RulesView(msgspec.Struct):
    """What a password must keep to."""

    min_length: int
    block_common: bool
    no_reuse: int


class InvitationView(msgspec.Struct):
    """Whose login it is, by the names that are known to whoever holds the mail."""

    kind: LinkKind
    name: str
    username: str
    email: str
    tenant: str | None
    reseller: str | None
    rules: RulesView


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    password: Annotated[str, msgspec.Meta(max_length=256)]


class SetView(msgspec.Struct):
    """What to sign in as."""

    sign_in_as: str
    tier: Tier


@family.get(
    ONE, "What a mailed link is for", tiers=NOBODY, answer=InvitationView, errors=(404, 429)
)
async def facts(call: Call) -> Answer:
    link = await call.part(Recovery).opened(call.path["token"])
    identity, account = call.part(Identity), link.account
    tenant, reseller = identity.tenant(account), identity.reseller(account)
    policy = identity.policy(account.tenant)
    view = InvitationView(
        *(link.kind, account.name, account.username, account.email),
        tenant.name if tenant else None,
        reseller.name if reseller else None,
        RulesView(policy.min_length, policy.block_common, policy.no_reuse),
    )
    return Answer(view)


@family.post(
    ONE,
    "Choose the password that a mailed link is for",
    tiers=NOBODY,
    body=PasswordBody,
    answer=SetView,
    errors=(403, 404, 422, 429),
)
async def choose(call: Call) -> Answer:
    require_private(call.request)
    require_own_page(call.request)
    where, recovery = whereabouts(call.request), call.part(Recovery)
    account = await recovery.choose_password(call.path["token"], call.body.password, where)
    return Answer(SetView(name_of(call.part(Identity), account), account.tier))


def name_of(identity: Identity, account: Account) -> str:
    """What the sign-in field takes for this login, whoever else has its name."""
    tenant = identity.tenant(account)
    if tenant is None or account.owner:
        return account.username
    return f"{tenant.slug}/{account.username}"
