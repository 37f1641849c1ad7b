"""The overview: what is in the caller's scope and how it does, in figures (manual § 4.4, § 9.2)."""

from dataclasses import dataclass
from typing import Final

from appliance.control import scope
from appliance.control.caller import Caller
from appliance.control.changes import VERSION
from appliance.model.accounts import Tier
from appliance.model.bindings import RegistrationState
from appliance.model.tenants import Tenant
from appliance.store import lines
from appliance.store.box_settings import setting
from appliance.store.conditions import Condition
from appliance.store.database import Database, connection
from appliance.store.lines import Standings
from appliance.store.tenancy import count_tenants

ENVIRONMENT: Final = "environment"
REGION: Final = "region"
DEFAULT_ENVIRONMENT: Final = "PROD"
DEFAULT_REGION: Final = "on-premises"


@dataclass(frozen=True, slots=True)
class Place:
    """What the chip and the foot of the console say (manual § 3.2, § 22.6.1). `configuration`
    counts the changes that were ever made."""

    environment: str
    region: str
    configuration: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over the tenants of a scope. `resellers` is None for who may not know."""

    resellers: int | None
    tenants: int
    suspended_tenants: int
    extensions: int
    devices: int
    users: int


@dataclass(frozen=True, slots=True)
class TenantFigures:
    """One tenant: `extensions_by_status` counts its extensions by how they stand, rolled up."""

    figures: Figures
    extensions_cap: int
    devices_cap: int
    concurrent_calls_cap: int
    extensions_by_status: dict[RegistrationState, int]


def place(database: Database) -> Place:
    return Place(
        setting(database, ENVIRONMENT, str) or DEFAULT_ENVIRONMENT,
        setting(database, REGION, str) or DEFAULT_REGION,
        setting(database, VERSION, int) or 0,
    )


def figures(caller: Caller, database: Database) -> Figures:
    """Of the caller's whole scope."""
    resellers = None
    if caller.tier is Tier.PLATFORM:
        resellers = int(connection(database).execute("SELECT count(*) FROM resellers").get)
    return _figures(database, scope.tenants_in(caller), resellers)


def tenant_figures(database: Database, tenant: Tenant, standings: Standings) -> TenantFigures:
    """Of a tenant that the caller has entered."""
    return TenantFigures(
        _figures(database, Condition("tenants.key = ?", tenant.key), None),
        tenant.caps.extensions,
        tenant.caps.devices,
        tenant.caps.concurrent_calls,
        lines.count_standings(database, tenant.key, standings),
    )


def _figures(database: Database, within: Condition, resellers: int | None) -> Figures:
    file = connection(database)

    def count(table: str) -> int:
        query = (
            f"SELECT count(*) FROM {table} WHERE tenant_id IN"  # noqa: S608 - our own words
            f" (SELECT key FROM tenants {within.where})"
        )
        return int(file.execute(query, within.values).get)

    tenants = count_tenants(database, within)
    return Figures(
        resellers,
        tenants.tenants,
        tenants.suspended,
        tenants.extensions,
        count("devices"),
        count("accounts"),
    )
