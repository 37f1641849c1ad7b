"""What is written after an answer has gone out, so that the answer's time tells nothing: refused
sign-ins in the audit log, and their mails."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from appliance.control.caller import Caller
from appliance.control.changes import Change, Control

log = logging.getLogger(__name__)

MOST_WAITING: Final = 1000

Make = Callable[[Change], object]


class Followups:
    """Done one after another by `run`; what is too much is left out, and said in the log."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._queue: asyncio.Queue[tuple[Caller, Make]] = asyncio.Queue(MOST_WAITING)

    def add(self, caller: Caller, make: Make) -> None:
        try:
            self._queue.put_nowait((caller, make))
        except asyncio.QueueFull:
            log.warning("left out of the audit log: too many refused sign-ins")

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._one(*await self._queue.get())

    async def settle(self) -> None:
        """Do what waits now."""
        while not self._queue.empty():
            await self._one(*self._queue.get_nowait())

    async def _one(self, caller: Caller, make: Make) -> None:
        try:
            await self._control.change(caller, make)
        except Exception:
            log.exception("not written: a refused sign-in")
