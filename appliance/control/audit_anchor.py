"""The head of the audit log, put into the box's own log once a day: kept elsewhere, as logs are, it
shows later whether entries were cut off at the end, which the chain itself cannot."""

import asyncio
import logging
from typing import Final

from appliance.control import audit
from appliance.control.changes import Control

log = logging.getLogger(__name__)

DAY_SECONDS: Final = 86_400.0


class AuditAnchor:
    def __init__(self, control: Control) -> None:
        self._control = control

    async def run(self) -> None:
        """At once and then daily, until cancelled."""
        while True:
            await self.note()
            await asyncio.sleep(DAY_SECONDS)

    async def note(self) -> None:
        number, head = await self._control.read(audit.head)
        log.info("audit head", extra={"row": number, "hash": head.hex()})
