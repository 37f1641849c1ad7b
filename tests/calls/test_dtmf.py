"""Keys pressed on one phone arrive at the other, once, whatever way each of them sends."""

from pathlib import Path

import pytest

from tests.calls.test_hearing import talk
from tests.support.baresip import phones
from tests.support.box import Box

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("media", ["", "srtp-mand"], ids=["rtp", "srtp"])
async def test_keys_cross_the_bridge_both_ways_as_rfc_4733_events(
    box: Box, tmp_path: Path, media: str
) -> None:
    lines = [box.line(name, media=media) for name in ("1001-desk", "1002-desk")]
    async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await incoming.hears(440)
        for digit in "15#":
            mark = ben.events.position
            await outgoing.press(digit)
            await incoming.digit(digit, after=mark)
        await incoming.press("0")
        await outgoing.digit("0")
        starts = [e.param for e in ben.events if e.type == "CALL_DTMF_START" and e.param]
    assert starts == ["1", "5", "#"], "a digit came twice or not at all"


async def test_a_key_in_the_echo_test_does_not_stop_the_echo(box: Box, tmp_path: Path) -> None:
    async with phones(tmp_path, box.line("1001-desk"), speak=(440,)) as (alice,):
        call = await (await alice.dial("9196")).established()
        await call.hears(440)
        await call.press("5")
        await call.hears(440, after=call.recording.mark)
