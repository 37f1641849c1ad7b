"""`/v1/tenants/{slug}/users`: the people of a tenant (manual chapter 7)."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET

from appliance.control import people, scope, user_security, users
from appliance.control.caller import Right
from appliance.control.changes import Change
from appliance.control.passwords import Passwords, Temporary
from appliance.control.people import Person
from appliance.control.user_security import SecurityEdit
from appliance.control.users import MOST_LINKS, NewUser, WantedLink
from appliance.model.accounts import Account, AccountStatus, LinkRole, Tier
from appliance.model.tenants import Tenant
from appliance.store import accounts, logins
from appliance.store.conditions import ALL
from appliance.store.database import Database
from appliance.store.people import linked_lines, security_of
from appliance.store.rows import NewExtension
from appliance.web.api import people as shown
from appliance.web.api.csv_text import csv_file
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.people import (
    Credential,
    Email,
    LoginsView,
    MadePersonView,
    Name,
    Names,
    Number,
    PeoplePage,
    PeopleQuery,
    PersonEditBody,
    PersonView,
    SecurityBody,
    TemporaryPasswordView,
    Username,
)

family = Family("Users")

LIST = "/v1/tenants/{slug}/users"
ONE = "/v1/tenants/{slug}/users/{username}"

ROSTER = ("name", "username", "email", "role", "extensions", "security", "status", "last sign-in")


class NewExtensionBody(msgspec.Struct, forbid_unknown_fields=True):
    """An extension to create with the user; `name` is the user's where it is not given."""

    extension: Number
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class UserBody(msgspec.Struct, forbid_unknown_fields=True):
    """`extension` is one to link, which is free or shared; `new_extension` one to create. With the
    credential `invitation` the user sets a password; a `temporary_password` is in the answer."""

    name: Name
    username: Username
    email: Email = ""
    role: Literal["user", "tenant_admin"] = "user"
    extension: Number | None = None
    new_extension: NewExtensionBody | None = None
    credential: Credential = "invitation"
    require_second_factor: bool = False


class UserQuery(PeopleQuery, kw_only=True, forbid_unknown_fields=True):
    """`unlinked` narrows to those without an extension. `format=csv` is the whole roster."""

    unlinked: bool = False
    format: Literal["json", "csv"] = "json"


class LinkBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without roles the first is the primary one."""

    extension: Number
    role: LinkRole | None = None


class LinksBody(msgspec.Struct, forbid_unknown_fields=True):
    links: Annotated[list[LinkBody], msgspec.Meta(max_length=MOST_LINKS)]


@family.get(
    LIST,
    "The users of a tenant; the whole roster as CSV",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    query=UserQuery,
    answer=PeoplePage,
    errors=(404,),
    other_types=("text/csv",),
)
async def listed(call: Call) -> Answer:
    query: UserQuery = call.query
    if query.format == "csv":
        return await _roster(call)

    def ask(database: Database) -> PeoplePage:
        tenant = scope.enter_tenant(call.caller, database, call.path["slug"])
        more = shown.without_extension() if query.unlinked else ALL
        names = Names({}, {tenant.key: tenant.slug}, {})
        return shown.page_of_people(database, query, people.users_of(tenant), names, more)

    return Answer(await call.control.read(ask))


@family.post(
    LIST,
    "Create a user, with the extension it answers and its first credential",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=UserBody,
    answer=MadePersonView,
    status=201,
    errors=(404, 409),
)
async def create(call: Call) -> Answer:
    body: UserBody = call.body
    await call.control.read(
        lambda database: scope.enter_tenant(call.caller, database, call.path["slug"])
    )
    temporary = await prepared(call, body.credential)
    line = body.new_extension
    new = NewUser(
        *(body.username, body.name, body.email),
        Tier.USER if body.role == "user" else Tier.TENANT,
        body.extension or "",
        NewExtension(line.extension, line.name or body.name) if line else None,
        temporary,
        body.require_second_factor,
    )

    def work(change: Change) -> PersonView:
        made = users.create(change, call.path["slug"], new)
        return shown.shown_person(change.database, made)

    view = await call.control.change(call.caller, work)
    password = temporary.password if temporary else None
    return Answer(shown.made(view, password), 201, view.version)


@family.get(
    ONE,
    "One user",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=PersonView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    view = await call.control.read(
        lambda database: shown.shown_person(database, _user(call, database))
    )
    return Answer(view, version=view.version)


@family.patch(
    ONE,
    "Change a user's name; disable or enable the login",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=PersonEditBody,
    answer=PersonView,
    errors=(404, 409, 412),
)
async def edit(call: Call) -> Answer:
    body: PersonEditBody = call.body

    def work(change: Change) -> Person:
        person = _user(call, change.database)
        name = None if body.name is UNSET else body.name
        status = None if body.status is UNSET else AccountStatus(body.status)
        return users.edit(change, person, call.if_match, name=name, status=status)

    return await _changed(call, work)


@family.delete(
    ONE,
    "Delete a user that was created in error; its extensions stay",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    errors=(404, 409, 412),
)
async def delete(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: users.delete(change, _user(call, change.database), call.if_match),
    )
    return Answer(status=204)


@family.put(
    f"{ONE}/links",
    "Set the extensions that a user answers",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=LinksBody,
    answer=PersonView,
    errors=(404, 409, 412),
)
async def link(call: Call) -> Answer:
    body: LinksBody = call.body
    wanted = [WantedLink(each.extension, each.role) for each in body.links]
    return await _changed(
        call,
        lambda change: users.save_links(
            change, _user(call, change.database), call.if_match, wanted
        ),
    )


@family.patch(
    f"{ONE}/security",
    "Save a user's security: address, one-time code, authenticator",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=SecurityBody,
    answer=PersonView,
    errors=(404, 409, 412),
)
async def secure(call: Call) -> Answer:
    return await _changed(
        call,
        lambda change: user_security.save(
            change, _user(call, change.database), call.if_match, wanted_security(call.body)
        ),
    )


@family.post(
    f"{ONE}/invitation",
    "Send a user's invitation again",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    status=204,
    errors=(404, 409),
)
async def invite(call: Call) -> Answer:
    await call.control.change(
        call.caller, lambda change: user_security.invite(change, _user(call, change.database))
    )
    return Answer(status=204)


@family.post(
    f"{ONE}/reset-link",
    "Mail a user a link to set another password",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    status=204,
    errors=(404, 409),
)
async def send_reset_link(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: user_security.send_reset_link(change, _user(call, change.database)),
    )
    return Answer(status=204)


@family.post(
    f"{ONE}/temporary-password",
    "Set a temporary password, which the answer shows, this once",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    answer=TemporaryPasswordView,
    errors=(404, 409),
)
async def set_temporary_password(call: Call) -> Answer:
    await call.control.read(lambda database: _user(call, database))
    temporary = await call.part(Passwords).temporary()
    await call.control.change(
        call.caller,
        lambda change: user_security.set_temporary_password(
            change, _user(call, change.database), temporary
        ),
    )
    return Answer(TemporaryPasswordView(temporary.password))


@family.get(
    f"{ONE}/logins",
    "Where a user is signed in",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=LoginsView,
    errors=(404,),
)
async def signed_in(call: Call) -> Answer:
    now = call.control.clock.wall()
    found = await call.control.read(
        lambda database: logins.load(database, now, _user(call, database).account.key)
    )
    return Answer(shown.shown_logins(found))


@family.delete(
    f"{ONE}/logins",
    "End all of a user's sessions",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    errors=(404,),
)
async def end_logins(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: user_security.end_logins(change, _user(call, change.database)),
    )
    return Answer(status=204)


def wanted_security(body: SecurityBody) -> SecurityEdit:
    return SecurityEdit(
        email=None if body.email is UNSET else body.email,
        require_second_factor=(
            None if body.require_second_factor is UNSET else body.require_second_factor
        ),
        clear_totp=body.clear_totp,
    )


async def prepared(call: Call, credential: Credential) -> Temporary | None:
    """A temporary password, if that is the credential wanted. Raises TooMany."""
    if credential == "invitation":
        return None
    return await call.part(Passwords).temporary()


def _user(call: Call, database: Database) -> Person:
    """Whom the path names. Raises Forbidden, NotFound."""
    return people.user(call.caller, database, call.path["slug"], call.path["username"])


async def _changed(call: Call, work: Callable[[Change], Person]) -> Answer:
    """Make the change; the answer shows the person as it is now."""
    view = await call.control.change(
        call.caller, lambda change: shown.shown_person(change.database, work(change))
    )
    return Answer(view, version=view.version)


async def _roster(call: Call) -> Answer:
    """Everybody, for an audit; that it was taken is in the log (manual § 7.2)."""

    def record(change: Change) -> Tenant:
        tenant = change.tenant(call.path["slug"])
        change.record("roster", "Exported roster", f"users of {tenant.name}", tenant=tenant)
        return tenant

    tenant = await call.control.change(call.caller, record)

    def ask(database: Database) -> list[tuple[object, ...]]:
        wanted = people.users_of(tenant)
        found = accounts.load(database, f"{wanted.where} ORDER BY lower(name), key", *wanted.values)
        lines = linked_lines(database, found)
        numbers = {key: line.number for key, line in lines.items()}
        return [_row(one, " ".join(numbers[link.extension] for link in one.links)) for one in found]

    rows = await call.control.read(ask)
    return Answer(csv_file(f"users-{tenant.slug}.csv", ROSTER, rows))


def _row(account: Account, extensions: str) -> tuple[object, ...]:
    """In the order of ROSTER."""
    seen = account.last_sign_in_at
    return (
        *(account.name, account.username, account.email, shown.ROLES[account.tier], extensions),
        *(security_of(account).value, account.status.value),
        seen.isoformat(timespec="seconds") if seen else "",
    )
