"""`/v1/operators`: the logins of the platform and of resellers (manual § 4.1). A reseller sees and
makes its own; machine keys may look."""

from collections.abc import Callable

import msgspec
from msgspec import UNSET

from appliance.control import operators, people, user_security, users
from appliance.control.caller import Right
from appliance.control.changes import Change
from appliance.control.operators import NewOperator
from appliance.control.passwords import Passwords
from appliance.control.people import Person
from appliance.model.accounts import AccountStatus
from appliance.store import logins, rows
from appliance.store.database import Database
from appliance.web.api import people as shown
from appliance.web.api.operation import PARTNERS, Answer, Call, Family
from appliance.web.api.people import (
    Credential,
    Email,
    LoginsView,
    MadePersonView,
    Name,
    Names,
    PeoplePage,
    PeopleQuery,
    PersonEditBody,
    PersonView,
    SecurityBody,
    TemporaryPasswordView,
    Username,
)
from appliance.web.api.users import prepared, wanted_security

family = Family("Operators")

LIST = "/v1/operators"
ONE = "/v1/operators/{username}"


class OperatorBody(msgspec.Struct, forbid_unknown_fields=True):
    """`reseller` is a code; without one the operator is of the caller's own level."""

    name: Name
    username: Username
    email: Email
    reseller: str = ""
    credential: Credential = "invitation"
    require_second_factor: bool = False


@family.get(
    LIST,
    "The operators in scope",
    tiers=PARTNERS,
    right=Right.TENANCY_READ,
    query=PeopleQuery,
    answer=PeoplePage,
)
async def listed(call: Call) -> Answer:
    def ask(database: Database) -> PeoplePage:
        codes = {one.key: one.code.lower() for one in rows.load_resellers(database)}
        whose = people.operators_in(call.caller)
        return shown.page_of_people(database, call.query, whose, Names({}, {}, codes))

    return Answer(await call.control.read(ask))


@family.post(
    LIST,
    "Create an operator of the platform or of a reseller",
    tiers=PARTNERS,
    body=OperatorBody,
    answer=MadePersonView,
    status=201,
    errors=(409,),
)
async def create(call: Call) -> Answer:
    body: OperatorBody = call.body
    temporary = await prepared(call, body.credential)
    new = NewOperator(
        *(body.username, body.name, body.email, body.reseller),
        temporary,
        body.require_second_factor,
    )
    view = await call.control.change(
        call.caller,
        lambda change: shown.shown_person(change.database, operators.create(change, new)),
    )
    password = temporary.password if temporary else None
    return Answer(shown.made(view, password), 201, view.version)


@family.get(
    ONE,
    "One operator",
    tiers=PARTNERS,
    right=Right.TENANCY_READ,
    answer=PersonView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    view = await call.control.read(
        lambda database: shown.shown_person(database, _operator(call, database))
    )
    return Answer(view, version=view.version)


@family.patch(
    ONE,
    "Change an operator's name; disable or enable the login",
    tiers=PARTNERS,
    body=PersonEditBody,
    answer=PersonView,
    errors=(404, 409, 412),
)
async def edit(call: Call) -> Answer:
    body: PersonEditBody = call.body

    def work(change: Change) -> Person:
        person = _operator(call, change.database)
        name = None if body.name is UNSET else body.name
        status = None if body.status is UNSET else AccountStatus(body.status)
        return users.edit(change, person, call.if_match, name=name, status=status)

    return await _changed(call, work)


@family.delete(
    ONE,
    "Delete an operator that was created in error",
    tiers=PARTNERS,
    errors=(404, 409, 412),
)
async def delete(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: users.delete(change, _operator(call, change.database), call.if_match),
    )
    return Answer(status=204)


@family.patch(
    f"{ONE}/security",
    "Save an operator's security: address, one-time code, authenticator",
    tiers=PARTNERS,
    body=SecurityBody,
    answer=PersonView,
    errors=(404, 409, 412),
)
async def secure(call: Call) -> Answer:
    return await _changed(
        call,
        lambda change: user_security.save(
            change, _operator(call, change.database), call.if_match, wanted_security(call.body)
        ),
    )


@family.post(
    f"{ONE}/invitation",
    "Send an operator's invitation again",
    tiers=PARTNERS,
    status=204,
    errors=(404, 409),
)
async def invite(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: user_security.invite(change, _operator(call, change.database)),
    )
    return Answer(status=204)


@family.post(
    f"{ONE}/reset-link",
    "Mail an operator a link to set another password",
    tiers=PARTNERS,
    status=204,
    errors=(404, 409),
)
async def send_reset_link(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: user_security.send_reset_link(change, _operator(call, change.database)),
    )
    return Answer(status=204)


@family.post(
    f"{ONE}/temporary-password",
    "Set a temporary password, which the answer shows, this once",
    tiers=PARTNERS,
    answer=TemporaryPasswordView,
    errors=(404, 409),
)
async def set_temporary_password(call: Call) -> Answer:
    await call.control.read(lambda database: _operator(call, database))
    temporary = await call.part(Passwords).temporary()
    await call.control.change(
        call.caller,
        lambda change: user_security.set_temporary_password(
            change, _operator(call, change.database), temporary
        ),
    )
    return Answer(TemporaryPasswordView(temporary.password))


@family.get(
    f"{ONE}/logins",
    "Where an operator is signed in",
    tiers=PARTNERS,
    right=Right.TENANCY_READ,
    answer=LoginsView,
    errors=(404,),
)
async def signed_in(call: Call) -> Answer:
    now = call.control.clock.wall()
    found = await call.control.read(
        lambda database: logins.load(database, now, _operator(call, database).account.key)
    )
    return Answer(shown.shown_logins(found))


@family.delete(
    f"{ONE}/logins",
    "End all of an operator's sessions",
    tiers=PARTNERS,
    errors=(404,),
)
async def end_logins(call: Call) -> Answer:
    await call.control.change(
        call.caller,
        lambda change: user_security.end_logins(change, _operator(call, change.database)),
    )
    return Answer(status=204)


def _operator(call: Call, database: Database) -> Person:
    """Whom the path names. Raises NotFound."""
    return people.operator(call.caller, database, call.path["username"])


async def _changed(call: Call, work: Callable[[Change], Person]) -> Answer:
    """Make the change; the answer shows the person as it is now."""
    view = await call.control.change(
        call.caller, lambda change: shown.shown_person(change.database, work(change))
    )
    return Answer(view, version=view.version)
