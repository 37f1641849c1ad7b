"""Security policies: the platform's floor and what tenants add to it. A change is told with it."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any, Final

from appliance.model.policy import Policy
from appliance.model.tenants import TenantKey
from appliance.store.database import Database, connection
from appliance.store.transactions import Transaction

FLOOR: Final = TenantKey(0)
"""Stands for the platform in place of a tenant."""

_COLUMNS: Final = (
    "tenant, min_length, block_common, no_reuse, admin_second_factor, lockout_fails,"
    " lockout_minutes, version"
)


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """None: the tenant has no policy of its own any more."""

    tenant: TenantKey
    policy: Policy | None


def load(database: Database, tenant: TenantKey = FLOOR) -> Policy | None:
    """What is written for the tenant itself; None where nothing is."""
    query = f"SELECT {_COLUMNS} FROM policies WHERE tenant = ?"  # noqa: S608 - our own names
    rows = connection(database).execute(query, (tenant,))
    return next((_policy(*row) for row in rows), None)


def load_all(database: Database) -> Mapping[TenantKey, Policy]:
    rows = connection(database).execute(f"SELECT {_COLUMNS} FROM policies")  # noqa: S608
    return {TenantKey(row[0]): _policy(*row) for row in rows}


def put(transaction: Transaction, tenant: TenantKey, policy: Policy) -> None:
    transaction.file.execute(
        f"INSERT OR REPLACE INTO policies ({_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (tenant, *astuple(policy)),
    )
    transaction.tell(PolicyChanged(tenant, policy))


def delete(transaction: Transaction, tenant: TenantKey) -> None:
    """For a tenant that goes."""
    transaction.file.execute("DELETE FROM policies WHERE tenant = ?", (tenant,))
    transaction.tell(PolicyChanged(tenant, None))


def _policy(_tenant: int, *row: Any) -> Policy:
    length, common, reuse, second_factor, fails, minutes, version = row
    return Policy(length, bool(common), reuse, bool(second_factor), fails, minutes, version)
