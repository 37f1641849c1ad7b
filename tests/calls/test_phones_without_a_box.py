"""The drivers of the real peers, proved without a box: two baresips that call each other."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from tests.support import pesq
from tests.support.baresip import Line, Phone, phones
from tests.support.speech import speech_like
from tests.support.tones import Samples, frequencies_in, longest_gap, tone

pytestmark = pytest.mark.interop


def direct(user: str, transport: str, media: str, tls: tuple[Path, Path]) -> Line:
    certificate, authority = tls if transport == "tls" else (None, None)
    return Line(user, transport=transport, media=media, certificate=certificate, ca_file=authority)


def address(phone: Phone) -> str:
    """Where the phone takes calls: baresip's TLS port is its SIP port plus one."""
    transport = phone.line.transport
    port = phone.port + (transport == "tls")
    suffix = "" if transport == "udp" else f";transport={transport}"
    return f"sip:{phone.line.username}@127.0.0.1:{port}{suffix}"


def padded(samples: Samples) -> Samples:
    """A phone whose source ends hangs up: silence goes on after the speech."""
    return np.concatenate([samples, np.zeros(30 * 8000)])


@pytest.mark.parametrize("media", ["", "srtp-mand"], ids=["rtp", "srtp"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_two_phones_hear_each_other_hold_and_resume(
    tmp_path: Path, transport: str, media: str, tls_material: tuple[Path, Path]
) -> None:
    lines = [direct(user, transport, media, tls_material) for user in ("anna", "bert")]
    async with phones(tmp_path, *lines, speak=(440, 620)) as (anna, bert):
        outgoing = await anna.dial(address(bert))
        incoming = await (await bert.rung()).accept()
        await asyncio.gather(outgoing.hears(620), incoming.hears(440))
        assert (await outgoing.hold()).media_direction == "recvonly"
        await incoming.recording.plays_on(0.3)
        assert (await outgoing.resume()).media_direction == "sendrecv"
        await incoming.hears(440, after=incoming.recording.mark)
        await outgoing.hears(620, after=outgoing.recording.mark)
        await outgoing.press("7")
        await incoming.digit("7")
        await incoming.hang_up()
        assert "reset by peer" in await outgoing.closed()


async def test_a_phone_that_declines_is_seen_as_busy(tmp_path: Path) -> None:
    async with phones(tmp_path, Line("anna"), Line("bert"), speak=(440, 620)) as (anna, bert):
        outgoing = await anna.dial(address(bert))
        await (await bert.rung()).hang_up()
        assert await outgoing.failed() == 486


async def test_the_second_of_two_calls_can_be_answered_and_hung_up_alone(tmp_path: Path) -> None:
    lines = (Line("anna"), Line("bert"), Line("cleo"))
    async with phones(tmp_path, *lines, speak=(440, 620, 850)) as (anna, bert, cleo):
        first = await anna.dial(address(bert))
        first_at_bert = await (await bert.rung()).accept()
        await first_at_bert.hold()
        mark = bert.wire.position
        second = await cleo.dial(address(bert))
        second_at_bert = await (await bert.rung(after=mark)).accept()
        await second.hears(620)
        await second_at_bert.hears(850)
        await second_at_bert.hang_up()
        await second.closed()
        await first.hears(620, after=first.recording.mark)


async def test_speech_between_two_phones_scores_as_clean_g711(tmp_path: Path) -> None:
    reference = speech_like(5)
    quiet = Phone(tmp_path / "listener", Line("bert"), speaks=np.zeros(60 * 8000))
    speaker = Phone(tmp_path / "speaker", Line("anna"), speaks=padded(reference))
    async with speaker as anna, quiet as bert:

        async def call() -> float:
            mark = bert.wire.position
            outgoing = await anna.dial(address(bert))
            incoming = await (await bert.rung(after=mark)).accept()
            await incoming.recording.plays_on(6)
            await incoming.hang_up()
            await outgoing.closed()
            return pesq.score(reference, incoming.recording.samples())

        assert await pesq.best_of_three(call, 4.0) >= 4.0


def test_silence_has_no_tone() -> None:
    assert frequencies_in(np.zeros(8000), 8000, (440, 620)) == set()


def test_noise_has_no_tone() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 8000)
    assert frequencies_in(noise, 8000, (440, 620)) == set()


def test_two_tones_one_after_the_other_are_both_found_and_a_gap_is_measured() -> None:
    samples = np.concatenate([tone(440, 0.4), np.zeros(2400), tone(440, 0.4), tone(620, 0.4)])
    assert frequencies_in(samples, 8000, (440, 620, 850)) == {440, 620}
    assert longest_gap(samples, 440, 8000) == pytest.approx(0.3, abs=0.05)


def test_a_distorted_copy_of_speech_scores_low() -> None:
    reference = speech_like(4)
    rng = np.random.default_rng(2)
    assert pesq.score(reference, reference) > 4.4
    assert pesq.score(reference, reference + rng.normal(0, 0.03, len(reference))) < 3.0
