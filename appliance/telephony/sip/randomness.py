"""Unpredictable octets for tags, branches and nonces, from the kernel 4 kB at a time: a system call
for each of them costs more than all else about it. For the event loop's thread; nothing here forks.
"""

import os

BATCH = 4096


class Randomness:
    def __init__(self) -> None:
        self._octets = b""
        self._used = BATCH

    def take(self, count: int) -> bytes:
        """`count` octets that nobody had before."""
        end = self._used + count
        if end > len(self._octets):
            self._octets, self._used, end = os.urandom(BATCH), 0, count
        taken = self._octets[self._used : end]
        self._used = end
        return taken


octets = Randomness().take
