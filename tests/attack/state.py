"""What stands in box.db, by whose it is: to see that a request changed nothing, or nothing of
others."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from appliance.store import Store
from appliance.store.database import Database, connection

OWNED: Final[Mapping[str, str]] = {
    "tenants": "SELECT 'tenant:' || key, t.* FROM tenants t",
    "resellers": "SELECT 'reseller:' || key, r.* FROM resellers r",
    "extensions": "SELECT 'tenant:' || tenant_id, t.* FROM extensions t",
    "devices": "SELECT 'tenant:' || tenant_id, t.* FROM devices t",
    "mailboxes": "SELECT 'tenant:' || tenant_id, t.* FROM mailboxes t",
    "accounts": "SELECT {owner}, a.* FROM accounts a",
    "api_keys": "SELECT {owner}, a.* FROM api_keys a",
    "webhooks": "SELECT {owner}, a.* FROM webhooks a",
    "links": "SELECT {owner}, x.* FROM links x JOIN accounts a ON a.key = x.account_id",
    "logins": "SELECT {owner}, x.* FROM logins x JOIN accounts a ON a.key = x.account_id",
    "passkeys": "SELECT {owner}, x.* FROM passkeys x JOIN accounts a ON a.key = x.account_id",
    "one_time_links": "SELECT {owner}, x.* FROM one_time_links x"
    " JOIN accounts a ON a.key = x.account_id",
    "old_passwords": "SELECT {owner}, x.* FROM old_passwords x"
    " JOIN accounts a ON a.key = x.account_id",
    "recovery_codes": "SELECT {owner}, x.* FROM recovery_codes x"
    " JOIN accounts a ON a.key = x.account_id",
    "audit": "SELECT {owner}, a.* FROM audit a",
}
_BY_KEYS: Final = (
    "CASE WHEN a.tenant_id IS NOT NULL THEN 'tenant:' || a.tenant_id"
    " WHEN a.reseller_id IS NOT NULL THEN 'reseller:' || a.reseller_id ELSE 'platform' END"
)
_OF_AUDIT: Final = (
    "CASE WHEN a.tenant IS NOT NULL THEN 'tenant:' || a.tenant"
    " WHEN a.reseller IS NOT NULL THEN 'reseller:' || a.reseller ELSE 'platform' END"
)


async def by_owner(store: Store) -> dict[str, str]:
    """By `tenant:<key>`, `reseller:<key>` and `platform` a digest of everything that is theirs."""
    return await store.readers.run(_by_owner)


async def everything(store: Store) -> str:
    """A digest of every row of every table."""

    def ask(database: Database) -> str:
        file, digest = connection(database), hashlib.sha256()
        names = [
            name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        for name in sorted(names):
            for row in file.execute(f'SELECT * FROM "{name}"'):
                digest.update(repr((name, row)).encode())
        return digest.hexdigest()

    return await store.readers.run(ask)


def _by_owner(database: Database) -> dict[str, str]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, query in OWNED.items():
        owner = _OF_AUDIT if name == "audit" else _BY_KEYS
        for whose, *row in connection(database).execute(query.format(owner=owner)):
            found[whose].append(repr((name, row)))
    return {
        whose: hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
        for whose, rows in found.items()
    }
