"""The audit log: who did what to which object, in a chain of hashes (manual § 20.8.1).

Each row's hash covers the row and the hash before it, so that a row cannot be changed, taken out
or put in between without every later hash being wrong. It shows actions, never secrets.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from appliance.control.caller import Caller
from appliance.control.scope import own_rows
from appliance.store.conditions import Condition, like
from appliance.store.database import Database, connection
from appliance.store.moments import from_number, to_number

FIRST_HASH: Final = bytes(32)
COLUMNS: Final = "number, at, actor, action, target, scope, reseller, tenant, address, detail"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`scope` is the manual's last column (`platform`, `tenant Acme Corp`); `reseller` and `tenant`
    are the keys by which it is found; `detail` are facts without secrets."""

    at: datetime
    actor: str
    action: str
    target: str
    scope: str
    reseller: int | None = None
    tenant: int | None = None
    address: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    number: int = 0


def append(database: Database, entry: AuditEntry) -> int:
    """Add the entry to the chain, within the caller's transaction; its number."""
    file = connection(database)
    last, previous = head(database)
    number = last + 1
    detail = msgspec.json.encode(entry.detail, order="sorted").decode()
    row = (
        *(number, to_number(entry.at), entry.actor, entry.action, entry.target, entry.scope),
        *(entry.reseller, entry.tenant, entry.address, detail),
    )
    file.execute(
        f"INSERT INTO audit ({COLUMNS}, previous_hash, hash)"  # noqa: S608 - our own names
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, previous, row_hash(previous, row)),
    )
    return number


def head(database: Database) -> tuple[int, bytes]:
    """The last row's number and hash; 0 for an empty log."""
    last = (
        connection(database)
        .execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
        .fetchone()
    )
    return (int(last[0]), bytes(last[1])) if last else (0, FIRST_HASH)


def row_hash(previous: bytes, row: tuple[object, ...]) -> bytes:
    """SHA-256 of the hash before and the row's columns as JSON."""
    return hashlib.sha256(previous + msgspec.json.encode(row)).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` is the number of the first row that does not fit; None where all do. `head` is the
    last hash: kept elsewhere, it shows later whether rows were cut off at the end."""

    rows: int
    broken: int | None
    head: bytes = FIRST_HASH


def verify(database: Database) -> Verdict:
    """Walk the whole chain."""
    previous, count = FIRST_HASH, 0
    query = f"SELECT {COLUMNS}, previous_hash, hash FROM audit ORDER BY number"  # noqa: S608
    for *row, before, own in connection(database).execute(query):
        count += 1
        fits = row[0] == count and before == previous and own == row_hash(previous, tuple(row))
        if not fits:
            return Verdict(count, int(row[0]), previous)
        previous = own
    return Verdict(count, None, previous)


class AuditClass(StrEnum):
    """What an entry is about."""

    SIGN_IN = "sign_in"
    SECRETS = "secrets"
    EXPORTS = "exports"
    CONFIGURATION = "configuration"


_WORDS: Final[Mapping[AuditClass, tuple[str, ...]]] = {
    AuditClass.SIGN_IN: (
        *("Signed in", "Signed out", "Sign-in %", "Locked out", "Ended session%"),
        *("Refused refresh%", "Sent sign-in code"),
    ),
    AuditClass.SECRETS: (
        *("%password%", "%secret%", "%PIN%", "%OTP%", "%TOTP%", "%authenticator%", "%passkey%"),
        *("%recovery code%", "%API key%", "%reset link%", "%invitation%", "Read mail"),
    ),
    AuditClass.EXPORTS: ("Exported %",),
}
"""The actions of each class, as patterns; what is in none is configuration."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """`since` is included, `until` is not; `text` is looked for in action and target."""

    since: datetime | None = None
    until: datetime | None = None
    kind: AuditClass | None = None
    actor: str = ""
    text: str = ""
    tenant: int | None = None
    reseller: int | None = None


def wanted(caller: Caller, filter_: AuditFilter) -> Condition:
    """The entries that the caller may see and asks for."""
    found = own_rows(caller, "reseller", "tenant")
    if filter_.since is not None:
        found &= Condition("at >= ?", to_number(filter_.since))
    if filter_.until is not None:
        found &= Condition("at < ?", to_number(filter_.until))
    if filter_.kind is not None:
        found &= _of_class(filter_.kind)
    if filter_.actor:
        found &= Condition("actor LIKE ? ESCAPE '\\'", f"%{like(filter_.actor)}%")
    if filter_.text:
        text = f"%{like(filter_.text)}%"
        found &= Condition("action LIKE ? ESCAPE '\\' OR target LIKE ? ESCAPE '\\'", text, text)
    if filter_.tenant is not None:
        found &= Condition("tenant = ?", filter_.tenant)
    if filter_.reseller is not None:
        found &= Condition("reseller = ?", filter_.reseller)
    return found


def count(database: Database, condition: Condition) -> int:
    query = f"SELECT count(*) FROM audit {condition.where}"  # noqa: S608
    return int(connection(database).execute(query, condition.values).get)


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry with the hash before it and its own."""

    entry: AuditEntry
    previous_hash: bytes
    hash: bytes


def newest(database: Database, condition: Condition, limit: int) -> list[ChainedEntry]:
    return _chained(database, condition, "ORDER BY number DESC LIMIT ?", limit)


def oldest(database: Database, condition: Condition, limit: int) -> list[ChainedEntry]:
    """For exports: in the order of the chain."""
    return _chained(database, condition, "ORDER BY number LIMIT ?", limit)


def _chained(database: Database, condition: Condition, more: str, limit: int) -> list[ChainedEntry]:
    rows = connection(database).execute(
        f"SELECT {COLUMNS}, previous_hash, hash FROM audit {condition.where} {more}",  # noqa: S608
        (*condition.values, limit),
    )
    return [
        ChainedEntry(next(entries(iter([tuple(row)]))), bytes(before), bytes(own))
        for *row, before, own in rows
    ]


def _of_class(kind: AuditClass) -> Condition:
    if kind is not AuditClass.CONFIGURATION:
        return _matches(_WORDS[kind])
    every = _matches([pattern for patterns in _WORDS.values() for pattern in patterns])
    return Condition(f"NOT ({every.sql})", *every.values)


def _matches(patterns: Sequence[str]) -> Condition:
    return Condition(" OR ".join(["action LIKE ?"] * len(patterns)), *patterns)


def entries(rows: Iterator[tuple[object, ...]]) -> Iterator[AuditEntry]:
    """What a query of COLUMNS found."""
    for number, at, actor, action, target, scope, reseller, tenant, address, detail in rows:
        yield AuditEntry(
            from_number(int(str(at))),
            str(actor),
            str(action),
            str(target),
            str(scope),
            None if reseller is None else int(str(reseller)),
            None if tenant is None else int(str(tenant)),
            str(address),
            msgspec.json.decode(str(detail)),
            int(str(number)),
        )
