"""What the API shows of people who sign in, and takes about them: users of a tenant and operators
alike. A password is never among it, but a temporary one where it is made, once."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from appliance.control.people import Person
from appliance.model.accounts import Account, AccountKey, AccountStatus, LinkRole, Tier
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.logins import Login
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey
from appliance.store.conditions import ALL, Condition
from appliance.store.database import Database
from appliance.store.orders import page_of_keys
from appliance.store.people import (
    SORTS,
    PeopleCounts,
    Security,
    answering,
    count_people,
    linked_lines,
    load_people,
    matching,
    secured_by,
    security_of,
    unlinked,
)
from appliance.web.api.pages import PageInfo, PageQuery, cursor_of, key_of, order_of, page_of

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Username = Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
Email = Annotated[str, msgspec.Meta(max_length=254)]
Number = Annotated[str, msgspec.Meta(min_length=3, max_length=5)]
Credential = Literal["invitation", "temporary_password"]

Role = Literal["user", "tenant_admin", "reseller_operator", "platform_operator"]
ROLES: Mapping[Tier, Role] = {
    Tier.USER: "user",
    Tier.TENANT: "tenant_admin",
    Tier.RESELLER: "reseller_operator",
    Tier.PLATFORM: "platform_operator",
}


class LinkView(msgspec.Struct):
    """An extension that the user answers, in the user's order."""

    extension: str
    name: str
    role: LinkRole
    shared: bool


class PersonView(msgspec.Struct):
    """`owner`: the login that came with the tenant or reseller. `security` is the strongest factor
    in force; `require_second_factor` is the email one-time-code, `authenticator` an app that is
    enrolled. `tenant` is a slug, `reseller` a code; both null for the platform's operators."""

    username: str
    name: str
    email: str
    role: Role
    owner: bool
    tenant: str | None
    reseller: str | None
    status: AccountStatus
    security: Security
    require_second_factor: bool
    authenticator: bool
    passkeys: int
    force_change: bool
    extensions: list[LinkView]
    created_at: datetime | None
    last_sign_in_at: datetime | None
    version: int


class MadePersonView(PersonView):
    """`temporary_password` is shown this once; null where an invitation was sent."""

    temporary_password: str | None


class PeopleCountsView(msgspec.Struct):
    """Of the whole list, whatever it is narrowed to: `active` can sign in, `second_factor` have one
    on, `unlinked` answer no extension, `disabled` cannot sign in any more."""

    users: int
    active: int
    invited: int
    disabled: int
    second_factor: int
    unlinked: int


class PeoplePage(msgspec.Struct):
    data: list[PersonView]
    page: PageInfo
    counts: PeopleCountsView


class PeopleQuery(PageQuery, kw_only=True, forbid_unknown_fields=True):
    """`q` searches name, username, email and extension; `sort` is one of name, username, status,
    security, last_sign_in."""

    status: AccountStatus | None = None
    security: Security | None = None


class PersonEditBody(msgspec.Struct, forbid_unknown_fields=True):
    """`status` is `disabled`, or `active` to enable again."""

    name: Name | UnsetType = UNSET
    status: Literal["active", "disabled"] | UnsetType = UNSET


class SecurityBody(msgspec.Struct, forbid_unknown_fields=True):
    """All in one save. `email` "" takes the address away."""

    email: Email | UnsetType = UNSET
    require_second_factor: bool | UnsetType = UNSET
    clear_totp: bool = False


class TemporaryPasswordView(msgspec.Struct):
    """Shown this once; it has to be changed at the next sign-in."""

    temporary_password: str


class LoginView(msgspec.Struct):
    id: str
    address: str
    user_agent: str
    created_at: datetime
    used_at: datetime


class LoginsView(msgspec.Struct):
    data: list[LoginView]


class Names(msgspec.Struct):
    """What a page of people refers to by key."""

    lines: Mapping[ExtensionKey, Extension]
    tenants: Mapping[TenantKey, str]
    resellers: Mapping[ResellerKey, str]


def shown(account: Account, names: Names) -> PersonView:
    return PersonView(
        *(account.username, account.name, account.email, ROLES[account.tier], account.owner),
        names.tenants[account.tenant] if account.tenant is not None else None,
        names.resellers[account.reseller] if account.reseller is not None else None,
        *(account.status, security_of(account), account.email_otp, account.totp),
        *(account.passkeys, account.force_change),
        [
            LinkView(line.number, line.name, link.role, line.shared)
            for link in account.links
            if (line := names.lines.get(link.extension))
        ],
        account.created_at,
        account.last_sign_in_at,
        account.version,
    )


def shown_person(database: Database, person: Person) -> PersonView:
    """One person, as it stands in `database`."""
    return shown(
        person.account,
        Names(
            linked_lines(database, [person.account]),
            {person.tenant.key: person.tenant.slug} if person.tenant else {},
            {person.reseller.key: person.reseller.code.lower()} if person.reseller else {},
        ),
    )


def made(view: PersonView, temporary_password: str | None) -> MadePersonView:
    return MadePersonView(
        **{name: getattr(view, name) for name in view.__struct_fields__},
        temporary_password=temporary_password,
    )


def shown_logins(found: list[Login]) -> LoginsView:
    return LoginsView(
        [
            LoginView(one.public_id, one.address, one.user_agent, one.created_at, one.used_at)
            for one in found
        ]
    )


def page_of_people(
    database: Database, query: PeopleQuery, whose: Condition, names: Names, more: Condition = ALL
) -> PeoplePage:
    """A page of the accounts in `whose`, narrowed by the query and by `more`. Raises Invalid."""
    order = order_of(query.sort, SORTS, "accounts.key")
    last: Any = key_of(query.cursor, 2)
    wanted = whose & more & _asked(query, names)
    keys, total = page_of_keys(database, "accounts", wanted, order, last, query.limit)
    people = load_people(database, keys)
    lines = linked_lines(database, people.values())
    known = Names(lines, names.tenants, names.resellers)
    rows = [(key, place, people[AccountKey(key)]) for key, place in keys.items()]
    page = page_of(rows, query.limit, total, lambda row: cursor_of(row[1], row[0]))
    counts: PeopleCounts = count_people(database, whose)
    return PeoplePage(
        [shown(account, known) for _, _, account in page.data],
        page.page,
        PeopleCountsView(**asdict(counts)),
    )


def without_extension() -> Condition:
    return unlinked()


def _asked(query: PeopleQuery, names: Names) -> Condition:
    wanted = ALL
    if query.status is not None:
        wanted &= Condition("accounts.status = ?", query.status.value)
    if query.security is not None:
        wanted &= secured_by(query.security)
    if not query.q:
        return wanted
    found = matching(query.q)
    for tenant in names.tenants:
        found |= answering(query.q, tenant)
    return wanted & found
