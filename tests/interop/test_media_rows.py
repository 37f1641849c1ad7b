"""Interop rows 26 to 31: media, as far as it shows on the wire of whole calls."""

import asyncio
import itertools
import struct
from pathlib import Path

import pytest

from tests.calls.test_hearing import hear_each_other, talk
from tests.interop.talk import ALICE, BEN, converse
from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.raw import RawUdp
from tests.support.sipp import Peers, listening
from tests.support.tones import tone

pytestmark = pytest.mark.interop


def mu_law(sample: float) -> int:
    """One sample of -1..1 as G.711 µ-law (ITU-T G.711, by its segments)."""
    value = int(max(-1.0, min(1.0, sample)) * 32635)
    sign, value = (0x80, -value) if value < 0 else (0, value)
    value += 132
    exponent = max(0, value.bit_length() - 8)
    mantissa = (value >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def rtp_packets(frequency: float, count: int) -> list[bytes]:
    """A tone as a stranger would send it."""
    samples = bytes(mu_law(each) for each in tone(frequency, count * 0.02, level=0.5))
    return [
        struct.pack("!BBHII", 0x80, 0, number, number * 160, 0xDEADBEEF)
        + samples[number * 160 : number * 160 + 160]
        for number in range(count)
    ]


# -- 26


async def test_interop_26_a_strangers_packets_are_never_heard_and_take_nothing_over(
    box: Box, tmp_path: Path
) -> None:
    """Somebody who knows both media ports sends a tone from another address and port."""
    async with phones(tmp_path, box.line(ALICE), box.line(BEN), speak=(440, 620)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await hear_each_other(outgoing, incoming, caller=440, callee=620)
        ports = [int(c.dialog().sdp("m=")[0].split(" ")[1]) for c in (outgoing,)]
        invite = await incoming.saw(lambda m: m.method == "INVITE", "INVITE")
        ports.append(int(invite.sdp("m=")[0].split(" ")[1]))
        stranger = await RawUdp.open("127.0.0.9")
        marks = outgoing.recording.mark, incoming.recording.mark
        for packet in rtp_packets(1100, 40):
            for port in ports:
                stranger.send(packet, ("127.0.0.1", port))
            await asyncio.sleep(0.02)
        await hear_each_other(outgoing, incoming, caller=440, callee=620)
        for call, mark in zip((outgoing, incoming), marks, strict=True):
            call.recording.assert_never_heard(1100, after=mark)
        assert not stranger.datagrams.entries, "the box sent media to a stranger"
        stranger.close()


async def test_interop_26_media_ports_are_unpredictable_and_within_the_range(
    box: Box, tmp_path: Path
) -> None:
    ports = []
    async with phones(tmp_path, box.line(ALICE), speak=(440,)) as (alice,):
        for _ in range(6):
            call = await (await alice.dial("9196")).established()
            ports.append(int(call.dialog().sdp("m=")[0].split(" ")[1]))
            await call.hang_up()
            await call.closed()
    first, last = box.rtp_range
    assert all(first <= port <= last for port in ports)
    steps = {later - earlier for earlier, later in itertools.pairwise(ports)}
    assert len(steps) > 2, f"ports follow each other: {ports}"


# -- 27


async def test_interop_27_the_offerers_order_of_codecs_is_kept(peers: Peers) -> None:
    await converse(peers, "27_caller_offers_g722_pcma_pcmu", "27_callee_prefers_g722")


# -- 28


async def test_interop_28_an_unusual_ptime_is_accepted(peers: Peers) -> None:
    await converse(peers, "28_caller_with_ptime_60", "callee")


# -- 29


async def test_interop_29_keys_by_info_arrive_as_events_and_each_once(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    """The caller has no telephone-event and sends INFO; the callee's phone has it."""
    caller = peers.caller("29_caller_presses_keys_by_info", box.credentials(ALICE), "1002")
    async with phones(tmp_path / "p", box.line(BEN), speak=(620,)) as (ben,):
        await caller.start()
        incoming = await (await ben.rung()).accept()
        await incoming.digit("1")
        await incoming.digit("2")
        await caller.finished()
        digits = [e.param for e in ben.events if e.type == "CALL_DTMF_START" and e.param]
        infos = [m for m in incoming.messages() if m.method == "INFO"]
    assert digits == ["1", "2"]
    assert not infos, "both INFO and RFC 4733 crossed the bridge"


# -- 30


async def test_interop_30_a_reinvite_may_bring_new_keys(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    caller = peers.caller("30_caller_brings_new_keys", box.credentials(ALICE), "1002")
    async with phones(tmp_path / "p", box.line(BEN, media="srtp"), speak=(620,)) as (ben,):
        await caller.start()
        await (await ben.rung()).accept()
        await caller.finished()


async def test_interop_30_no_silent_downgrade_where_the_device_requires_srtp(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    """1090's devices are set to SRTP always: a plain offer from it is refused, and it is never
    offered plain RTP."""
    async with phones(tmp_path / "p", box.line(BEN), speak=(620,)) as (ben,):
        await peers.caller("caller_refused_488", box.credentials("1090-desk"), "1002").run()
        assert ben.never_rang()
    callee = await peers.callee("30_callee_that_sees_only_savp", box.credentials("1090-desk"))
    async with listening(callee):
        await peers.caller("caller_refused_488", box.credentials(ALICE), "1090").run()
    await peers.unregister(callee, box.credentials("1090-desk"))


# -- 31


async def test_interop_31_rtcp_is_sent_and_its_figures_reach_the_record(
    box: Box, tmp_path: Path
) -> None:
    async with phones(tmp_path, box.line(ALICE), box.line(BEN), speak=(440, 620)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        reports = await alice.events.wait(
            lambda e: e.type == "CALL_RTCP" and e.raw["rtcp_stats"]["tx"]["sent"] > 0,
            "RTCP report of the box",
            seconds=12,
        )
        await outgoing.hang_up()
        await incoming.closed()
    assert reports.raw["rtcp_stats"]["tx"]["lost"] == 0
    record = await box.record(caller_number="1001", dialled="1002", disposition="answered")
    for leg in record["legs"]:
        assert leg["received"]["lost"] == 0
        assert 0 <= leg["received"]["jitter_ms"] < 20


async def test_interop_31_a_party_that_sends_nothing_is_not_hung_up_on(peers: Peers) -> None:
    """Neither sipp sends one RTP packet for 6 s."""
    await converse(peers, "caller", "callee", caller_more={"options": ("-d", "6000")})
