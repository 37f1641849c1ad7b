"""Numbers that people dial: one space per tenant; who owns one, and which is free (decisions:
Telephony; manual § 26.3.1).

Every noun that has a number asks `require_free`, and joins `_owner`, so that none is given twice.
"""

import re
from dataclasses import dataclass
from typing import Final

from appliance.control.errors import Conflict, Invalid
from appliance.model.numbering import reserved_for
from appliance.model.tenants import Tenant
from appliance.store.database import Database, connection

NUMBER: Final = re.compile(r"[0-9]{3,5}")
FIRST: Final = 1001
"""Where people's numbers begin if a tenant has none yet."""
TAKEN: Final = "extension number already in use."

BANDS: Final = (
    (range(1000, 1900), "People"),
    (range(1900, 2000), "Lab"),
    (range(6000, 6500), "Ring groups"),
    (range(7000, 7500), "Auto-attendants"),
    (range(3000, 3500), "Conference rooms"),
)
"""Advice, which nothing enforces (manual § 26.3.1)."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the line under a number field says. `owner` in words, "" where the number is free;
    `next` the next free one, "" where there is none."""

    number: str
    free: bool
    owner: str
    band: str
    next: str
    words: str


def require_free(database: Database, tenant: Tenant, number: str, field: str = "extension") -> None:
    """Raises Invalid for what is no number, Conflict naming who has it."""
    if not NUMBER.fullmatch(number):
        raise Invalid.of(**{field: "3–5 digits, unique in this tenant."})
    owner = reserved_for(number, tenant.country)
    if owner:
        raise Conflict.of(field, f"{number} is {owner}.")
    kind = _kind(database, tenant, number)
    if kind == "extension":
        raise Conflict.of(field, TAKEN)
    if kind:
        raise Conflict.of(field, f"{number} is a {kind}.")


def hint(database: Database, tenant: Tenant, number: str) -> Hint:
    """About a number that somebody types; "" for the next free one after the tenant's last."""
    if not number:
        number = str(_last(database, tenant) + 1)
        number = _next_free(database, tenant, number) or str(FIRST)
    if not NUMBER.fullmatch(number):
        return Hint(number, False, "", "", "", "3–5 digits, unique in this tenant.")
    owner = _owner(database, tenant, number)
    following = _next_free(database, tenant, number if owner else str(int(number) + 1))
    band = next((name for numbers, name in BANDS if int(number) in numbers), "")
    return Hint(number, not owner, owner, band, following, _words(number, owner, band, following))


def _words(number: str, owner: str, band: str, following: str) -> str:
    then = f"next free is {following}" if following else "no number above it is free"
    if owner:
        return f"{number} is {owner} · {then}"
    where = f"in the {band} band" if band else "outside the usual bands"
    return f"{number} is free · {where} · no service-code clash"


def _owner(database: Database, tenant: Tenant, number: str) -> str:
    """Who has the number, in words; "" where nobody has."""
    reserved = reserved_for(number, tenant.country)
    if reserved:
        return reserved
    kind = _kind(database, tenant, number)
    return "already in use" if kind == "extension" else f"a {kind}" if kind else ""


def _kind(database: Database, tenant: Tenant, number: str) -> str:
    """The noun that has the number. An extension's own mailbox is part of it."""
    query = (
        "SELECT 'extension' FROM extensions WHERE tenant_id = ?1 AND number = ?2"
        " UNION ALL SELECT 'voicemail box' FROM mailboxes"
        " WHERE tenant_id = ?1 AND number = ?2 AND extension_id IS NULL"
    )
    return str(connection(database).execute(query, (tenant.key, number)).get or "")


def _last(database: Database, tenant: Tenant) -> int:
    """The highest number in the People band, else the one before the first."""
    people = BANDS[0][0]
    last = connection(database).execute(
        "SELECT max(CAST(number AS INTEGER)) FROM extensions"
        " WHERE tenant_id = ? AND length(number) = 4 AND number >= ? AND number <= ?",
        (tenant.key, str(FIRST), str(people[-1])),
    )
    return int(last.get or FIRST - 1)


def _next_free(database: Database, tenant: Tenant, number: str) -> str:
    """The first free number from this one on, of as many digits; "" where there is none."""
    rows = connection(database).execute(
        "SELECT number FROM extensions"
        " WHERE tenant_id = ? AND number >= ? AND length(number) = ? ORDER BY number",
        (tenant.key, number, len(number)),
    )
    taken = next(rows, None)
    for each in range(int(number), 10 ** len(number)):
        candidate = f"{each:0{len(number)}}"
        if taken is not None and taken[0] == candidate:
            taken = next(rows, None)
        elif not _owner(database, tenant, candidate):
            return candidate
    return ""
