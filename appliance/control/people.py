"""People who sign in: whose account is acted upon, and what nobody may do to it (manual § 7.2,
§ 20.5.2).

    yourself        nobody shuts his own login, or takes its factors away from outside
    owner           the login that came with a tenant or reseller is touched from above only
    last            one platform operator who can sign in stays
    machine keys    touch no login that administers
"""

from dataclasses import dataclass
from typing import Final

from appliance.control import scope
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, NOT_YOURS, Changed, Conflict, Forbidden, NotFound
from appliance.model.accounts import Account, Tier
from appliance.model.resellers import Reseller
from appliance.model.tenants import Tenant
from appliance.store import accounts, rows
from appliance.store.conditions import Condition
from appliance.store.database import Database

STALE: Final = "Somebody has changed this user since. Look at it again."
NOT_THE_OWNER: Final = "Only who made this tenant or reseller may do this to its first login."


@dataclass(frozen=True, slots=True)
class Person:
    """An account with where it belongs: a tenant, a reseller, or neither for the platform's."""

    account: Account
    tenant: Tenant | None = None
    reseller: Reseller | None = None


def user(caller: Caller, database: Database, slug: str, username: str) -> Person:
    """A login of a tenant. Raises Forbidden, NotFound."""
    tenant = scope.enter_tenant(caller, database, slug)
    found = accounts.by_username(database, tenant.key, username)
    if found is None:
        raise NotFound(NOT_HERE)
    return Person(found, tenant=tenant)


def operator(caller: Caller, database: Database, username: str) -> Person:
    """An operator of the platform or of a reseller, within the caller's scope. Raises NotFound."""
    wanted = operators_in(caller) & Condition("username = ?", username.lower())
    found = accounts.load(database, wanted.where, *wanted.values)
    if not found:
        raise NotFound(NOT_HERE)
    (account,) = found
    if account.reseller is None:
        return Person(account)
    (reseller,) = rows.load_resellers(database, "WHERE key = ?", account.reseller)
    return Person(account, reseller=reseller)


def operators_in(caller: Caller) -> Condition:
    """Logins of no tenant: all for the platform, its own for a reseller. Raises Forbidden."""
    scope.require_tier(caller, Tier.PLATFORM, Tier.RESELLER)
    own = scope.own_rows(caller, "accounts.reseller_id", "accounts.tenant_id")
    return own & Condition("accounts.tenant_id IS NULL")


def users_of(tenant: Tenant) -> Condition:
    return Condition("accounts.tenant_id = ?", tenant.key)


def may_administer(change: Change, tier: Tier) -> None:
    """Logins that administer are for people to make and change: else a key would turn itself into
    a login that may more than it. Raises Forbidden."""
    if tier is not Tier.USER and change.caller.is_key:
        raise Forbidden(NOT_YOURS, "people_only")


def not_yourself(change: Change, person: Person) -> None:
    """Raises Conflict."""
    if change.caller.account == person.account.key:
        raise Conflict("Nobody does this to his own login.", "yourself")


def not_the_owner(change: Change, person: Person) -> None:
    """Raises Forbidden where an equal would take the first login's place; itself may."""
    equal = change.caller.tier is person.account.tier and change.caller.tier is not Tier.PLATFORM
    if person.account.owner and equal and change.caller.account != person.account.key:
        raise Forbidden(NOT_THE_OWNER, "owner")


def not_the_last(change: Change, person: Person) -> None:
    """Raises Conflict where no platform operator could sign in any more."""
    if person.account.tier is not Tier.PLATFORM:
        return
    others = "WHERE tier = 'platform' AND status = 'active' AND key <> ?"
    if not rows.count(change.database, "accounts", others, person.account.key):
        raise Conflict("The last operator of the platform stays.", "last_operator")


def not_stale(person: Person, seen: int | None) -> None:
    """`seen`: the version that the caller knows. Raises Changed."""
    if seen is not None and seen != person.account.version:
        raise Changed(STALE)


def free_email(change: Change, account: Account, email: str) -> None:
    """Within a tenant, a reseller or the platform an address is one person's, who may sign in by
    it. Raises Conflict."""
    if not email:
        return
    where = "WHERE lower(email) = ? AND tenant_id IS ? AND reseller_id IS ? AND key <> ?"
    values = (email.lower(), account.tenant, account.reseller, account.key)
    if rows.count(change.database, "accounts", where, *values):
        raise Conflict.of("email", "email already in use")


def record(change: Change, person: Person, action: str, target: str = "", **detail: object) -> None:
    """Into the audit log, as done to this person."""
    change.record(
        "user",
        action,
        target or f"user {person.account.name}",
        tenant=person.tenant,
        reseller=person.reseller,
        detail={"username": person.account.username, **detail},
    )


def now(change: Change, person: Person) -> Person:
    """The person as it stands within the change."""
    (account,) = accounts.load(change.database, "WHERE key = ?", person.account.key)
    return Person(account, person.tenant, person.reseller)
