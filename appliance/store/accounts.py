"""Accounts: logins of the four tiers, with the extensions that they answer.

Whoever writes here has the news told with the same commit, so that what identity keeps in memory
follows by itself: a disabled or deleted account is out at once, whoever changed it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import apsw

from appliance.model.accounts import Account, AccountKey, AccountStatus, Link, LinkRole, Tier
from appliance.model.extensions import ExtensionKey
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey
from appliance.store import logins, one_time_links
from appliance.store.database import Database, connection
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

_WRITTEN: Final = (
    "tier, reseller_id, tenant_id, username, name, email, status, owner, force_change, email_otp,"
    " version"
)
_READ: Final = (
    f"{_WRITTEN}, totp_secret IS NOT NULL,"  # noqa: S608 - our own names
    " (SELECT count(*) FROM passkeys WHERE account_id = accounts.key), created_at, last_sign_in_at"
)


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The account is so now; it may be a new one."""

    account: Account


@dataclass(frozen=True, slots=True)
class AccountGone:
    account: AccountKey


def insert(transaction: Transaction, account: Account) -> Account:
    """Give it a key and keep it with its links; it has no password yet. Raises AlreadyTaken where
    the name is: ask `by_username` first for kinder words."""
    transaction.file.execute(
        f"INSERT INTO accounts ({_WRITTEN}, totp_step, created_at)"  # noqa: S608 - our own names
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (*_row(account), to_number(transaction.now)),
    )
    key = AccountKey(transaction.file.last_insert_rowid())
    _write_links(transaction.file, key, account.links)
    made = replace(account, key=key, created_at=transaction.now)
    transaction.tell(AccountChanged(made))
    return made


def update(transaction: Transaction, account: Account) -> None:
    """Write what may change of an account and its links: all but key, password and factors. The
    caller counts `version` up. One that is not active has no login any more, nor a link by mail."""
    columns = ", ".join(f"{column} = ?" for column in _WRITTEN.split(", "))
    transaction.file.execute(
        f"UPDATE accounts SET {columns} WHERE key = ?",  # noqa: S608
        (*_row(account), account.key),
    )
    transaction.file.execute("DELETE FROM links WHERE account_id = ?", (account.key,))
    _write_links(transaction.file, account.key, account.links)
    if account.status is not AccountStatus.ACTIVE:
        logins.end_of_account(transaction, account.key)
    if account.status is AccountStatus.DISABLED:
        one_time_links.drop(transaction, account.key)
    transaction.tell(AccountChanged(account))


def changed(transaction: Transaction, account: AccountKey) -> Account:
    """The account as it stands after a write elsewhere (a password, a factor); it is told."""
    (now,) = load(transaction.database, "WHERE key = ?", account)
    transaction.tell(AccountChanged(now))
    return now


def signed_in(transaction: Transaction, account: AccountKey) -> Account:
    """Note the moment; what it is otherwise, its version too, stays."""
    transaction.file.execute(
        "UPDATE accounts SET last_sign_in_at = ? WHERE key = ?",
        (to_number(transaction.now), account),
    )
    return changed(transaction, account)


def delete(transaction: Transaction, account: AccountKey) -> None:
    """With its links, password, factors and logins."""
    logins.end_of_account(transaction, account)
    transaction.file.execute("DELETE FROM accounts WHERE key = ?", (account,))
    transaction.tell(AccountGone(account))


def delete_of_tenant(transaction: Transaction, tenant: TenantKey) -> int:
    """Every login of a tenant; how many there were."""
    return _delete(transaction, "tenant_id", tenant)


def delete_of_reseller(transaction: Transaction, reseller: ResellerKey) -> int:
    """Every login of a reseller's own; how many there were."""
    return _delete(transaction, "reseller_id", reseller)


def load(database: Database, where: str = "", *values: object) -> list[Account]:
    """The accounts that an SQL `where` of our own (with order and limit) names."""
    file = connection(database)
    found = list(
        file.execute(
            f"SELECT key, {_READ} FROM accounts {where}",  # noqa: S608
            values,
        )
    )
    links = _links(file, [key for key, *_ in found])
    return [_account(key, links.get(key, ()), *row) for key, *row in found]


def by_key(database: Database, account: AccountKey) -> Account | None:
    return next(iter(load(database, "WHERE key = ?", account)), None)


def by_username(database: Database, tenant: TenantKey, username: str) -> Account | None:
    """A login within a tenant, the owner's too."""
    where = "WHERE tenant_id = ? AND username = ?"
    return next(iter(load(database, where, tenant, username.lower())), None)


def operator_named(database: Database, username: str) -> Account | None:
    """Whoever holds the name among platform and reseller operators and tenant owners."""
    where = "WHERE username = ? AND (tenant_id IS NULL OR owner)"
    return next(iter(load(database, where, username.lower())), None)


def owner_of(database: Database, tenant: TenantKey) -> Account | None:
    return next(iter(load(database, "WHERE tenant_id = ? AND owner", tenant)), None)


def linked_to(database: Database, extension: ExtensionKey) -> list[Account]:
    """Those who answer the extension, those whose primary it is first."""
    return load(
        database,
        "JOIN links ON links.account_id = accounts.key WHERE links.extension_id = ?"
        " ORDER BY links.role = 'primary' DESC, accounts.key",
        extension,
    )


def _delete(transaction: Transaction, column: str, owner: int) -> int:
    keys = [
        AccountKey(key)
        for (key,) in transaction.file.execute(
            f"SELECT key FROM accounts WHERE {column} = ?",  # noqa: S608
            (owner,),
        )
    ]
    for key in keys:
        delete(transaction, key)
    return len(keys)


def _row(account: Account) -> tuple[str | int | None, ...]:
    return (
        *(account.tier.value, account.reseller, account.tenant, account.username.lower()),
        *(account.name, account.email, account.status.value, account.owner),
        *(account.force_change, account.email_otp, account.version),
    )


def _write_links(file: apsw.Connection, account: int, links: Iterable[Link]) -> None:
    file.executemany(
        "INSERT INTO links (account_id, extension_id, role, position) VALUES (?, ?, ?, ?)",
        ((account, link.extension, link.role.value, at) for at, link in enumerate(links)),
    )


def _links(file: apsw.Connection, accounts: Sequence[int]) -> dict[int, tuple[Link, ...]]:
    """Of some accounts, or for many of all: one query."""
    query = "SELECT account_id, extension_id, role FROM links"
    if len(accounts) <= 500:
        query += f" WHERE account_id IN ({', '.join('?' * len(accounts))})"
    few = accounts if len(accounts) <= 500 else ()
    found: dict[int, list[Link]] = defaultdict(list)
    for account, extension, role in file.execute(f"{query} ORDER BY account_id, position", few):
        found[account].append(Link(ExtensionKey(extension), LinkRole(role)))
    return {account: tuple(links) for account, links in found.items()}


def _account(key: int, links: tuple[Link, ...], *row: Any) -> Account:
    tier, reseller, tenant, username, name, email, status, owner, force, otp, version, *more = row
    totp, passkeys, created_at, last_sign_in_at = more
    return Account(
        AccountKey(key),
        Tier(tier),
        *(username, name, email, AccountStatus(status)),
        None if reseller is None else ResellerKey(reseller),
        None if tenant is None else TenantKey(tenant),
        *(bool(owner), bool(force), bool(otp), bool(totp), passkeys),
        from_number(created_at),
        from_number(last_sign_in_at),
        links,
        version,
    )
