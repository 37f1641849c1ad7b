"""What a tenant owns, noun by noun: what is counted before it is deleted, and goes with it (manual
§ 6.6.2). A later noun joins `CONTENTS`, and is counted and deleted from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from appliance.model.tenants import TenantKey
from appliance.store.calls import count_calls
from appliance.store.database import Database, connection


@dataclass(frozen=True, slots=True)
class Noun:
    """`name` is the API's; `one` and `many` are how a person counts it. `table` is in box.db, with
    the tenant's key in `column`; "" for what is kept elsewhere."""

    name: str
    one: str
    many: str
    table: str
    column: str = "tenant_id"


CONTENTS: Final = (
    Noun("extensions", "extension", "extensions", "extensions"),
    Noun("devices", "SIP device", "SIP devices", "devices"),
    Noun("mailboxes", "voicemail box", "voicemail boxes", "mailboxes"),
    Noun("users", "user", "users", "accounts"),
    Noun("api_keys", "API key", "API keys", "api_keys"),
    Noun("webhooks", "webhook", "webhooks", "webhooks"),
)
"""In the order in which the dialog names them. What hangs on these (links, logins, passkeys,
deliveries) goes with them by the tables' own references."""

CALLS: Final = Noun("calls", "call record", "call records", "")
"""In records.db, which shares no transaction with the rest."""

DELETED_FIRST: Final = ("devices", "mailboxes")
"""They refer to others of the list."""


@dataclass(frozen=True, slots=True)
class Count:
    noun: Noun
    count: int

    @property
    def words(self) -> str:
        return f"{self.count:,} {self.noun.one if self.count == 1 else self.noun.many}"


def count(database: Database, tenant: TenantKey) -> list[Count]:
    """Everything of box.db that the tenant owns."""
    file = connection(database)
    return [Count(noun, file.execute(_select(noun), (tenant,)).get) for noun in CONTENTS]


def count_records(records: Database, tenant: TenantKey) -> Count:
    """What records.db has of it."""
    return Count(CALLS, count_calls(records, tenant))


def sentence(counts: Sequence[Count]) -> str:
    """`2 extensions, 2 voicemail boxes and 3 users will be destroyed. This cannot be undone.`"""
    words = [each.words for each in counts if each.count]
    if not words:
        return "It owns nothing yet. This cannot be undone."
    *before, last = words
    listed = f"{', '.join(before)} and {last}" if before else last
    return f"{listed} will be destroyed. This cannot be undone."


def delete(database: Database, tenant: TenantKey) -> None:
    """Everything of box.db that the tenant owns, but for its accounts (`store/accounts.py` deletes
    them, and has it told) and for the audit log, which keeps what was done."""
    file = connection(database)
    own = [noun for noun in CONTENTS if noun.table != "accounts"]
    for noun in sorted(own, key=lambda one: one.name not in DELETED_FIRST):
        file.execute(f"DELETE FROM {noun.table} WHERE {noun.column} = ?", (tenant,))  # noqa: S608


def _select(noun: Noun) -> str:
    return f"SELECT count(*) FROM {noun.table} WHERE {noun.column} = ?"  # noqa: S608
