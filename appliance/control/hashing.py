"""Argon2id in a bounded pool of threads: half the processors at most, and a queue with an end.

A password costs the same work whether it is right, wrong, or of a login that does not exist.
"""

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from appliance.control.errors import TooMany

T = TypeVar("T")

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
ITERATIONS: Final = 2
LANES: Final = 1
MEMORY_KIB: Final = 19 * 1024
"""OWASP's figures for Argon2id: 19 MiB and two passes."""

MOST_WAITING: Final = 128
BUSY_SECONDS: Final = 3.0


def hashed(password: str) -> str:
    """A PHC string. It takes tens of milliseconds: for a pool's thread."""
    kdf = Argon2id(
        salt=secrets.token_bytes(SALT_BYTES),
        length=HASH_BYTES,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(_bytes(password))


def fits(password: str, hash_: str) -> bool:
    """Whether the password is the one of the PHC string, in constant time."""
    try:
        Argon2id.verify_phc_encoded(_bytes(password), hash_)
    except InvalidKey:
        return False
    return True


class Hashing:
    """For the event loop. `close` waits for what is being hashed."""

    def __init__(self) -> None:
        threads = max(1, (os.cpu_count() or 2) // 2)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = hashed(secrets.token_urlsafe(16))
        """What is compared for who does not exist."""

    async def hashed(self, password: str) -> str:
        """Raises TooMany where the queue is full."""
        return await self.run(lambda: hashed(password))

    async def fits(self, password: str, hash_: str | None) -> bool:
        """`hash_` None: False, after the same work. Raises TooMany where the queue is full."""
        fitted = await self.run(lambda: fits(password, hash_ or self._nobodys))
        return fitted and hash_ is not None

    async def among(self, password: str, hashes: Sequence[str]) -> bool:
        """Whether it is one of several. Raises TooMany where the queue is full."""
        return await self.run(lambda: any(fits(password, each) for each in hashes))

    async def run(self, work: Callable[[], T]) -> T:
        """Other work on passwords that would hold up the loop. Raises TooMany."""
        if self._waiting >= MOST_WAITING:
            raise TooMany("Too many sign-ins at once. Try again in a moment.", BUSY_SECONDS)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._pool.shutdown()


def _bytes(password: str) -> bytes:
    """The same password, however its accents were typed (NIST SP 800-63B § 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
