"""API keys at rest: of the secret only the hash. Whoever writes here has the news told with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from appliance.model.accounts import Tier
from appliance.model.api_keys import ApiKey, ApiKeyKey
from appliance.model.resellers import ResellerKey
from appliance.model.tenants import TenantKey
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.moments import from_number, to_number
from appliance.store.transactions import Transaction

_COLUMNS: Final = (
    "public_id, label, tier, reseller_id, tenant_id, scopes, secret_hash, made_by, created_at,"
    " expires_at, last_used_at, revoked_at"
)


@dataclass(frozen=True, slots=True)
class ApiKeyChanged:
    """The key is so now; it may be a new one. `before` is the hash that opened it until now."""

    key: ApiKey
    before: bytes


def insert(transaction: Transaction, new: ApiKey) -> ApiKey:
    """Give it a key and keep it; whatever key it has is ignored."""
    transaction.file.execute(
        f"INSERT INTO api_keys ({_COLUMNS})"  # noqa: S608 - our own names
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        _row(new),
    )
    made = replace(new, key=ApiKeyKey(transaction.file.last_insert_rowid()))
    transaction.tell(ApiKeyChanged(made, made.secret_hash))
    return made


def update(transaction: Transaction, key: ApiKey) -> None:
    """Write all that may change of a key: its label, hash, and when it ends."""
    before = bytes(
        transaction.file.execute("SELECT secret_hash FROM api_keys WHERE key = ?", (key.key,)).get
    )
    transaction.file.execute(
        "UPDATE api_keys SET label = ?, secret_hash = ?, expires_at = ?, revoked_at = ?"
        " WHERE key = ?",
        (
            *(key.label, key.secret_hash, to_number(key.expires_at), to_number(key.revoked_at)),
            key.key,
        ),
    )
    transaction.tell(ApiKeyChanged(key, before))


def note_use(transaction: Transaction, used: Mapping[ApiKeyKey, datetime]) -> None:
    transaction.file.executemany(
        "UPDATE api_keys SET last_used_at = ? WHERE key = ?",
        [(to_number(at), key) for key, at in used.items()],
    )


def load(database: Database, wanted: Condition, more: str = "", *values: object) -> list[ApiKey]:
    """Those of the condition, in the order of `more`, our own SQL."""
    rows = connection(database).execute(
        f"SELECT key, {_COLUMNS} FROM api_keys {wanted.where} {more}",  # noqa: S608
        (*wanted.values, *values),
    )
    return [_key(*row) for row in rows]


def count(database: Database, wanted: Condition) -> int:
    query = f"SELECT count(*) FROM api_keys {wanted.where}"  # noqa: S608
    return int(connection(database).execute(query, wanted.values).get)


def _row(key: ApiKey) -> tuple[object, ...]:
    return (
        *(key.public_id, key.label, key.tier.value, key.reseller, key.tenant),
        *(",".join(sorted(key.rights)), key.secret_hash, key.made_by),
        *(to_number(key.created_at), to_number(key.expires_at)),
        *(to_number(key.last_used_at), to_number(key.revoked_at)),
    )


def _key(key: int, *row: Any) -> ApiKey:
    public_id, label, tier, reseller, tenant, scopes, secret_hash, made_by, *moments = row
    created_at, expires_at, last_used_at, revoked_at = moments
    return ApiKey(
        ApiKeyKey(key),
        *(public_id, label, Tier(tier)),
        None if reseller is None else ResellerKey(reseller),
        None if tenant is None else TenantKey(tenant),
        frozenset(filter(None, scopes.split(","))),
        *(bytes(secret_hash), made_by, from_number(created_at)),
        *(from_number(expires_at), from_number(last_used_at), from_number(revoked_at)),
    )
