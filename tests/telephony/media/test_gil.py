"""No packet of a call passes through Python: stopping the interpreter leaves no gap."""

import asyncio
import ctypes
import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import StreamSetup, Tone

from .far_end import HOST, KEYS, PCMU, settled

SPEAKER = Path(__file__).with_name("speaker.py")
STALL_MS = 500


def stall() -> None:
    """Hold the interpreter's lock: ctypes.PyDLL calls without releasing it."""
    ctypes.PyDLL(None).usleep(STALL_MS * 1000)


def start_speaker() -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, str(SPEAKER)], stdin=pipe, stdout=pipe, text=True)


@pytest.mark.parametrize("case", ["bridge", "echo", "sound"])
async def test_stalled_interpreter_adds_no_gap(media: NativeMedia, case: str) -> None:
    speaker = start_speaker()
    assert speaker.stdin is not None
    assert speaker.stdout is not None
    here, there = json.loads(speaker.stdout.readline())
    streams = [media.open(HOST, lambda event: None) for _ in range(2)]
    for stream, port in zip(streams, (here, there), strict=True):
        stream.configure(StreamSetup((HOST, port), None, (PCMU, KEYS), (PCMU, KEYS)))
    if case == "bridge":
        streams[0].connect(streams[1])
    elif case == "echo":
        streams[0].echo()
    else:
        streams[0].play(Tone((440.0,)))
    await settled(media)
    speaker.stdin.write(json.dumps([streams[0].port, case]) + "\n")
    speaker.stdin.flush()
    await asyncio.sleep(0.5)
    stall()
    said, _ = await asyncio.to_thread(speaker.communicate)
    heard = json.loads(said)
    # Packets are 20 ms apart; the speaker itself may wake late on a busy machine.
    print(case, heard)  # noqa: T201, shown with -s
    assert heard["packets"] >= 70
    assert heard["added_ms"] < 20
    assert heard["gap_ms"] - heard["own_gap_ms"] < 20
