"""Users: the people of a tenant, their logins and the extensions that they answer (manual ch. 7).

What is done to one login is the same for a tenant's people and for operators of the platform and
of resellers: those functions take a `Person` (`people.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from appliance.control import extensions, fields, handles, one_time_links, passwords, people
from appliance.control.changes import Change
from appliance.control.errors import Conflict, Invalid, NotFound
from appliance.control.passwords import Temporary
from appliance.control.people import Person
from appliance.model.accounts import Account, AccountKey, AccountStatus, Link, LinkRole, Tier
from appliance.model.extensions import Extension
from appliance.model.tenants import Tenant
from appliance.store import accounts, credentials, logins, rows
from appliance.store import one_time_links as stored_links
from appliance.store.rows import NewExtension

MOST_LINKS: Final = 50


@dataclass(frozen=True, slots=True)
class NewUser:
    """`tier` is USER or TENANT (a tenant admin). `extension`: one to link, which is free or shared;
    `new_extension`: one to create and link. `temporary`: a password that has to be changed at the
    first sign-in (`Passwords.temporary`); None sends an invitation."""

    username: str
    name: str
    email: str = ""
    tier: Tier = Tier.USER
    extension: str = ""
    new_extension: NewExtension | None = None
    temporary: Temporary | None = None
    require_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class WantedLink:
    """`role` None: primary where it is the first and no other one is to be."""

    extension: str
    role: LinkRole | None = None


def create(change: Change, slug: str, new: NewUser) -> Person:
    """A login, the extension that it answers if that is wanted, and the first credential, in one
    (manual § 7.6). Raises Forbidden, NotFound, Invalid, Conflict."""
    tenant = change.tenant(slug)
    if new.tier not in (Tier.USER, Tier.TENANT):
        raise Invalid.of(role="One of: user, tenant_admin.")
    people.may_administer(change, new.tier)
    username = handles.username(new.username)
    if accounts.by_username(change.database, tenant.key, username) is not None:
        raise Conflict.of("username", "username already in use")
    line = _first_line(change, tenant, new)
    account = Account(
        *(AccountKey(0), new.tier, username, new.name, new.email, AccountStatus.INVITED),
        tenant=tenant.key,
        email_otp=new.require_second_factor,
        links=(Link(line.key, LinkRole.PRIMARY),) if line else (),
    )
    return add(change, Person(account, tenant=tenant), new.temporary)


def add(change: Change, person: Person, temporary: Temporary | None) -> Person:
    """Keep a new login, whose place and name were checked, and have it invited or given its
    temporary password. Raises Invalid, Conflict."""
    account = replace(
        person.account,
        name=fields.name(person.account.name),
        email=fields.email(person.account.email) if person.account.email else "",
    )
    people.free_email(change, account, account.email)
    _reachable(account, invited=temporary is None)
    made = replace(person, account=accounts.insert(change.transaction, account))
    people.record(change, made, "Created user", role=account.tier.value)
    if temporary is None:
        one_time_links.invite(change, made.account)
    else:
        passwords.set_temporary(change, made.account, temporary)
    return people.now(change, made)


def edit(
    change: Change,
    person: Person,
    seen: int | None,
    *,
    name: str | None = None,
    status: AccountStatus | None = None,
) -> Person:
    """What is None stays. Disabling ends its logins at once and keeps everything (manual § 7.2.1).
    Raises Forbidden, Invalid, Conflict, Changed."""
    people.may_administer(change, person.account.tier)
    people.not_stale(person, seen)
    known = person.account
    now = replace(
        known,
        name=known.name if name is None else fields.name(name),
        status=_status(change, known, status),
        version=known.version + 1,
    )
    if now.status is AccountStatus.DISABLED and known.status is not AccountStatus.DISABLED:
        _shut(change, person)
    accounts.update(change.transaction, now)
    people.record(change, replace(person, account=now), _what(known, now))
    return people.now(change, person)


def delete(change: Change, person: Person, seen: int | None) -> None:
    """For accounts created in error; its extensions stay (manual § 7.2.1). Raises Forbidden,
    Conflict, Changed."""
    people.may_administer(change, person.account.tier)
    people.not_stale(person, seen)
    _shut(change, person)
    accounts.delete(change.transaction, person.account.key)
    people.record(change, person, "Deleted user")


def save_links(
    change: Change, person: Person, seen: int | None, wanted: Sequence[WantedLink]
) -> Person:
    """The extensions that the user answers from now on, in this order; one is primary. Raises
    Invalid, Conflict, Changed."""
    people.may_administer(change, person.account.tier)
    people.not_stale(person, seen)
    links = _links(change, person, wanted)
    now = replace(person.account, links=links, version=person.account.version + 1)
    accounts.update(change.transaction, now)
    _record_links(change, person, links)
    return people.now(change, person)


def _first_line(change: Change, tenant: Tenant, new: NewUser) -> Extension | None:
    """Raises Invalid, Conflict."""
    if new.new_extension is not None and new.extension:
        raise Invalid.of(extension="Link one that is there, or a new one: not both.")
    if new.new_extension is not None:
        return extensions.create(change, tenant.slug, new.new_extension)
    return _linkable(change, tenant, new.extension, None, "extension") if new.extension else None


def _linkable(
    change: Change, tenant: Tenant, number: str, account: AccountKey | None, field: str
) -> Extension:
    """An extension of the tenant that is free, shared, or linked to this account already (manual
    § 7.3.1). Raises Invalid, Conflict."""
    try:
        found = extensions.of_number(change.database, tenant, number)
    except NotFound:
        raise Invalid.of(**{field: f"There is no extension {number}."}) from None
    others = [one for one in accounts.linked_to(change.database, found.key) if one.key != account]
    if others and not found.shared:
        words = f"{number} is {others[0].name}'s own: it is neither free nor shared."
        raise Conflict.of(field, words, "not_free")
    return found


def _links(change: Change, person: Person, wanted: Sequence[WantedLink]) -> tuple[Link, ...]:
    """Raises Invalid, Conflict."""
    if person.tenant is None:
        raise Invalid.of(links="Operators answer no extensions.")
    numbers = [one.extension for one in wanted]
    if len(numbers) > MOST_LINKS or len(set(numbers)) < len(numbers):
        raise Invalid.of(links=f"Each extension once, {MOST_LINKS} at most.")
    primary = [at for at, one in enumerate(wanted) if one.role is LinkRole.PRIMARY] or [0]
    if len(primary) > 1:
        raise Invalid.of(links="One extension is the primary one.")
    key = person.account.key
    return tuple(
        Link(
            _linkable(change, person.tenant, one.extension, key, f"links[{at}].extension").key,
            LinkRole.PRIMARY if at == primary[0] else LinkRole.SECONDARY,
        )
        for at, one in enumerate(wanted)
    )


def _record_links(change: Change, person: Person, links: Sequence[Link]) -> None:
    """A row for each extension that came, went or became the primary one."""
    before = {link.extension: link.role for link in person.account.links}
    after = {link.extension: link.role for link in links}
    actions = [("Unlinked extension", each) for each in before if each not in after]
    actions += [("Linked extension", each) for each in after if each not in before]
    actions += [
        ("Made primary", each)
        for each, role in after.items()
        if role is LinkRole.PRIMARY and each in before and before[each] is not role
    ]
    for action, extension in actions:
        (line,) = rows.load_extensions(change.database, "WHERE key = ?", extension)
        people.record(change, person, action, f"extension {line.number} · {person.account.name}")
    if not actions:
        people.record(change, person, "Saved links")


def _status(change: Change, known: Account, wanted: AccountStatus | None) -> AccountStatus:
    """Enabling needs nothing else: who has a password is active, who has none is invited."""
    if wanted is None or wanted is known.status:
        return known.status
    if wanted is AccountStatus.DISABLED:
        return wanted
    if known.status is not AccountStatus.DISABLED:
        raise Invalid.of(status="It becomes active when its password is set.")
    has_password = credentials.password(change.database, known.key) is not None
    return AccountStatus.ACTIVE if has_password else AccountStatus.INVITED


def _shut(change: Change, person: Person) -> None:
    """Its logins and links are over now. Raises Forbidden, Conflict."""
    people.not_yourself(change, person)
    people.not_the_owner(change, person)
    people.not_the_last(change, person)
    logins.end_of_account(change.transaction, person.account.key)
    stored_links.drop(change.transaction, person.account.key)


def _reachable(account: Account, *, invited: bool) -> None:
    """Raises Invalid where a mail would be needed and there is no address."""
    if invited and not account.email:
        raise Invalid.of(email="An invitation needs an address.")
    if account.email_otp and not account.email:
        raise Invalid.of(email="A one-time code needs an address.")


def _what(before: Account, after: Account) -> str:
    if before.status is after.status:
        return "Changed user"
    return "Disabled user" if after.status is AccountStatus.DISABLED else "Enabled user"
