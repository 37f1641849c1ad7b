"""What an account proves itself with: its password, authenticator, recovery codes and passkeys.

Passwords are PHC strings of Argon2id, recovery codes SHA-256 of 80 random bits, the authenticator's
secret is sealed. Nothing here is ever shown. Writers tell that the account has changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from appliance.model.accounts import Account, AccountKey
from appliance.store import accounts
from appliance.store.database import Database, connection
from appliance.store.keys import place
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

LONGEST_HISTORY: Final = 24
"""As many passwords as a policy may have remembered."""


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """The account has another password: what the old one had begun is over."""

    account: AccountKey


@dataclass(frozen=True, slots=True)
class Totp:
    """`step` is the last one that was used: it and those before it are refused."""

    secret: str = field(repr=False)
    step: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential. `key` names it within the box."""

    key: int
    account: AccountKey
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    last_used_at: datetime | None = None


def password(database: Database, account: AccountKey) -> str | None:
    """The password's hash; None where there is none, or no such account."""
    query = "SELECT password FROM accounts WHERE key = ?"
    found: str | None = connection(database).execute(query, (account,)).get
    return found


def old_passwords(database: Database, account: AccountKey, last: int) -> list[str]:
    """The hashes of the last passwords, the present one first."""
    query = "SELECT password FROM old_passwords WHERE account_id = ? ORDER BY key DESC LIMIT ?"
    return [row[0] for row in connection(database).execute(query, (account, last))]


def put_password(
    transaction: Transaction, account: AccountKey, hash_: str, *, temporary: bool
) -> Account:
    """Keep a new password and remember it; who was invited is active now."""
    file = transaction.file
    file.execute(
        "UPDATE accounts SET password = ?, force_change = ?, version = version + 1,"
        " status = CASE status WHEN 'invited' THEN 'active' ELSE status END WHERE key = ?",
        (hash_, temporary, account),
    )
    file.execute(
        "INSERT INTO old_passwords (account_id, password, set_at) VALUES (?, ?, ?)",
        (account, hash_, to_number(transaction.now)),
    )
    file.execute(
        "DELETE FROM old_passwords WHERE account_id = ? AND key NOT IN (SELECT key FROM"
        " old_passwords WHERE account_id = ? ORDER BY key DESC LIMIT ?)",
        (account, account, LONGEST_HISTORY),
    )
    transaction.tell(PasswordSet(account))
    return accounts.changed(transaction, account)


def totp(transaction: Transaction, account: AccountKey) -> Totp | None:
    query = "SELECT totp_secret, totp_step FROM accounts WHERE key = ?"
    sealed, step = transaction.file.execute(query, (account,)).fetchone() or (None, 0)
    if sealed is None:
        return None
    return Totp(transaction.keys.open(bytes(sealed), _totp_place(account)), step)


def put_totp(transaction: Transaction, account: AccountKey, totp: Totp | None) -> Account:
    """Enrol an authenticator, or take it away with the recovery codes where it was the last."""
    sealed = totp and transaction.keys.seal(totp.secret, _totp_place(account))
    transaction.file.execute(
        "UPDATE accounts SET totp_secret = ?, totp_step = ?, version = version + 1 WHERE key = ?",
        (sealed, totp.step if totp else 0, account),
    )
    return accounts.changed(transaction, account)


def spend_totp_step(transaction: Transaction, account: AccountKey, step: int) -> None:
    query = "UPDATE accounts SET totp_step = ? WHERE key = ?"
    transaction.file.execute(query, (step, account))


def put_recovery_codes(
    transaction: Transaction, account: AccountKey, hashes: Iterable[bytes]
) -> None:
    """In place of those that there were."""
    transaction.file.execute("DELETE FROM recovery_codes WHERE account_id = ?", (account,))
    transaction.file.executemany(
        "INSERT INTO recovery_codes (account_id, code_hash) VALUES (?, ?)",
        ((account, hash_) for hash_ in hashes),
    )


def spend_recovery_code(transaction: Transaction, account: AccountKey, hash_: bytes) -> bool:
    """Whether there was such a code; there is not any more."""
    query = "DELETE FROM recovery_codes WHERE account_id = ? AND code_hash = ?"
    transaction.file.execute(query, (account, hash_))
    return transaction.file.changes() > 0


def recovery_codes_left(database: Database, account: AccountKey) -> int:
    query = "SELECT count(*) FROM recovery_codes WHERE account_id = ?"
    return int(connection(database).execute(query, (account,)).get)


def passkeys(database: Database, account: AccountKey) -> Sequence[Passkey]:
    return _passkeys(database, "account_id = ? ORDER BY key", account)


def passkey(database: Database, credential: bytes) -> Passkey | None:
    return next(iter(_passkeys(database, "credential = ?", credential)), None)


def add_passkey(transaction: Transaction, new: Passkey) -> Account:
    """Its key is given here. Raises AlreadyTaken for a credential that is known."""
    transaction.file.execute(
        "INSERT INTO passkeys (account_id, credential, public_key, sign_count, name, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(new.account, new.credential, new.public_key, new.sign_count, new.name),
            to_number(new.created_at),
        ),
    )
    return accounts.changed(transaction, new.account)


def use_passkey(transaction: Transaction, passkey: Passkey, sign_count: int) -> None:
    transaction.file.execute(
        "UPDATE passkeys SET sign_count = ?, last_used_at = ? WHERE key = ?",
        (sign_count, to_number(transaction.now), passkey.key),
    )


def remove_passkey(transaction: Transaction, account: AccountKey, key: int) -> bool:
    """Whether the account had it."""
    query = "DELETE FROM passkeys WHERE account_id = ? AND key = ?"
    transaction.file.execute(query, (account, key))
    gone = transaction.file.changes() > 0
    accounts.changed(transaction, account)
    return gone


def _passkeys(database: Database, where: str, *values: object) -> list[Passkey]:
    rows = connection(database).execute(
        "SELECT key, account_id, credential, public_key, sign_count, name,"  # noqa: S608
        f" created_at, last_used_at FROM passkeys WHERE {where}",
        values,
    )
    return [
        Passkey(
            *(key, AccountKey(account), bytes(credential), bytes(public_key), sign_count, name),
            from_number(created_at),
            from_number(last_used_at),
        )
        for key, account, credential, public_key, sign_count, name, created_at, last_used_at in rows
    ]


def _totp_place(account: int) -> bytes:
    return place("accounts", "totp_secret", account)
