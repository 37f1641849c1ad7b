"""Calls that come to nothing, and calls that end: what the caller is told and what is recorded."""

from pathlib import Path

import pytest

from tests.support.baresip import phones
from tests.support.box import Box

pytestmark = pytest.mark.interop


async def test_nobody_answers_within_the_ring_time(box: Box, tmp_path: Path) -> None:
    """1004's ring time is 3 s on this box."""
    lines = box.line("1001-desk"), box.line("1004-desk")
    async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, dev):
        outgoing = await alice.dial("1004")
        await outgoing.ringing()
        incoming = await dev.rung()
        assert await outgoing.failed() == 480
        cancel = await incoming.saw(lambda m: m.method == "CANCEL", "CANCEL")
        assert "cause=200" not in cancel.get("reason")
    record = await box.record(dialled="1004", caller_number="1001")
    assert (record["disposition"], record["ended_by"]) == ("no_answer", "system")


async def test_the_called_phone_is_busy(box: Box, tmp_path: Path) -> None:
    """Both lines of the phone are taken: it answers 486 by itself."""
    lines = box.line("1001-desk"), box.line("1002-desk", max_calls=1), box.line("1003-desk")
    async with phones(tmp_path, *lines, speak=(440, 620, 850)) as (alice, ben, carmen):
        first = await carmen.dial("1002")
        await (await ben.rung()).accept()
        await first.established()
        outgoing = await alice.dial("1002")
        assert await outgoing.failed() == 486
    record = await box.record(dialled="1002", caller_number="1001")
    assert (record["disposition"], record["ended_by"]) == ("busy", "callee")


async def test_the_called_person_presses_decline(box: Box, tmp_path: Path) -> None:
    lines = box.line("1003-desk"), box.line("1002-desk")
    async with phones(tmp_path, *lines, speak=(440, 620)) as (carmen, ben):
        outgoing = await carmen.dial("1002")
        await (await ben.rung()).hang_up()
        assert await outgoing.failed() == 486
    record = await box.record(dialled="1002", caller_number="1003")
    assert (record["disposition"], record["ended_by"]) == ("busy", "callee")


async def test_nobody_is_registered(box: Box, tmp_path: Path) -> None:
    async with phones(tmp_path, box.line("1001-desk"), speak=(440,)) as (alice,):
        assert await (await alice.dial("1006")).failed() == 480
    record = await box.record(dialled="1006", caller_number="1001")
    assert (record["disposition"], record["ended_by"]) == ("failed", "system")


async def test_the_number_does_not_exist(box: Box, tmp_path: Path) -> None:
    async with phones(tmp_path, box.line("1001-desk"), speak=(440,)) as (alice,):
        assert await (await alice.dial("4711")).failed() == 404
    record = await box.record(dialled="4711", caller_number="1001")
    assert (record["disposition"], record["ended_by"]) == ("failed", "system")


async def test_the_caller_gives_up_while_it_rings(box: Box, tmp_path: Path) -> None:
    lines = box.line("1001-desk"), box.line("1003-desk")
    async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, carmen):
        outgoing = await alice.dial("1003")
        await outgoing.ringing()
        incoming = await carmen.rung()
        await outgoing.hang_up()
        cancel = await incoming.saw(lambda m: m.method == "CANCEL", "CANCEL")
        assert "cause=200" not in cancel.get("reason")
        assert await outgoing.failed() == 487
    record = await box.record(dialled="1003", caller_number="1001")
    assert (record["disposition"], record["ended_by"]) == ("cancelled", "caller")


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_whoever_hangs_up_is_on_the_record_with_its_legs_and_figures(
    box: Box, tmp_path: Path, who: str
) -> None:
    names = ("1001-desk", "1003-desk") if who == "caller" else ("1002-desk", "1003-desk")
    lines = [box.line(name) for name in names]
    async with phones(tmp_path, *lines, speak=(440, 620)) as (first, carmen):
        outgoing = await first.dial("1003")
        incoming = await (await carmen.rung()).accept()
        await incoming.hears(440)
        ends, waits = (outgoing, incoming) if who == "caller" else (incoming, outgoing)
        await ends.hang_up()
        await waits.closed()
    record = await box.record(dialled="1003", caller_number=names[0][:4], disposition="answered")
    assert record["ended_by"] == who
    assert len(record["legs"]) == 2
    for leg in record["legs"]:
        assert leg["received"]["packets"] > 10
        assert leg["sent"]["packets"] > 10
        assert leg["codec"] == "PCMU"
    assert [entry for entry in record["timeline"] if entry]


async def test_the_callee_disappears_without_a_word_before_it_answers(
    box: Box, tmp_path: Path
) -> None:
    """A phone whose power was cut is still registered; its extension's ring time goes by."""
    lines = box.line("1001-desk"), box.line("1004-desk")
    async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, dev):
        await dev.power_cut()
        assert await (await alice.dial("1004")).failed(seconds=12) in (480, 408)
    record = await box.record(dialled="1004", caller_number="1001")
    assert record["disposition"] in ("no_answer", "failed")
