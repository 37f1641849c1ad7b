"""Life of the core: ports and memory given back, scheduling named, closing harmless."""

import asyncio
import os
import resource
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import NoMediaPorts, Tone

from .conftest import Leg, MakeLeg
from .far_end import HOST, FarEnd, keys, settled


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def thread_names() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return [(task / "comm").read_text(encoding="ascii").strip() for task in tasks]


async def test_five_thousand_streams_leave_nothing_behind(media: NativeMedia) -> None:
    far_end = FarEnd()
    key = keys("AES_CM_128_HMAC_SHA1_80")

    async def rounds(count: int) -> None:
        for _ in range(count):
            pair = [media.open(HOST, lambda event: None) for _ in range(2)]
            for stream in pair:
                stream.configure(far_end.setup(send_keys=key, receive_keys=key))
            pair[0].connect(pair[1])
            pair[0].play(Tone((440.0,)))
            for stream in pair:
                stream.close()
            await asyncio.sleep(0)
        await settled(media)

    await rounds(500)
    files, free, before = open_files(), media.totals().free_port_pairs, resident_kb()
    await rounds(2000)
    assert open_files() == files
    assert media.totals().free_port_pairs == free == 500
    assert media.totals().streams == 0
    assert resident_kb() - before < 3000
    far_end.close()


async def test_every_port_in_use_is_said(anyio_backend: str) -> None:
    core = NativeMedia((22000, 22019))
    core.start()
    streams = [core.open(HOST, lambda event: None) for _ in range(10)]
    assert {s.port for s in streams} == set(range(22000, 22020, 2))
    assert all(s.rtcp_port == s.port + 1 for s in streams)
    with pytest.raises(NoMediaPorts):
        core.open(HOST, lambda event: None)
    streams[3].close()
    await settled(core)
    assert core.open(HOST, lambda event: None).port == streams[3].port
    core.stop()
    with pytest.raises(NoMediaPorts):
        core.open(HOST, lambda event: None)


async def test_interop_26_ports_are_unpredictable(media: NativeMedia) -> None:
    ports = [media.open(HOST, lambda event: None).port for _ in range(50)]
    steps = {after - before for before, after in pairwise(ports)}
    assert len(steps) > 30


async def test_port_of_another_program_is_passed_over(anyio_backend: str) -> None:
    core = NativeMedia((22100, 22103))
    other = NativeMedia((22100, 22101))
    core.start()
    other.start()
    other.open(HOST, lambda event: None)
    assert core.open(HOST, lambda event: None).port == 22102
    with pytest.raises(NoMediaPorts):
        core.open(HOST, lambda event: None)
    core.stop()
    other.stop()


def test_range_without_a_pair_is_refused() -> None:
    for low, high in ((0, 10), (5000, 4000), (5001, 5002), (5000, 5000), (1, 70000)):
        with pytest.raises(ValueError):
            NativeMedia((low, high))


async def test_everything_is_harmless_after_close(
    bridge: tuple[Leg, Leg], tmp_path: Path, make_leg: MakeLeg
) -> None:
    one, two = bridge
    one.far_end.say(one.stream)
    await two.far_end.hear()
    one.stream.close()
    one.stream.close()
    one.stream.configure(one.far_end.setup())
    one.stream.echo()
    one.stream.connect(two.stream)
    two.stream.connect(one.stream)
    one.stream.disconnect()
    one.stream.play(Tone((1.0,)))
    one.stream.stop_sound()
    one.stream.send_dtmf("1")
    one.stream.record(tmp_path / "r.wav")
    one.stream.stop_recording()
    assert one.stream.statistics().packets_received == 1
    assert await one.far_end.hears_nothing()
    two.far_end.say(two.stream)
    assert await one.far_end.hears_nothing()


async def test_no_event_after_close(media: NativeMedia, make_leg: MakeLeg) -> None:
    leg = make_leg()
    leg.stream.play(Tone((440.0,), seconds=0.02))
    while leg.stream.statistics().packets_sent == 0:
        await settled(media)
    leg.stream.close()
    await asyncio.sleep(0.05)
    assert leg.events == []


async def test_scheduling_is_named(media: NativeMedia) -> None:
    assert media.scheduling in ("SCHED_RR 1", "nice -10", "normal")
    assert "bv-media" in thread_names()


async def test_stop_twice_and_start_again(anyio_backend: str) -> None:
    core = NativeMedia((22200, 22299))
    for _ in range(3):
        core.start()
        core.open(HOST, lambda event: None)
        core.stop()
        core.stop()
    assert core.totals().free_port_pairs == 50


async def test_flood_at_one_port_does_not_starve_others(
    media: NativeMedia, bridge: tuple[Leg, Leg], make_leg: MakeLeg
) -> None:
    one, two = bridge
    victim, thief = make_leg(), FarEnd()
    heard = 0
    for _ in range(50):
        for _ in range(200):
            thief.say(victim.stream)
        one.far_end.say(one.stream)
        await two.far_end.hear(0.2)
        heard += 1
    assert heard == 50
    thief.close()
