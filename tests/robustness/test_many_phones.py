"""A whole site: 500 phones start at once, a thousand calls in a row, and what is left of them."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.box import Box, Credentials, sipp_reads
from tests.support.journal import eventually
from tests.support.sipp import Sipp, credentials, listening

pytestmark = pytest.mark.interop

PHONES = 500
SPARE = 20
"""More, for those whose password sipp cannot read."""
CALLS = int(os.environ.get("BYONDVOICE_TEST_CALLS", "1000"))
"""5,000 where there is time."""
RATE = 80
GROWTH_KIB = 12_000
"""From the middle of the calls to their end: what Python's arenas keep of a burst, no more for
more calls."""
FREE_PORT_PAIRS = 300
"""All of a range of 600 ports."""
PAIRS = 50


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Acme has 500 more extensions, from 20000."""
    made = Box.demo(tmp_path_factory.mktemp("site"), bulk=PHONES + SPARE).start()
    yield made
    made.close()


def bulk(box: Box, first: int, count: int) -> list[Credentials]:
    devices = [box.credentials(f"{20000 + number}-desk") for number in range(PHONES + SPARE)]
    return list(filter(sipp_reads, devices))[first : first + count]


def many(box: Box, folder: Path, scenario: str, who: Sequence[Credentials], **more: object) -> Sipp:
    fields = [(each.username, credentials(each)) for each in who]
    more = {"calls": len(who), "keys": {"expires": "300"}, **more}
    return Sipp(scenario, box.address(), folder, fields, **more)  # type: ignore[arg-type]


async def registered_callees(box: Box, folder: Path, who: Sequence[Credentials]) -> int:
    """Register them all from one port; a callee at that port may then take all their calls."""
    run = many(box, folder, "register", who, rate=200, seconds=30)
    await run.run()
    return run.port


def callers(box: Box, folder: Path, pairs: int, **more: object) -> Sipp:
    """Phones of the first half dial those of the second half."""
    who, called = bulk(box, 0, pairs), bulk(box, pairs, pairs)
    fields = [
        (one.username, credentials(one), other.extension)
        for one, other in zip(who, called, strict=True)
    ]
    return Sipp("caller", box.address(), folder, fields, **more)  # type: ignore[arg-type]


async def test_500_phones_behind_one_address_start_at_once(box: Box, tmp_path: Path) -> None:
    """At the defaults none is turned away (interop 6, decisions: rate limits)."""
    await many(box, tmp_path, "register", bulk(box, 0, PHONES), rate=1000, seconds=30).run()
    assert box.metrics()["byondvoice_devices_registered"] == PHONES
    await many(box, tmp_path, "unregister", bulk(box, 0, PHONES), rate=1000, seconds=30).run()
    assert box.metrics()["byondvoice_devices_registered"] == 0


async def test_a_thousand_calls_in_a_row_leave_nothing_behind(box: Box, tmp_path: Path) -> None:
    """Tasks, sockets, ports and memory are back where they were."""
    port = await registered_callees(box, tmp_path, bulk(box, PAIRS, PAIRS))
    await call_through(box, tmp_path, port, PAIRS)
    before = state_of(box)
    await call_through(box, tmp_path, port, CALLS // 2)
    memory = box.memory_kib()
    await call_through(box, tmp_path, port, CALLS // 2)
    await settled(box)
    assert box.memory_kib() - memory < GROWTH_KIB
    await same_as(before, box)
    assert box.metrics()["byondvoice_media_free_port_pairs"] == FREE_PORT_PAIRS
    box.assert_unharmed()


async def call_through(box: Box, folder: Path, port: int, calls: int) -> None:
    seconds = calls / RATE + 20
    callee = Sipp(
        "callee", box.address(), folder, port=port, calls=calls, seconds=seconds, trace=False
    )
    run = callers(
        box,
        folder,
        PAIRS,
        calls=calls,
        rate=RATE,
        seconds=seconds,
        options=("-d", "200"),
        trace=False,
    )
    async with listening(callee):
        await run.run()


async def settled(box: Box) -> None:
    """Until the last transaction's timers have run out (64 * T1)."""
    await eventually(
        lambda: in_progress(box) == 0, f"nothing in progress: {box.metrics()}", seconds=45, every=1
    )


def in_progress(box: Box) -> float:
    shown = box.metrics()
    names = ("calls", "media_streams", "sip_client_transactions", "sip_server_transactions")
    return sum(shown[f"byondvoice_{name}"] for name in names)


def state_of(box: Box) -> dict[str, float]:
    """All that must not grow with calls that are over."""
    shown = box.metrics()
    names = ("sip_connections", "calls_failed_inside_total")
    state = {name: shown[f"byondvoice_{name}"] for name in names}
    return state | {"sockets": float(box.sockets()), "threads": float(box.threads())}


async def same_as(before: dict[str, float], box: Box) -> None:
    """Until nothing is more than it was; says what is."""
    more: dict[str, float] = {}

    def nothing_grew() -> bool:
        more.clear()
        more.update(grown(before, state_of(box)))
        return not more

    await eventually(nothing_grew, lambda: f"more than {before}: {more}")


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in after.items() if value > before[name]}


async def test_a_power_cut_in_the_middle_of_50_calls(box: Box, tmp_path: Path) -> None:
    """kill -9: the UDP registrations are there again, finished records are kept, and the open
    ones are closed with the restart as their reason. Runs last: it kills the module's box."""
    port = await registered_callees(box, tmp_path, bulk(box, PAIRS, PAIRS))
    await call_through(box, tmp_path, port, 10)
    await asyncio.sleep(0.2)  # a record is kept at most 100 ms after its call's end
    finished = {each["call_key"]: each for each in box.calls() if each["ended_at"]}
    registered = registered_devices(box)
    callee = Sipp("callee", box.address(), tmp_path, port=port, calls=PAIRS, trace=False)
    held = callers(box, tmp_path, PAIRS, calls=PAIRS, rate=50, options=("-d", "60000"), trace=False)
    await callee.start()
    await callee.listening()
    await held.start()
    await eventually(lambda: box.metrics()["byondvoice_calls"] == PAIRS, "50 calls", seconds=15)
    await asyncio.sleep(0.5)  # what was answered is on the disk
    box.kill()
    await callee.stop()
    await held.stop()
    box.start()
    assert registered_devices(box) == registered
    records = {each["call_key"]: each for each in all_calls(box)}
    assert all(records[key] == record for key, record in finished.items())
    cut = [each for each in records.values() if each["reason"] == "restart"]
    assert len(cut) == PAIRS
    assert all(each["ended_at"] and each["ended_by"] == "system" for each in cut)
    assert not [each for each in records.values() if not each["ended_at"]]
    await call_through(box, tmp_path, port, 5)


def registered_devices(box: Box) -> dict[str, str]:
    return {
        each["username"]: each["address"]
        for each in box.registrations()
        if each["state"] == "registered"
    }


def all_calls(box: Box) -> list[dict[str, object]]:
    return box.calls(limit=CALLS + 1000)
