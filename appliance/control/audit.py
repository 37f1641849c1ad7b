"""The audit log: who did what to which object, in a chain of hashes (manual § 20.8.1).

Each row's hash covers the row and the hash before it, so that a row cannot be changed, taken out
or put in between without every later hash being wrong. It shows actions, never secrets.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

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
    last = file.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").get
    number, previous = (last[0] + 1, last[1]) if last else (1, FIRST_HASH)
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


def row_hash(previous: bytes, row: tuple[object, ...]) -> bytes:
    """SHA-256 of the hash before and the row's columns as JSON."""
    return hashlib.sha256(previous + msgspec.json.encode(row)).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` is the number of the first row that does not fit; None where all do."""

    rows: int
    broken: int | None


def verify(database: Database) -> Verdict:
    """Walk the whole chain."""
    previous, count = FIRST_HASH, 0
    query = f"SELECT {COLUMNS}, previous_hash, hash FROM audit ORDER BY number"  # noqa: S608
    for *row, before, own in connection(database).execute(query):
        count += 1
        fits = row[0] == count and before == previous and own == row_hash(previous, tuple(row))
        if not fits:
            return Verdict(count, int(row[0]))
        previous = own
    return Verdict(count, None)


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
