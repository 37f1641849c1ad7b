"""Blind and attended transfer with three real phones: everybody hears whom they should."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.calls.test_hearing import hear_each_other, talk
from tests.support.baresip import Phone, phones
from tests.support.box import Box
from tests.support.wire import WireMessage

pytestmark = pytest.mark.interop

ALICE, BEN, CARMEN = 440, 620, 850

ways = pytest.mark.parametrize(
    ("transport", "media"),
    [("udp", ""), ("tcp", ""), ("tls", "srtp-mand")],
    ids=["udp-rtp", "tcp-rtp", "tls-srtp"],
)


@asynccontextmanager
async def three_phones(
    box: Box, folder: Path, transport: str = "udp", media: str = ""
) -> AsyncIterator[list[Phone]]:
    """Alice 1001, Ben 1002, Carmen 1003."""
    names = ("1001-desk", "1002-desk", "1003-desk")
    lines = [box.line(name, transport=transport, media=media) for name in names]
    async with phones(folder, *lines, speak=(ALICE, BEN, CARMEN)) as made:
        yield made


def is_final_notify(message: WireMessage) -> bool:
    """The NOTIFY that ends the referral."""
    return message.method == "NOTIFY" and "terminated" in message.get("subscription-state")


@ways
async def test_the_callee_transfers_blindly_and_the_caller_moves_to_the_target(
    box: Box, tmp_path: Path, transport: str, media: str
) -> None:
    async with three_phones(box, tmp_path, transport, media) as (alice, ben, carmen):
        at_alice, at_ben = await talk(alice, ben, "1002")
        await hear_each_other(at_alice, at_ben, caller=ALICE, callee=BEN)
        mark = at_alice.recording.mark
        await at_ben.transfer("1003")
        ringing = await carmen.rung()
        await at_ben.saw(lambda m: m.method == "NOTIFY" and "100" in m.body, "NOTIFY 100")
        at_carmen = await ringing.accept()
        await hear_each_other(at_alice, at_carmen, caller=ALICE, callee=CARMEN)
        final = await at_ben.saw(is_final_notify, "final NOTIFY")
        assert final.body.startswith("SIP/2.0 200")
        await at_ben.closed()
        after_answer = at_alice.recording.samples(mark)
        assert len(after_answer)
        await at_carmen.hang_up()
        await at_alice.closed()
    record = await box.record(caller_number="1001", dialled="1002", disposition="answered")
    assert record["answered_number"] in ("1002", "1003")
    assert len(record["legs"]) == 3


@ways
async def test_the_caller_transfers_blindly_and_the_callee_moves_to_the_target(
    box: Box, tmp_path: Path, transport: str, media: str
) -> None:
    async with three_phones(box, tmp_path, transport, media) as (alice, ben, carmen):
        at_alice, at_ben = await talk(alice, ben, "1002")
        await at_alice.transfer("1003")
        at_carmen = await (await carmen.rung()).accept()
        await hear_each_other(at_ben, at_carmen, caller=BEN, callee=CARMEN)
        await at_alice.closed()


@ways
async def test_the_callee_asks_the_target_first_and_then_joins_caller_and_target(
    box: Box, tmp_path: Path, transport: str, media: str
) -> None:
    """Attended: Ben holds Alice, talks to Carmen, and transfers by REFER with Replaces."""
    async with three_phones(box, tmp_path, transport, media) as (alice, ben, carmen):
        at_alice, at_ben = await talk(alice, ben, "1002")
        await at_ben.hold()
        asking, at_carmen = await talk(ben, carmen, "1003")
        await hear_each_other(asking, at_carmen, caller=BEN, callee=CARMEN)
        held = at_alice.recording.mark
        await at_ben.transfer_to(asking, "1003")
        await hear_each_other(at_alice, at_carmen, caller=ALICE, callee=CARMEN)
        final = await at_ben.saw(is_final_notify, "final NOTIFY")
        assert final.body.startswith("SIP/2.0 200")
        await asyncio.gather(at_ben.closed(), asking.closed())
        at_alice.recording.assert_never_heard(BEN, after=held)
        await at_alice.hang_up()
        await at_carmen.closed()


@ways
async def test_the_caller_asks_the_target_first_and_then_joins_callee_and_target(
    box: Box, tmp_path: Path, transport: str, media: str
) -> None:
    async with three_phones(box, tmp_path, transport, media) as (alice, ben, carmen):
        at_alice, at_ben = await talk(alice, ben, "1002")
        await at_alice.hold()
        asking, at_carmen = await talk(alice, carmen, "1003")
        await at_alice.transfer_to(asking, "1003")
        await hear_each_other(at_ben, at_carmen, caller=BEN, callee=CARMEN)
        await asyncio.gather(at_alice.closed(), asking.closed())


async def test_an_attended_transfer_of_two_incoming_calls(box: Box, tmp_path: Path) -> None:
    """Ben was called by both; the box is the callee's UAC in both dialogs."""
    async with three_phones(box, tmp_path) as (alice, ben, carmen):
        at_alice, first = await talk(alice, ben, "1002")
        await first.hold()
        at_carmen, second = await talk(carmen, ben, "1002")
        await first.transfer_to(second, "1003")
        await hear_each_other(at_alice, at_carmen, caller=ALICE, callee=CARMEN)
