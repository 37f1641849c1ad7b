"""Extensions and devices as lists show them: by the page, in several orders, within a scope."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from appliance.model.bindings import RegistrationState
from appliance.model.devices import Device, DeviceKey
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.tenants import TenantKey
from appliance.store.conditions import Condition, like
from appliance.store.database import Database, connection
from appliance.store.group_commit import to_json
from appliance.store.orders import among
from appliance.store.rows import find_devices, load_extensions

ROLL_UP: Final = (
    RegistrationState.REGISTERED,
    RegistrationState.REJECTED,
    RegistrationState.EXPIRED,
    RegistrationState.UNREACHABLE,
    RegistrationState.IDLE,
)
"""An extension stands as its best device does where that is registered, else as its worst one: the
first of these that one of its devices is in (manual § 9.2)."""
RANKS: Final = {state: rank for rank, state in enumerate(ROLL_UP)}
IDLE: Final = RANKS[RegistrationState.IDLE]

NUMERIC: Final = "length({0}) || {0}"
"""Numbers of three to five digits, in the order of their values."""
ORDERS: Final[Mapping[str, str]] = {
    "extension": NUMERIC.format("extensions.number"),
    "name": "lower(extensions.name)",
    "devices": "(SELECT count(*) FROM devices WHERE devices.extension_id = extensions.key)",
    "status": f"coalesce(standing.rank, {IDLE})",
}
"""By the name of a sort what a list of extensions is ordered by."""

_STANDING: Final = """
    LEFT JOIN (
        SELECT devices.extension_id AS line, min(known.value) AS rank
        FROM json_each(?) AS known JOIN devices ON devices.key = CAST(known.key AS INTEGER)
        WHERE devices.tenant_id = ? GROUP BY devices.extension_id
    ) AS standing ON standing.line = extensions.key"""

Standings = Mapping[DeviceKey, RegistrationState]
"""How the devices stand of which anything is known; every other one is idle."""


@dataclass(frozen=True, slots=True)
class LineQuery:
    """Which extensions of a tenant, and from where on. `after`: the order's value and the key of
    the last row seen. `free`: those that a user may be linked to (manual § 7.3.1)."""

    q: str = ""
    status: RegistrationState | None = None
    enabled: bool | None = None
    free: bool = False
    sort: str = "extension"
    descending: bool = False
    after: tuple[object, object] | None = None
    limit: int = 50

    @property
    def wants_standings(self) -> bool:
        """Whether the registrar has to be asked beforehand."""
        return self.status is not None or self.sort == "status"


@dataclass(frozen=True, slots=True)
class Line:
    """An extension with its devices, oldest first, and the names of its users, the primary ones
    first; `place` is the value of the order that it was asked in."""

    extension: Extension
    devices: tuple[DeviceKey, ...]
    users: tuple[str, ...]
    place: object = None


def find_lines(
    database: Database, tenant: TenantKey, query: LineQuery, standings: Standings
) -> tuple[list[Line], int]:
    """Up to `limit` + 1 lines, and how many there are on all pages."""
    file = connection(database)
    wanted = _wanted(tenant, query)
    join = ""
    given: tuple[object, ...] = ()
    if query.wants_standings:
        ranks = {device: RANKS[state] for device, state in standings.items()}
        join, given = _STANDING, (to_json(ranks), tenant)
    source = f"FROM extensions{join}"
    count = f"SELECT count(*) {source} {wanted.where}"
    total = int(file.execute(count, (*given, *wanted.values)).get)
    order = ORDERS[query.sort]
    if query.after is not None:
        sign = "<" if query.descending else ">"
        beyond = f"{order} {sign} ? OR ({order} = ? AND extensions.key > ?)"
        wanted &= Condition(beyond, query.after[0], *query.after)
    turn = " DESC" if query.descending else ""
    rows = file.execute(
        f"SELECT extensions.key, {order} {source} {wanted.where}"
        f" ORDER BY {order}{turn}, extensions.key LIMIT ?",
        (*given, *wanted.values, query.limit + 1),
    )
    places = dict(rows)
    return lines_of(database, places), total


def lines_of(database: Database, places: Mapping[ExtensionKey, object]) -> list[Line]:
    """The extensions with those keys, in that order, each with what it was placed by."""
    keys = list(places)
    wanted = among("key", keys)
    known = {one.key: one for one in load_extensions(database, wanted.where, *wanted.values)}
    devices, users = _devices(database, keys), _users(database, keys)
    return [
        Line(known[key], tuple(devices[key]), tuple(users[key]), place)
        for key, place in places.items()
    ]


def line_of(database: Database, extension: Extension) -> Line:
    return lines_of(database, {extension.key: None})[0]


def count_standings(
    database: Database, tenant: TenantKey, standings: Standings
) -> dict[RegistrationState, int]:
    """How many extensions of the tenant stand how, rolled up."""
    ranks = {device: RANKS[state] for device, state in standings.items()}
    rows = connection(database).execute(
        f"SELECT {ORDERS['status']}, count(*) FROM extensions{_STANDING}"  # noqa: S608
        " WHERE extensions.tenant_id = ? GROUP BY 1",
        (to_json(ranks), tenant, tenant),
    )
    found = {ROLL_UP[rank]: count for rank, count in rows}
    return {state: found.get(state, 0) for state in ROLL_UP}


@dataclass(frozen=True, slots=True)
class Seat:
    """A device with where it belongs; `place` as in Line."""

    device: Device
    number: str
    extension: str
    tenant: str
    place: object = None


@dataclass(frozen=True, slots=True)
class SeatQuery:
    """Which devices. `states` None: in whatever state; else the keys of those in the state asked
    for, or for idle (`others`) of those that are in any other."""

    q: str = ""
    devices: Collection[DeviceKey] | None = None
    others: bool = False
    after: tuple[object, object] | None = None
    limit: int = 50


def find_seats(database: Database, scope: Condition, query: SeatQuery) -> tuple[list[Seat], int]:
    """Up to `limit` + 1 devices of the tenants in `scope`, by tenant and extension, and how many
    there are on all pages."""
    file = connection(database)
    source = (
        "FROM devices JOIN extensions ON extensions.key = devices.extension_id"
        " JOIN tenants ON tenants.key = devices.tenant_id"
    )
    wanted = scope & _seats_wanted(query)
    total = int(file.execute(f"SELECT count(*) {source} {wanted.where}", wanted.values).get)
    order = f"tenants.slug || ' ' || {NUMERIC.format('extensions.number')}"
    if query.after is not None:
        beyond = f"{order} > ? OR ({order} = ? AND devices.key > ?)"
        wanted &= Condition(beyond, query.after[0], *query.after)
    rows = list(
        file.execute(
            f"SELECT devices.key, extensions.number, extensions.name, tenants.slug, {order}"
            f" {source} {wanted.where} ORDER BY {order}, devices.key LIMIT ?",
            (*wanted.values, query.limit + 1),
        )
    )
    chosen = among("key", [key for key, *_ in rows])
    known = {one.key: one for one in find_devices(database, chosen.where, *chosen.values)}
    return [Seat(known[key], *facts) for key, *facts in rows], total


def _seats_wanted(query: SeatQuery) -> Condition:
    wanted = Condition("1")
    if query.q:
        text = like(query.q)
        wanted &= Condition(
            "devices.username LIKE ? ESCAPE '\\' OR devices.name LIKE ? ESCAPE '\\'"
            " OR extensions.number LIKE ? ESCAPE '\\' OR extensions.name LIKE ? ESCAPE '\\'",
            *(f"%{text}%", f"%{text}%", f"{text}%", f"%{text}%"),
        )
    if query.devices is not None:
        those = among("devices.key", query.devices)
        wanted &= Condition(f"NOT ({those.sql})", *those.values) if query.others else those
    return wanted


def _wanted(tenant: TenantKey, query: LineQuery) -> Condition:
    wanted = Condition("extensions.tenant_id = ?", tenant)
    if query.q:
        text = like(query.q)
        wanted &= Condition(
            "extensions.number LIKE ? ESCAPE '\\' OR extensions.name LIKE ? ESCAPE '\\'",
            *(f"{text}%", f"%{text}%"),
        )
    if query.enabled is not None:
        wanted &= Condition("extensions.enabled = ?", query.enabled)
    if query.free:
        wanted &= Condition(
            "extensions.shared OR extensions.key NOT IN (SELECT extension_id FROM links)"
        )
    if query.status is not None:
        wanted &= Condition(f"{ORDERS['status']} = ?", RANKS[query.status])
    return wanted


def _devices(
    database: Database, extensions: Sequence[ExtensionKey]
) -> Mapping[ExtensionKey, Sequence[DeviceKey]]:
    found: dict[ExtensionKey, list[DeviceKey]] = defaultdict(list)
    rows = connection(database).execute(
        "SELECT extension_id, key FROM devices"
        " WHERE extension_id IN (SELECT value FROM json_each(?)) ORDER BY key",
        (to_json(list(extensions)),),
    )
    for extension, device in rows:
        found[extension].append(device)
    return found


def _users(
    database: Database, extensions: Sequence[ExtensionKey]
) -> Mapping[ExtensionKey, Sequence[str]]:
    found: dict[ExtensionKey, list[str]] = defaultdict(list)
    rows = connection(database).execute(
        "SELECT links.extension_id, accounts.name FROM links"
        " JOIN accounts ON accounts.key = links.account_id"
        " WHERE links.extension_id IN (SELECT value FROM json_each(?))"
        " ORDER BY links.role = 'primary' DESC, accounts.key",
        (to_json(list(extensions)),),
    )
    for extension, name in rows:
        found[extension].append(name)
    return found
