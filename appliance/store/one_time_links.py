"""Invitations and resets: an account, a kind, and the hash of a token that opens it once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from appliance.model.accounts import AccountKey
from appliance.store.database import Database, connection
from appliance.store.moments import to_number
from appliance.store.transactions import Transaction


class LinkKind(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class StoredLink:
    account: AccountKey
    kind: LinkKind


def put(
    transaction: Transaction,
    account: AccountKey,
    kind: LinkKind,
    token_hash: bytes,
    expires_at: datetime,
) -> None:
    """The account's only link from now on."""
    drop(transaction, account)
    transaction.file.execute(
        "INSERT INTO one_time_links (account_id, kind, token_hash, expires_at) VALUES (?, ?, ?, ?)",
        (account, kind.value, token_hash, to_number(expires_at)),
    )


def find(database: Database, token_hash: bytes, now: datetime) -> StoredLink | None:
    """One that is neither used nor over."""
    rows = connection(database).execute(
        "SELECT account_id, kind FROM one_time_links WHERE token_hash = ? AND expires_at > ?",
        (token_hash, to_number(now)),
    )
    return next((StoredLink(AccountKey(account), LinkKind(kind)) for account, kind in rows), None)


def drop(transaction: Transaction, account: AccountKey) -> None:
    """Whatever link the account has opens nothing any more."""
    transaction.file.execute("DELETE FROM one_time_links WHERE account_id = ?", (account,))
