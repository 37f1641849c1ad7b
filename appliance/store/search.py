"""Search as you type over the nouns of box.db: each word of what is typed has to be found.

Tables are read through, which for ten thousand rows takes a few milliseconds in a reader thread;
`LIKE` with a leading `%` has no use for an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from appliance.store.conditions import Condition, like
from appliance.store.database import Database, connection

SHORTEST_WORD: Final = 1
MOST_WORDS: Final = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """`kind` is the noun; `id` what a path names it by, within `tenant` (a slug) and `extension`
    where it has them; `title` and `note` are what people read."""

    kind: str
    id: str
    title: str
    note: str
    tenant: str = ""
    tenant_name: str = ""
    extension: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """`columns` are those of a Hit, in order; `sought` those that words are looked for in; the
    first of them counts most where it begins with what is typed."""

    kind: str
    columns: str
    tables: str
    sought: Sequence[str]


TENANTS: Final = Source(
    "tenant",
    "tenants.slug, tenants.name, tenants.slug, tenants.slug, tenants.name, '', tenants.status",
    "tenants",
    ("tenants.name", "tenants.slug"),
)
RESELLERS: Final = Source(
    "reseller",
    "lower(resellers.code), resellers.name, resellers.code, '', '', '', resellers.status",
    "resellers",
    ("resellers.name", "resellers.code"),
)
EXTENSIONS: Final = Source(
    "extension",
    "extensions.number, extensions.number || ' · ' || extensions.name, '', tenants.slug,"
    " tenants.name, extensions.number, iif(extensions.enabled, 'enabled', 'disabled')",
    "extensions JOIN tenants ON tenants.key = extensions.tenant_id",
    ("extensions.number", "extensions.name"),
)
DEVICES: Final = Source(
    "device",
    "devices.username, devices.username, devices.name, tenants.slug, tenants.name,"
    " extensions.number, devices.type",
    "devices JOIN tenants ON tenants.key = devices.tenant_id"
    " JOIN extensions ON extensions.key = devices.extension_id",
    ("devices.username", "devices.name"),
)
USERS: Final = Source(
    "user",
    "accounts.username, accounts.name, accounts.username, coalesce(tenants.slug, ''),"
    " coalesce(tenants.name, ''), '', accounts.status",
    "accounts LEFT JOIN tenants ON tenants.key = accounts.tenant_id",
    ("accounts.name", "accounts.username", "accounts.email"),
)


def find(database: Database, source: Source, scope: Condition, text: str, limit: int) -> list[Hit]:
    """The best `limit` hits: what is exactly so first, then what begins so, then the others."""
    words = text.split()[:MOST_WORDS]
    wanted = scope
    for word in words:
        wanted &= _has(source, word)
    rank, values = _rank(source, words)
    rows = connection(database).execute(
        f"SELECT {source.columns} FROM {source.tables} {wanted.where}"  # noqa: S608 - our own words
        f" ORDER BY {rank}, length({source.sought[0]}), {source.sought[0]} LIMIT ?",
        (*wanted.values, *values, limit),
    )
    return [Hit(source.kind, *row) for row in rows]


def _has(source: Source, word: str) -> Condition:
    """Somewhere in the row; the tenant's name counts too, so that `acme 1001` finds one."""
    columns = [*source.sought]
    if "tenants" in source.tables and source is not TENANTS:
        columns.append("tenants.name")
    pattern = f"%{like(word)}%"
    any_of = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
    return Condition(any_of, *([pattern] * len(columns)))


def _rank(source: Source, words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """0 for what is exactly a word, 1 for what begins with one."""
    exact = " OR ".join(f"{column} = ? COLLATE NOCASE" for column in source.sought)
    begins = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in source.sought)
    one = " OR ".join([exact] * len(words)), " OR ".join([begins] * len(words))
    values = [
        *(word for word in words for _ in source.sought),
        *(f"{like(word)}%" for word in words for _ in source.sought),
    ]
    return f"CASE WHEN {one[0]} THEN 0 WHEN {one[1]} THEN 1 ELSE 2 END", values
