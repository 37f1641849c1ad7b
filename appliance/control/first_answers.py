"""What an Idempotency-Key was answered with at first, for 24 hours (manual § 25.6.1).

The key is claimed in the transaction of the change that it came with, so that a request which is
repeated after a crash changes nothing twice: it hears that the first one was carried out. The
answer follows in a transaction of its own, sealed, since it may hold a secret that is shown once.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from appliance.control.caller import Caller
from appliance.control.changes import ALSO, Control
from appliance.control.errors import Conflict, Invalid
from appliance.store.database import Database, connection
from appliance.store.keys import place
from appliance.store.moments import to_number
from appliance.store.transactions import Transaction

KEPT_FOR: Final = timedelta(hours=24)
MOST_OF_ONE: Final = 20_000
"""Keys of one credential; the oldest give way. At the usual rate that is half an hour's worth."""
COUNTED_EVERY: Final = 256
CLAIMED: Final = 0
"""The status of a row whose change is done and whose answer is not there (yet)."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it went out."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def lasting(self) -> bool:
        """What a repetition may better: too often, and our own faults."""
        return self.status < 500 and self.status != 429


@dataclass(frozen=True, slots=True)
class _Request:
    """A key of one credential, and what it came with."""

    credential: str
    key: str
    fingerprint: str

    @property
    def where(self) -> tuple[str, str]:
        return self.credential, self.key

    @property
    def row(self) -> int:
        """The table has no numbers: one for the place that a value is sealed to."""
        return int.from_bytes(hashlib.sha256("\0".join(self.where).encode()).digest()[:8])


class FirstAnswers:
    """Of every credential. In memory is only which requests are under way."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._under_way: set[tuple[str, str]] = set()
        self._kept = 0

    async def once(
        self,
        caller: Caller,
        key: str,
        fingerprint: bytes,
        do: Callable[[], Awaitable[KeptAnswer]],
    ) -> KeptAnswer:
        """The first answer again, or `do` now and keep its answer. Raises Invalid for a key that
        came with another request, Conflict while the first is under way or where its answer was
        lost."""
        request = _Request(caller.credential, key, hashlib.sha256(fingerprint).hexdigest())
        if request.where in self._under_way:
            raise Conflict("The first request with this Idempotency-Key goes on.", "in_progress")
        self._under_way.add(request.where)
        try:
            return await self._known(request) or await self._first(request, do)
        finally:
            self._under_way.discard(request.where)

    async def _known(self, request: _Request) -> KeptAnswer | None:
        """Raises as `once`."""
        since = self._control.clock.wall() - KEPT_FOR

        def ask(database: Database) -> tuple[bytes, int, bytes] | None:
            return (
                connection(database)
                .execute(
                    "SELECT fingerprint, status, answer FROM first_answers"
                    " WHERE credential = ? AND idempotency_key = ? AND at > ?",
                    (*request.where, to_number(since)),
                )
                .fetchone()
            )

        found = await self._control.read(ask)
        if found is None:
            return None
        fingerprint, status, answer = found
        keys = self._control.store.keys
        known = keys.open(fingerprint, place("first_answers", "fingerprint", request.row))
        if not hmac.compare_digest(known, request.fingerprint):
            raise Invalid(
                "This Idempotency-Key came with another request.", "idempotency_key_reused"
            )
        if status == CLAIMED:
            raise Conflict(
                "The first request with this Idempotency-Key was carried out; its answer was lost.",
                "answer_lost",
            )
        opened = keys.open(answer, place("first_answers", "answer", request.row))
        return msgspec.json.decode(opened, type=KeptAnswer)

    async def _first(
        self, request: _Request, do: Callable[[], Awaitable[KeptAnswer]]
    ) -> KeptAnswer:
        token = ALSO.set(lambda transaction: _claim(transaction, request))
        try:
            answer = await do()
        finally:
            ALSO.reset(token)
        if answer.lasting:
            await self._keep(request, answer)
        return answer

    async def _keep(self, request: _Request, answer: KeptAnswer) -> None:
        content = msgspec.json.encode(answer).decode()
        now = self._control.clock.wall()
        self._kept += 1
        count = self._kept % COUNTED_EVERY == 0

        def keep(transaction: Transaction) -> None:
            _claim(transaction, request)
            sealed = transaction.keys.seal(content, place("first_answers", "answer", request.row))
            transaction.file.execute(
                "UPDATE first_answers SET status = ?, answer = ?"
                " WHERE credential = ? AND idempotency_key = ?",
                (answer.status, sealed, *request.where),
            )
            if count:
                _forget_most(transaction, request.credential)

        await self._control.store.change(keep, now, self._control.events.publish)


def _claim(transaction: Transaction, request: _Request) -> None:
    """Have the key stand for this request, within the transaction of what it changes."""
    _forget(transaction, transaction.now)
    sealed = transaction.keys.seal(
        request.fingerprint, place("first_answers", "fingerprint", request.row)
    )
    transaction.file.execute(
        "INSERT INTO first_answers (credential, idempotency_key, fingerprint, status, answer, at)"
        " VALUES (?, ?, ?, ?, x'', ?) ON CONFLICT DO NOTHING",
        (*request.where, sealed, CLAIMED, to_number(transaction.now)),
    )


def _forget(transaction: Transaction, now: datetime) -> None:
    transaction.file.execute(
        "DELETE FROM first_answers WHERE at <= ?", (to_number(now - KEPT_FOR),)
    )


def _forget_most(transaction: Transaction, credential: str) -> None:
    """Let the oldest go where one credential has too many."""
    transaction.file.execute(
        "DELETE FROM first_answers WHERE credential = ? AND idempotency_key IN ("
        " SELECT idempotency_key FROM first_answers WHERE credential = ?"
        " ORDER BY at DESC LIMIT -1 OFFSET ?)",
        (credential, credential, MOST_OF_ONE),
    )
