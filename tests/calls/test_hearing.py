"""Two real phones talk through the box and hear each other, and nobody else."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from tests.support import pesq
from tests.support.baresip import Call, Phone, phones
from tests.support.box import Box
from tests.support.speech import speech_like
from tests.support.tones import longest_gap

pytestmark = pytest.mark.interop

ALICE, BEN = 440, 620


async def talk(caller: Phone, callee: Phone, number: str) -> tuple[Call, Call]:
    """One dials, the other accepts."""
    mark = callee.wire.position
    outgoing = await caller.dial(number)
    incoming = await (await callee.rung(after=mark)).accept()
    await outgoing.established()
    return outgoing, incoming


async def hear_each_other(outgoing: Call, incoming: Call, *, caller: float, callee: float) -> None:
    """From now on, both."""
    marks = outgoing.recording.mark, incoming.recording.mark
    await asyncio.gather(
        outgoing.hears(callee, after=marks[0]), incoming.hears(caller, after=marks[1])
    )


@pytest.mark.parametrize("media", ["", "srtp-mand"], ids=["rtp", "srtp"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_two_phones_hear_each_other_before_hold_and_after_resume_and_not_on_hold(
    box: Box, tmp_path: Path, transport: str, media: str
) -> None:
    lines = [
        box.line(name, transport=transport, media=media) for name in ("1001-desk", "1002-desk")
    ]
    async with phones(tmp_path, *lines, speak=(ALICE, BEN)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await hear_each_other(outgoing, incoming, caller=ALICE, callee=BEN)

        assert (await outgoing.hold()).media_direction in ("recvonly", "inactive")
        at_ben = incoming.recording.mark
        await incoming.recording.plays_on(0.6)
        at_resume = incoming.recording.mark
        await outgoing.resume()
        incoming.recording.assert_never_heard(ALICE, after=at_ben, before=at_resume)

        await hear_each_other(outgoing, incoming, caller=ALICE, callee=BEN)
        await incoming.hang_up()
        await outgoing.closed()
    record = await box.record(caller_number="1001", dialled="1002", disposition="answered")
    assert record["ended_by"] == "callee"


@pytest.mark.parametrize("transport", ["udp", "tls"])
async def test_the_called_phone_may_hold_and_resume_too(
    box: Box, tmp_path: Path, transport: str
) -> None:
    lines = [box.line(name, transport=transport) for name in ("1001-desk", "1002-desk")]
    async with phones(tmp_path, *lines, speak=(ALICE, BEN)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await incoming.hold()
        at_alice = outgoing.recording.mark
        await outgoing.recording.plays_on(0.6)
        outgoing.recording.assert_never_heard(BEN, after=at_alice, before=outgoing.recording.mark)
        await incoming.resume()
        await hear_each_other(outgoing, incoming, caller=ALICE, callee=BEN)


@pytest.mark.parametrize("secure", [0, 1], ids=["caller-secure", "callee-secure"])
async def test_a_secure_phone_and_a_plain_one_hear_each_other(
    box: Box, tmp_path: Path, secure: int
) -> None:
    lines = [
        box.line(name, transport="tls" if secure == number else "udp", media=media)
        for number, name in enumerate(("1001-desk", "1002-desk"))
        for media in ["srtp-mand" if secure == number else ""]
    ]
    async with phones(tmp_path, *lines, speak=(ALICE, BEN)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await hear_each_other(outgoing, incoming, caller=ALICE, callee=BEN)
        assert "RTP/SAVP" in (outgoing, incoming)[secure].dialog().sdp("m=")[0]
        assert "RTP/AVP" in (outgoing, incoming)[1 - secure].dialog().sdp("m=")[0]


@pytest.mark.parametrize(
    "codecs", [("PCMU", "PCMA"), ("G722", "G722"), ("opus", "opus")], ids="-".join
)
async def test_phones_hear_each_other_in_every_codec(
    box: Box, tmp_path: Path, codecs: tuple[str, str]
) -> None:
    """PCMU with PCMA is transcoded; G.722 and Opus pass through."""
    lines = [
        box.line(name, codecs=(codec,))
        for name, codec in zip(("1001-desk", "1002-desk"), codecs, strict=True)
    ]
    async with phones(tmp_path, *lines, speak=(ALICE, BEN)) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await hear_each_other(outgoing, incoming, caller=ALICE, callee=BEN)


@pytest.mark.parametrize("media", ["", "srtp-mand"], ids=["rtp", "srtp"])
async def test_9196_plays_the_callers_own_voice_back(box: Box, tmp_path: Path, media: str) -> None:
    async with phones(tmp_path, box.line("1001-desk", media=media), speak=(ALICE,)) as (alice,):
        call = await (await alice.dial("9196")).established()
        await call.hears(ALICE, seconds=1.0)
        assert longest_gap(call.recording.samples(), ALICE, 8000) < 0.1
        await call.hang_up()
        await call.closed()
    record = await box.record(dialled="9196", disposition="answered", caller_number="1001")
    assert record["ended_by"] == "caller"


async def test_three_calls_at_once_stay_apart(box: Box, tmp_path: Path) -> None:
    names = ("1001-desk", "1002-desk", "1003-desk", "1004-desk")
    tones = (440, 620, 850, 1100)
    async with phones(tmp_path, *map(box.line, names), speak=tones) as (alice, ben, carmen, dev):
        pairs = await asyncio.gather(talk(alice, ben, "1002"), talk(carmen, dev, "1004"))
        await hear_each_other(*pairs[0], caller=440, callee=620)
        await hear_each_other(*pairs[1], caller=850, callee=1100)
        for call in pairs[0]:
            call.recording.assert_never_heard(850)
            call.recording.assert_never_heard(1100)


async def test_speech_over_a_clean_g711_path_scores_at_least_4(box: Box, tmp_path: Path) -> None:
    reference = speech_like(5)
    silence = np.zeros(40 * 8000)
    speech = np.concatenate([reference, silence])
    speaker = Phone(tmp_path / "alice", box.line("1001-desk"), speaks=speech)
    listener = Phone(tmp_path / "ben", box.line("1002-desk"), speaks=silence)
    async with speaker as alice, listener as ben:
        await asyncio.gather(alice.registered(), ben.registered())

        async def call() -> float:
            outgoing, incoming = await talk(alice, ben, "1002")
            await incoming.recording.plays_on(6)
            await outgoing.hang_up()
            await incoming.closed()
            return pesq.score(reference, incoming.recording.samples())

        assert await pesq.best_of_three(call, 4.0) >= 4.0
