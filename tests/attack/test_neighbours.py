"""Nobody can tell what his neighbours have: two boxes that differ outside of a scope alone answer
whoever is within it alike."""

import re
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
