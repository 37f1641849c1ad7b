"""Accounts as lists show them: how each signs in, what it answers, and how many are how."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.model.accounts import Account, AccountKey
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.tenants import TenantKey
from appliance.store import accounts
from appliance.store.conditions import Condition, like
from appliance.store.database import Database, connection
from appliance.store.orders import among
from appliance.store.rows import load_extensions


class Security(StrEnum):
    """The strongest factor in force (manual § 7.2.1)."""

    PASSWORD_ONLY = "password_only"  # noqa: S105 - a word, not a password
    EMAIL_OTP = "email_otp"
    AUTHENTICATOR = "authenticator"
    PASSKEY = "passkey"


_STRENGTH: Final = (
    "CASE WHEN EXISTS (SELECT 1 FROM passkeys WHERE account_id = accounts.key) THEN 'passkey'"
    " WHEN totp_secret IS NOT NULL THEN 'authenticator'"
    " WHEN email_otp THEN 'email_otp' ELSE 'password_only' END"
)
_UNLINKED: Final = "NOT EXISTS (SELECT 1 FROM links WHERE account_id = accounts.key)"

SORTS: Final = {
    "name": "lower(accounts.name)",
    "username": "accounts.username",
    "status": "accounts.status",
    "security": _STRENGTH,
    "last_sign_in": "coalesce(accounts.last_sign_in_at, 0)",
}
"""By what a list may be ordered."""


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """The tiles above the list (manual § 7.2): `active` can sign in; `unlinked` have no extension;
    `disabled` cannot sign in any more."""

    users: int
    active: int
    invited: int
    disabled: int
    second_factor: int
    unlinked: int


def security_of(account: Account) -> Security:
    if account.passkeys:
        return Security.PASSKEY
    if account.totp:
        return Security.AUTHENTICATOR
    return Security.EMAIL_OTP if account.email_otp else Security.PASSWORD_ONLY


def matching(text: str) -> Condition:
    """Accounts with that in their name, username or email."""
    inside = f"%{like(text)}%"
    return Condition(
        "accounts.name LIKE ? ESCAPE '\\' OR accounts.username LIKE ? ESCAPE '\\'"
        " OR accounts.email LIKE ? ESCAPE '\\'",
        *(inside, inside, inside),
    )


def answering(text: str, tenant: TenantKey) -> Condition:
    """Accounts that answer an extension of the tenant whose number begins so."""
    return Condition(
        "accounts.key IN (SELECT account_id FROM extensions"
        " JOIN links ON extension_id = extensions.key"
        " WHERE extensions.tenant_id = ? AND number LIKE ? ESCAPE '\\')",
        *(tenant, f"{like(text)}%"),
    )


def secured_by(security: Security) -> Condition:
    return Condition(f"({_STRENGTH}) = ?", security.value)


def unlinked() -> Condition:
    return Condition(_UNLINKED)


def count_people(database: Database, wanted: Condition) -> PeopleCounts:
    query = (
        "SELECT count(*), total(status = 'active'), total(status = 'invited'),"  # noqa: S608
        f" total(status = 'disabled'), total(({_STRENGTH}) <> 'password_only'), total({_UNLINKED})"
        f" FROM accounts {wanted.where}"
    )
    (found,) = connection(database).execute(query, wanted.values)
    return PeopleCounts(*map(int, found))


def load_people(database: Database, keys: Collection[int]) -> dict[AccountKey, Account]:
    wanted = among("key", keys)
    return {one.key: one for one in accounts.load(database, wanted.where, *wanted.values)}


def linked_lines(database: Database, people: Collection[Account]) -> dict[ExtensionKey, Extension]:
    """The extensions that some accounts answer."""
    wanted = among("key", {link.extension for one in people for link in one.links})
    return {one.key: one for one in load_extensions(database, wanted.where, *wanted.values)}
