"""What a tenant owns, noun by noun: what is counted before it is deleted, and goes with it (manual
§ 6.6.2). A later noun joins `CONTENTS`, and is counted and deleted from then on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.model.tenants import TenantKey
from appliance.store import accounts, webhooks
from appliance.store.calls import count_calls
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Noun:
    """`name` is the API's; `one` and `many` are how a person counts it. `table` is in box.db, with
    the tenant's key in `tenant_id`; "" for what is kept elsewhere. `delete`: where others hold it
    in memory and have to be told, else its rows are just deleted."""

    name: str
    one: str
    many: str
    table: str
    delete: Callable[[Transaction, TenantKey], object] | None = None


def delete_webhooks(transaction: Transaction, wanted: Condition) -> None:
    """Whoever tells them hears that they are gone."""
    for webhook in webhooks.load(transaction.database, wanted):
        webhooks.delete(transaction, webhook.key)


def _delete_webhooks_of(transaction: Transaction, tenant: TenantKey) -> None:
    delete_webhooks(transaction, Condition("tenant_id = ?", tenant))


CONTENTS: Final = (
    Noun("extensions", "extension", "extensions", "extensions"),
    Noun("devices", "SIP device", "SIP devices", "devices"),
    Noun("mailboxes", "voicemail box", "voicemail boxes", "mailboxes"),
    Noun("users", "user", "users", "accounts", accounts.delete_of_tenant),
    Noun("api_keys", "API key", "API keys", "api_keys"),
    Noun("webhooks", "webhook", "webhooks", "webhooks", _delete_webhooks_of),
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


def delete(transaction: Transaction, tenant: TenantKey) -> None:
    """Everything of box.db that the tenant owns. The audit log keeps what was done."""
    for noun in sorted(CONTENTS, key=lambda one: one.name not in DELETED_FIRST):
        if noun.delete is not None:
            noun.delete(transaction, tenant)
        else:
            query = f"DELETE FROM {noun.table} WHERE tenant_id = ?"  # noqa: S608 - our own names
            transaction.file.execute(query, (tenant,))


def _select(noun: Noun) -> str:
    return f"SELECT count(*) FROM {noun.table} WHERE tenant_id = ?"  # noqa: S608
