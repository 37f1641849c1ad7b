"""Search as you type, within the caller's scope (manual § 3.5).

A later noun joins `SOURCES` with its tiers, the right that a key needs, and its scope.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.control import scope
from appliance.control.caller import Caller, Right
from appliance.model.accounts import Tier
from appliance.model.tenants import TenantKey
from appliance.store import search
from appliance.store.conditions import ALL, Condition
from appliance.store.database import Database
from appliance.store.search import Hit, Source

OPERATORS: Final = frozenset({Tier.PLATFORM, Tier.RESELLER, Tier.TENANT})


@dataclass(frozen=True, slots=True)
class Searched:
    source: Source
    tiers: frozenset[Tier]
    right: Right
    within: Callable[[Caller], Condition]


def _accounts(caller: Caller) -> Condition:
    """Operators are for those who may list them."""
    own = scope.own_rows(caller, "accounts.reseller_id", "accounts.tenant_id")
    return own if caller.may(Right.TENANCY_READ) else own & Condition("accounts.tenant_id NOT NULL")


SOURCES: Final[Sequence[Searched]] = (
    Searched(search.EXTENSIONS, OPERATORS, Right.PBX_READ, scope.tenants_in),
    Searched(search.USERS, OPERATORS, Right.PBX_READ, _accounts),
    Searched(search.TENANTS, OPERATORS, Right.TENANCY_READ, scope.tenants_in),
    Searched(search.RESELLERS, frozenset({Tier.PLATFORM}), Right.TENANCY_READ, lambda _caller: ALL),
    Searched(search.DEVICES, OPERATORS, Right.PBX_READ, scope.tenants_in),
)


def find(
    caller: Caller, database: Database, text: str, limit: int, only: TenantKey | None = None
) -> list[Hit]:
    """Up to `limit` hits of each noun; `only` of one tenant, which the caller has entered."""
    hits: list[Hit] = []
    if not text.strip():
        return hits
    for each in SOURCES:
        if caller.tier not in each.tiers or not caller.may(each.right):
            continue
        within = each.within(caller)
        if only is not None:
            if "tenants" not in each.source.tables:
                continue
            within &= Condition("tenants.key = ?", only)
        hits += search.find(database, each.source, within, text, limit)
    return hits
