"""SIGTERM, power cuts and restarts, seen by real phones."""

import asyncio
from pathlib import Path

import pytest

from tests.calls.test_hearing import hear_each_other, talk
from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.journal import eventually
from tests.support.raw import RawUdp, request
from tests.support.sipp import Peers, listening

pytestmark = pytest.mark.interop


async def test_a_call_in_progress_goes_on_while_the_box_stops_and_no_new_one_begins(
    tmp_path: Path,
) -> None:
    """SIGTERM: no new calls, calls in progress up to 10 s, then exit 0."""
    box = Box.demo(tmp_path / "box").start()
    try:
        peers = Peers(box, tmp_path)
        ben = await peers.callee("callee", box.credentials("1002-desk"))
        alice = peers.caller("caller", box.credentials("1001-desk"), "1002", options=("-d", "4000"))
        async with listening(ben):
            await alice.start()
            await eventually(lambda: box.metrics()["byondvoice_calls"] == 1, "a call")
            stopping = asyncio.create_task(asyncio.to_thread(box.stop))
            await asyncio.sleep(0.5)
            udp = await RawUdp.open()
            asked = request("INVITE", box.sip_address, (udp.host, udp.port), user="1002")
            refused = await udp.ask(asked, box.sip_address)
            assert refused.status in (401, 503)
            udp.close()
            await peers.caller("caller_refused_503", box.credentials("1003-desk"), "1002").run()
            await alice.finished()
        await stopping
    finally:
        box.close()


async def test_a_call_that_does_not_end_is_ended_by_the_box_after_10_seconds(
    tmp_path: Path,
) -> None:
    box = Box.demo(tmp_path / "box").start()
    try:
        lines = box.line("1001-desk"), box.line("1002-desk")
        async with phones(tmp_path / "p", *lines, speak=(440, 620)) as (alice, ben):
            outgoing, incoming = await talk(alice, ben, "1002")
            stopping = asyncio.create_task(asyncio.to_thread(box.stop))
            await asyncio.gather(outgoing.closed(seconds=14), incoming.closed(seconds=14))
            await stopping
        record = box.calls()[0]
        assert (record["disposition"], record["ended_by"]) == ("answered", "system")
    finally:
        box.close()


async def test_phones_call_each_other_after_a_power_cut_without_registering_anew(
    tmp_path: Path,
) -> None:
    box = Box.demo(tmp_path / "box").start()
    try:
        lines = box.line("1001-desk"), box.line("1002-desk")
        async with phones(tmp_path / "p", *lines, speak=(440, 620)) as (alice, ben):
            await asyncio.sleep(0.4)  # a new binding is on the disk within 250 ms
            box.kill()
            box.start()
            mark = ben.wire.position
            outgoing, incoming = await talk(alice, ben, "1002")
            await hear_each_other(outgoing, incoming, caller=440, callee=620)
            registers = [m for m in ben.wire.entries[mark:] if m.method == "REGISTER"]
            assert not registers
    finally:
        box.close()
