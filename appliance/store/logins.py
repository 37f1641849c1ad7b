"""Logins, and from where an account has signed in before.

A refresh token is `family` and `secret`, both random, of which the hashes are kept: the secret is
new each time, the family stays. So a token that was spent long ago is still known as this login's.
Beginning and ending are told with the commit: whoever holds an ended one is out at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hmac import compare_digest
from typing import Any, Final

from appliance.model.accounts import AccountKey
from appliance.model.logins import Login
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey
from appliance.store.database import Database, connection
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

IDLE: Final = timedelta(hours=12)
"""A login that is not refreshed for so long is over."""
MOST_PLACES: Final = 100

_COLUMNS: Final = "public_id, account_id, address, user_agent, created_at, used_at, expires_at"


@dataclass(frozen=True, slots=True)
class LoginBegun:
    login: Login


@dataclass(frozen=True, slots=True)
class LoginsEnded:
    """By their public ids: their tokens are good for nothing from now on."""

    logins: frozenset[str]


class Refresh(Enum):
    """What came of a refresh token. REUSED: it was spent before, so one of two holders stole it."""

    ROTATED = "rotated"
    REUSED = "reused"
    UNKNOWN = "unknown"


class Place(Enum):
    """FIRST: the account has never signed in from anywhere."""

    FIRST = "first"
    KNOWN = "known"
    NEW = "new"


def begin(transaction: Transaction, login: Login, family: bytes, secret: bytes) -> None:
    """Keep a new login under the hashes of its first refresh token."""
    transaction.file.execute(
        f"INSERT INTO logins ({_COLUMNS}, refresh_hash, family_hash)"  # noqa: S608 - our own names
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(login.public_id, login.account, login.address, login.user_agent),
            *(to_number(login.created_at), to_number(login.used_at), to_number(login.expires_at)),
            *(secret, family),
        ),
    )
    transaction.tell(LoginBegun(login))


def rotate(
    transaction: Transaction, public_id: str, family: bytes, secret: bytes, new: bytes
) -> Refresh:
    """Spend a refresh token, given by its hashes, for a new one."""
    now = to_number(transaction.now)
    found = transaction.file.execute(
        "SELECT family_hash, refresh_hash FROM logins"
        " WHERE public_id = ? AND expires_at > ? AND used_at > ?",
        (public_id, now, to_number(transaction.now - IDLE)),
    ).fetchone()
    if found is None or not compare_digest(bytes(found[0]), family):
        return Refresh.UNKNOWN
    if not compare_digest(bytes(found[1]), secret):
        return Refresh.REUSED
    transaction.file.execute(
        "UPDATE logins SET refresh_hash = ?, used_at = ? WHERE public_id = ?",
        (new, now, public_id),
    )
    return Refresh.ROTATED


def is_of_family(database: Database, public_id: str, family: bytes) -> bool:
    """Whether the login's refresh tokens, spent ones too, have the family of that hash."""
    query = "SELECT family_hash FROM logins WHERE public_id = ?"
    found = connection(database).execute(query, (public_id,)).get
    return found is not None and compare_digest(bytes(found), family)


def end(transaction: Transaction, logins: Iterable[str]) -> int:
    """End those; how many there were."""
    return _end(transaction, [(login,) for login in logins])


def end_of_account(transaction: Transaction, account: AccountKey, keep: str = "") -> int:
    """End an account's logins, but for the one to keep."""
    return _end_where(transaction, "account_id = ? AND public_id <> ?", account, keep)


def end_of_tenant(transaction: Transaction, tenant: TenantKey) -> int:
    where = "account_id IN (SELECT key FROM accounts WHERE tenant_id = ?)"
    return _end_where(transaction, where, tenant)


def end_of_reseller(transaction: Transaction, reseller: ResellerKey) -> int:
    """Of its whole tree: its own operators and everybody of its tenants."""
    where = (
        "account_id IN (SELECT key FROM accounts WHERE reseller_id = ? OR tenant_id IN"
        " (SELECT key FROM tenants WHERE reseller_id = ?))"
    )
    return _end_where(transaction, where, reseller, reseller)


def end_lapsed(transaction: Transaction) -> int:
    """Those that are over by age or by not being used."""
    now = transaction.now
    where = "expires_at <= ? OR used_at <= ?"
    return _end_where(transaction, where, to_number(now), to_number(now - IDLE))


def end_oldest(transaction: Transaction, account: AccountKey, most: int) -> int:
    """Leave an account `most` logins, those that were used last."""
    where = (
        "account_id = ? AND public_id NOT IN (SELECT public_id FROM logins WHERE account_id = ?"
        " ORDER BY used_at DESC, key DESC LIMIT ?)"
    )
    return _end_where(transaction, where, account, account, most)


def load(database: Database, now: datetime, account: AccountKey | None = None) -> list[Login]:
    """Those that are not over, the last used first; of one account or of all."""
    whose, values = ("", ()) if account is None else (" AND account_id = ?", (account,))
    rows = connection(database).execute(
        f"SELECT {_COLUMNS} FROM logins WHERE expires_at > ? AND used_at > ?{whose}"  # noqa: S608
        " ORDER BY used_at DESC, key DESC",
        (to_number(now), to_number(now - IDLE), *values),
    )
    return [_login(*row) for row in rows]


def note_place(transaction: Transaction, account: AccountKey, place: bytes) -> Place:
    """From where somebody signs in, by a hash; what was known of it before."""
    file, now = transaction.file, to_number(transaction.now)
    known = [
        bytes(row[0])
        for row in file.execute("SELECT place_hash FROM places WHERE account_id = ?", (account,))
    ]
    file.execute(
        "INSERT INTO places (account_id, place_hash, seen_at) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
        (account, place, now),
    )
    file.execute(
        "DELETE FROM places WHERE account_id = ? AND place_hash NOT IN (SELECT place_hash"
        " FROM places WHERE account_id = ? ORDER BY seen_at DESC LIMIT ?)",
        (account, account, MOST_PLACES),
    )
    if not known:
        return Place.FIRST
    return Place.KNOWN if place in known else Place.NEW


def _end_where(transaction: Transaction, where: str, *values: object) -> int:
    query = f"SELECT public_id FROM logins WHERE {where}"  # noqa: S608
    return _end(transaction, list(transaction.file.execute(query, values)))


def _end(transaction: Transaction, logins: list[tuple[Any, ...]]) -> int:
    if logins:
        transaction.file.executemany("DELETE FROM logins WHERE public_id = ?", logins)
        transaction.tell(LoginsEnded(frozenset(login for (login,) in logins)))
    return len(logins)


def _login(public_id: str, account: int, address: str, user_agent: str, *moments: int) -> Login:
    created_at, used_at, expires_at = map(from_number, moments)
    return Login(
        public_id, AccountKey(account), address, user_agent, created_at, used_at, expires_at
    )
