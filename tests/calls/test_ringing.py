"""An extension's devices ring at once; the first to answer wins."""

import asyncio
from pathlib import Path

import pytest

from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.wire import WireMessage

pytestmark = pytest.mark.interop


def is_cancel(message: WireMessage) -> bool:
    return message.method == "CANCEL"


@pytest.mark.parametrize("second", ["1001-web", "1001-desk"], ids=["two devices", "two contacts"])
async def test_all_devices_ring_the_first_to_answer_wins_and_the_loser_learns_why(
    box: Box, tmp_path: Path, second: str
) -> None:
    """Two devices of the extension, or one device's secret in two phones."""
    lines = box.line("1002-desk"), box.line("1001-desk"), box.line(second)
    async with phones(tmp_path, *lines, speak=(440, 620, 850)) as (ben, first_phone, second_phone):
        outgoing = await ben.dial("1001")
        loser, winner = await asyncio.gather(first_phone.rung(), second_phone.rung())
        await winner.accept()
        cancel = await loser.saw(is_cancel, "CANCEL")
        assert "cause=200" in cancel.get("reason")
        assert "completed elsewhere" in cancel.get("reason")
        await outgoing.hears(850)
        await winner.hears(440)
        await outgoing.hang_up()
        await winner.closed()
    record = await box.record(dialled="1001", disposition="answered", caller_number="1002")
    assert len(record["legs"]) == 3


async def test_one_device_declines_and_the_other_rings_on(box: Box, tmp_path: Path) -> None:
    """486 of one branch is no answer for the others."""
    lines = box.line("1002-desk"), box.line("1001-desk"), box.line("1001-web")
    async with phones(tmp_path, *lines, speak=(440, 620, 850)) as (ben, desk, web):
        outgoing = await ben.dial("1001")
        at_desk, at_web = await asyncio.gather(desk.rung(), web.rung())
        await at_desk.hang_up()
        await at_web.accept()
        await outgoing.hears(850)


async def test_a_second_call_waits_is_taken_and_the_first_is_resumed(
    box: Box, tmp_path: Path
) -> None:
    lines = [box.line(f"{number}-desk") for number in ("1001", "1002", "1003")]
    async with phones(tmp_path, *lines, speak=(440, 620, 850)) as (alice, ben, carmen):
        first = await alice.dial("1002")
        first_at_ben = await (await ben.rung()).accept()
        await first.hears(620)
        mark = ben.wire.position
        second = await carmen.dial("1002")
        waiting = await ben.rung(after=mark)
        await first_at_ben.hold()
        await waiting.accept()
        await second.hears(620)
        on_hold = first.recording.mark
        await waiting.hears(850)
        first.recording.assert_never_heard(850, after=on_hold)
        await second.hang_up()
        await waiting.closed()
        await first_at_ben.phone.command_in(first_at_ben.call_id, "resume")
        await first.hears(620, after=first.recording.mark)
        await first_at_ben.hears(440, after=first_at_ben.recording.mark)


async def test_the_callers_identity_is_its_devices_and_not_its_from(
    box: Box, tmp_path: Path
) -> None:
    """Alice's phone says that it is Carmen, and the chairman."""
    liar = box.line("1001-desk", from_user="1003-desk", display_name="The Chairman", expires=0)
    async with phones(tmp_path, box.line("1002-desk"), speak=(620,)) as (ben,):
        unregistered = tmp_path / "liar"
        async with phones(unregistered, liar, speak=(440,)) as (alice,):
            outgoing = await alice.dial("1002")
            incoming = await ben.rung()
            invite = await incoming.saw(lambda m: m.method == "INVITE", "INVITE")
            await outgoing.hang_up()
    assert "1001" in invite.get("from")
    for header in ("from", "contact", "p-asserted-identity"):
        assert "1003" not in invite.get(header)
        assert "Chairman" not in invite.get(header)
    record = await box.record(dialled="1002", caller_number="1001")
    assert "Chairman" not in record["caller_name"]
