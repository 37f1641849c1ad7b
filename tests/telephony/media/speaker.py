"""A phone in a process of its own, for test_gil: says 75 packets at 20 ms and times what it hears.

Prints its two ports as JSON; reads [port of the stream, case]; prints what it found.
"""

import json
import select
import socket
import struct
import sys
import time
from itertools import pairwise

PACKETS, STEP = 75, 0.02


def bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def largest_gap(times: list[float]) -> float:
    return max((after - before for before, after in pairwise(times)), default=0)


def main() -> None:
    mouth, ear = bound(), bound()
    ports = [mouth.getsockname()[1], ear.getsockname()[1]]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    port, case = json.loads(sys.stdin.readline())
    said: list[float] = []
    heard: list[float] = []
    delays: list[float] = []
    start = time.monotonic()
    while (now := time.monotonic()) < start + (PACKETS + 2) * STEP:
        due = start + len(said) * STEP
        if len(said) < PACKETS and now >= due:
            said.append(now)
            head = struct.pack("!BBHIId", 0x80, 0, len(said), len(said) * 160, 7, now)
            mouth.sendto(head + bytes(152), ("127.0.0.1", port))
        ready, _, _ = select.select([mouth, ear], [], [], 0.0005)
        for sock in ready:
            packet = sock.recv(2048)
            if packet[1] & 0x7F == 0:
                heard.append(time.monotonic())
                if case != "sound":
                    delays.append(heard[-1] - struct.unpack("!d", packet[12:20])[0])
    found = {
        "packets": len(heard),
        "gap_ms": 1000 * largest_gap(heard),
        "own_gap_ms": 1000 * largest_gap(said),
        "added_ms": 1000 * max(delays, default=0),
    }
    sys.stdout.write(json.dumps(found))


main()
