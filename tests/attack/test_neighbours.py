"""Nobody can tell what his neighbours have: two boxes that differ outside of a scope alone answer
whoever is within it alike."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from appliance.control import devices, extensions
from appliance.control.caller import SYSTEM
from appliance.control.changes import Change
from appliance.control.devices import Wanted
from appliance.model.devices import DeviceType
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.store.database import connection
from appliance.store.readers import THREADS, Readers
from appliance.store.rows import NewExtension
from tests.attack.routes import ROWS, Row, Target
from tests.store.conftest import StillClock
from tests.support.twins import TENANTS, Twins

OTHERS: Final = {
    "tenant:acme": ("zephyr", "globex", "helios"),
    "reseller:nimbus": ("globex", "helios"),
}
OWN: Final = re.compile(
    r"[0-9a-f]{64}|\"id\":\"[0-9a-f]{16}\"|(key|wh|login)_[0-9a-f]+|sk_live_\w+|whsec_\w+|zq[0-9a-f]{12}|\"configuration\":\d+"
)
"""What is random, and the one figure that is the box's: how often its configuration was changed."""
READS: Final = [row for row in ROWS if row.method == "GET" and row.path != "/v1/feed"]


@pytest.fixture
async def other_box(tmp_path: Path, clock: StillClock) -> AsyncIterator[Twins]:
    store = Store.open(DataFolder(tmp_path / "other"), clock)
    async with Twins.made(store, clock) as made:
        yield made
    await store.close()


@pytest.mark.parametrize("name", OTHERS)
async def test_what_neighbours_have_shows_in_no_answer(
    twins: Twins, other_box: Twins, name: str
) -> None:
    for slug in OTHERS[name]:
        await other_box.control.change(SYSTEM, lambda change, slug=slug: grow(change, slug))  # type: ignore[misc]
    await other_box.as_("platform").ask("PATCH", "/v1/tenants/helios", {"status": "suspended"})
    await other_box.as_("platform").ask("DELETE", "/v1/tenants/globex", {"confirm": "globex"})
    for row in READS:
        for slug in (*TENANTS, "nowhere"):
            here, there = [await told(box, name, row, slug) for box in (twins, other_box)]
            assert here == there, (row.name, slug)


async def test_a_look_at_a_neighbour_costs_what_a_look_at_nobody_costs(twins: Twins) -> None:
    """In statements asked of the database, whether there is such a tenant, key or operator."""
    statements = await counted(twins.store)
    for row in READS:
        if not re.search(r"{(slug|code|id|username)}", row.path):
            continue
        costs: dict[str, list[str]] = {}
        for slug, code, operator in (
            *(("globex", "orion", "orion.lead"), ("helios", "vacant", "sven.berg")),
            ("nowhere", "nowhere", "nobody"),
        ):
            statements.clear()
            target = Target(twins, slug, code, operator, user="alice.tan")
            for name in ("tenant:acme", "reseller:nimbus"):
                await twins.as_(name).ask("GET", target.path(row.path))
            costs[slug] = list(statements)
        assert costs["globex"] == costs["helios"] == costs["nowhere"], row.name


async def counted(store: Store) -> list[str]:
    """The statements that readers are asked from now on, as they are asked."""
    statements: list[str] = []

    def note(_cursor: object, statement: str, _values: object) -> bool:
        statements.append(statement)
        return True

    for readers in (store.readers, store.record_readers):
        await every_thread_of(readers)
        for database in readers._open:
            connection(database).exec_trace = note
    return statements


async def every_thread_of(readers: Readers) -> None:
    """Have each of them open its connection."""
    together = threading.Barrier(THREADS)
    await asyncio.gather(*(readers.run(lambda _: together.wait()) for _ in range(THREADS)))


async def told(box: Twins, name: str, row: Row, slug: str) -> tuple[int, str]:
    """Status and words, without what is random in them."""
    target = Target(box, slug, TENANTS.get(slug) or "orion", "orion.lead")
    path = target.path(row.path)
    for query in ({}, {"q": "a"}, {"limit": "1"}):
        answer = await box.as_(name).ask(row.method, path, query={**target.query(row), **query})
        if answer.status_code == 200:
            break
    return answer.status_code, OWN.sub("", answer.text)


def grow(change: Change, slug: str) -> None:
    """More of the same, and more than the same."""
    for number in range(1100, 1120):
        extensions.create(change, slug, NewExtension(str(number), f"Alice {number}"))
        devices.create(change, slug, str(number), Wanted(DeviceType.DESK, "Alice's phone"))
    extensions.delete(change, slug, "1001")
