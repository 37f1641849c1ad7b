"""The post of the box: takes queued mails to the relay, again and again for a day if need be."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from appliance.clock import Clock
from appliance.events import Events
from appliance.mail import relay as relays
from appliance.mail.letters import Letters
from appliance.mail.relay import NotTaken, Outcome, Taken
from appliance.model.mails import Mail, MailKind, MailQueued, MailState, Relay
from appliance.store import Store, mails
from appliance.store.transactions import Transaction

log = logging.getLogger(__name__)

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 480))
"""Between one try and the next: about a day together."""
LIVES: Final = {MailKind.CODE: timedelta(minutes=10)}
"""What is of no use to anybody after that."""
AT_ONCE: Final = 5
LONGEST_WAIT: Final = timedelta(hours=1)
SWEPT_EVERY: Final = timedelta(days=1)

Send = Callable[[Relay, str, EmailMessage, str], Awaitable[Outcome]]


class Post:
    """One worker; `run` until cancelled."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        events: Events,
        letters: Letters,
        send: Send = relays.send,
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._letters = letters
        self._send = send
        self._news = asyncio.Event()
        self._swept: datetime | None = None
        events.listen(MailQueued, lambda _: self._news.set())

    async def run(self) -> None:
        while True:
            self._news.clear()
            pause = await self._round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def _round(self) -> float:
        """Seconds until the next one. A full disk, say, is no reason to end the box."""
        try:
            await self._sweep()
            if await self.deliver():
                return await self._pause()
        except Exception:
            log.exception("mails wait")
        return PAUSES[0].total_seconds()

    async def _sweep(self) -> None:
        """Once a day let go of old mails."""
        now = self._clock.wall()
        if self._swept is None or now - self._swept >= SWEPT_EVERY:
            await self._change(mails.delete_old)
            self._swept = now

    async def deliver(self) -> bool:
        """Take all that is due to the relay, some at a time: one slow answer holds up few. False
        where what came of one could not be written down."""
        now = self._clock.wall()
        while due := await self._store.readers.run(lambda db: mails.due(db, now, AT_ONCE)):
            async with asyncio.TaskGroup() as tasks:
                taken = [tasks.create_task(self._try(mail)) for mail in due]
            if not all(task.result() for task in taken):
                return False
        return True

    async def _try(self, mail: Mail) -> bool:
        """Nothing is raised: an error in a group of tasks would outdo their cancellation."""
        try:
            await self._take(mail)
        except Exception:
            log.exception("a mail waits")
            return False
        return True

    async def _take(self, mail: Mail) -> None:
        keys = self._store.keys
        there, password, facts = await self._store.readers.run(
            lambda database: (
                mails.relay(database),
                mails.relay_password(database, keys),
                mails.facts(database, keys, mail.key),
            )
        )
        if there is None:
            await self._note(replace(mail, state=MailState.KEPT, next_at=None))
            return
        try:
            letter = self._letters.write(mail.kind, facts)
            message = relays.message(there, mail.recipient, letter, self._clock.wall())
        except Exception:
            log.exception("a mail could not be written")
            await self._note(_failed(mail, "The mail could not be written."))
            return
        outcome = await self._send(there, password, message, mail.recipient)
        await self._note(self._after(mail, outcome))

    def _after(self, mail: Mail, outcome: Outcome) -> Mail:
        """How the mail stands then."""
        now = self._clock.wall()
        match outcome:
            case Taken():
                tries = mail.tries + 1
                return replace(
                    mail, state=MailState.SENT, tries=tries, error="", next_at=None, sent_at=now
                )
            case NotTaken(reason, lasting):
                log.warning("mail not taken", extra={"kind": mail.kind, "reason": reason})
                tried = replace(mail, tries=mail.tries + 1, error=reason)
                life = LIVES.get(mail.kind)
                late = life is not None and now - mail.created_at >= life
                if lasting or late or mail.tries >= len(PAUSES):
                    return _failed(tried, reason)
                return replace(tried, next_at=now + PAUSES[mail.tries])

    async def _note(self, mail: Mail) -> None:
        await self._change(lambda transaction: mails.update(transaction, mail))

    async def _change(self, work: Callable[[Transaction], None]) -> None:
        await self._store.change(work, self._clock.wall(), self._events.publish)

    async def _pause(self) -> float:
        """Seconds until the next mail is due."""
        due = await self._store.readers.run(mails.next_due)
        wait = LONGEST_WAIT if due is None else min(due - self._clock.wall(), LONGEST_WAIT)
        return max(0.0, wait.total_seconds())


def _failed(mail: Mail, reason: str) -> Mail:
    return replace(mail, state=MailState.FAILED, error=reason, next_at=None)
