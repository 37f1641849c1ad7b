"""Mails at rest. The facts that one is written from are sealed: links and codes are among them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from appliance.model.mails import (
    Mail,
    MailKey,
    MailKind,
    MailQueued,
    MailState,
    Relay,
)
from appliance.store.box_settings import (
    put_secret_setting,
    put_setting,
    secret_setting,
    setting,
)
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.keys import KeyRing, place
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

RELAY: Final = "mail_relay"
RELAY_PASSWORD: Final = "mail_relay_password"  # noqa: S105 - the name of a setting
KEPT_FOR: Final = timedelta(days=90)
SECRET_FACTS: Final = ("link", "token", "code", "url", "password")
"""What is wiped once the mail has gone out."""

_COLUMNS: Final = "key, kind, recipient, status, tries, error, created_at, next_at, sent_at"


def relay(database: Database) -> Relay | None:
    """None: no relay is set."""
    found: Relay | None = setting(database, RELAY, Relay | None)
    return found


def relay_password(database: Database, keys: KeyRing) -> str:
    return secret_setting(database, RELAY_PASSWORD, keys)


def put_relay(transaction: Transaction, to_be: Relay | None, password: str | None) -> None:
    """`password` None leaves it as it is."""
    put_setting(transaction, RELAY, to_be)
    if password is not None:
        put_secret_setting(transaction, RELAY_PASSWORD, password)


def insert(
    transaction: Transaction, kind: MailKind, recipient: str, facts: Mapping[str, object]
) -> Mail:
    """Queue a mail; without a relay it is kept. `facts` are JSON values."""
    state = MailState.QUEUED if relay(transaction.database) else MailState.KEPT
    due = transaction.now if state is MailState.QUEUED else None
    file = transaction.file
    file.execute(
        "INSERT INTO mails (kind, recipient, facts, status, tries, error, created_at, next_at)"
        " VALUES (?, ?, x'', ?, 0, '', ?, ?)",
        (kind.value, recipient, state.value, to_number(transaction.now), to_number(due)),
    )
    key = MailKey(file.last_insert_rowid())
    _write_facts(transaction, key, facts)
    if due:
        transaction.tell(MailQueued())
    return Mail(key, kind, recipient, state, 0, "", transaction.now, due)


def load(database: Database, wanted: Condition, more: str = "") -> list[Mail]:
    """Those of the condition, in the order of `more`, our own SQL."""
    rows = connection(database).execute(
        f"SELECT {_COLUMNS} FROM mails {wanted.where} {more}",  # noqa: S608 - our own names
        wanted.values,
    )
    return [_mail(*row) for row in rows]


def count(database: Database, wanted: Condition) -> int:
    query = f"SELECT count(*) FROM mails {wanted.where}"  # noqa: S608
    return int(connection(database).execute(query, wanted.values).get)


def find(database: Database, key: int) -> Mail | None:
    return next(iter(load(database, Condition("key = ?", key))), None)


def facts(database: Database, keys: KeyRing, key: MailKey) -> Mapping[str, Any]:
    """What the mail is written from."""
    sealed = connection(database).execute("SELECT facts FROM mails WHERE key = ?", (key,)).get
    opened: dict[str, Any] = msgspec.json.decode(keys.open(sealed, _facts_place(key)))
    return opened


def due(database: Database, now: datetime, limit: int) -> list[Mail]:
    """Codes first: somebody waits for them."""
    wanted = Condition("next_at <= ?", to_number(now))
    codes = f"kind = '{MailKind.CODE.value}'"
    return load(database, wanted, f"ORDER BY {codes} DESC, next_at LIMIT {limit:d}")


def next_due(database: Database) -> datetime | None:
    """When the next mail wants to go."""
    query = "SELECT min(next_at) FROM mails WHERE next_at NOT NULL"
    found: int | None = connection(database).execute(query).get
    return from_number(found)


def update(transaction: Transaction, mail: Mail) -> None:
    """Write how the mail stands; one that was sent loses its links and codes."""
    transaction.file.execute(
        "UPDATE mails SET status = ?, tries = ?, error = ?, next_at = ?, sent_at = ? WHERE key = ?",
        (
            *(mail.state.value, mail.tries, mail.error),
            *(to_number(mail.next_at), to_number(mail.sent_at), mail.key),
        ),
    )
    if mail.state is MailState.SENT and transaction.file.changes():
        known = facts(transaction.database, transaction.keys, mail.key)
        wiped = {name: "" for name in SECRET_FACTS if known.get(name)}
        _write_facts(transaction, mail.key, {**known, **wiped})


def send_again(transaction: Transaction, mail: Mail) -> Mail:
    """Queue it anew, or keep it where there is no relay."""
    there = relay(transaction.database) is not None
    state = MailState.QUEUED if there else MailState.KEPT
    again = replace(
        mail, state=state, tries=0, error="", next_at=transaction.now if there else None
    )
    update(transaction, again)
    if there:
        transaction.tell(MailQueued())
    return again


def delete(transaction: Transaction, key: MailKey) -> None:
    transaction.file.execute("DELETE FROM mails WHERE key = ?", (key,))


def delete_old(transaction: Transaction) -> None:
    """Let go of what is older than 90 days."""
    transaction.file.execute(
        "DELETE FROM mails WHERE created_at < ?", (to_number(transaction.now - KEPT_FOR),)
    )


def _write_facts(transaction: Transaction, key: MailKey, them: Mapping[str, object]) -> None:
    sealed = transaction.keys.seal(msgspec.json.encode(them).decode(), _facts_place(key))
    transaction.file.execute("UPDATE mails SET facts = ? WHERE key = ?", (sealed, key))


def _facts_place(key: MailKey) -> bytes:
    return place("mails", "facts", key)


def _mail(key: int, *row: Any) -> Mail:
    kind, recipient, status, tries, error, created_at, next_at, sent_at = row
    return Mail(
        MailKey(key),
        *(MailKind(kind), recipient, MailState(status), tries, error),
        *(from_number(created_at), from_number(next_at), from_number(sent_at)),
    )
