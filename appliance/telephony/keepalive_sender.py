"""The registrar's time: bindings that expire, and OPTIONS to phones behind NAT (interop 4)."""

from __future__ import annotations

import asyncio
from typing import Final

from appliance.telephony.keepalives import Keepalive
from appliance.telephony.registrar import Registrar
from appliance.telephony.sip.core_events import Event, ResponseReceived
from appliance.telephony.sip.message import Request
from appliance.telephony.sip.types import new_call_id, new_tag
from appliance.telephony.transport.driver import Driver

TICK_SECONDS: Final = 1.0


class KeepaliveSender:
    """Asks the registrar once a second what is due."""

    def __init__(self, registrar: Registrar, driver: Driver) -> None:
        self._registrar = registrar
        self._driver = driver

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(TICK_SECONDS)

    def tick(self) -> None:
        """End what has expired and ask whom it is time to ask."""
        now = self._driver.now()
        self._registrar.handle_timer(now)
        for keepalive in self._registrar.keepalives.due(now):
            self._ask(keepalive)

    def _ask(self, keepalive: Keepalive) -> None:
        contact = keepalive.contact
        box = self._driver.contact_uri(contact.flow, "box")
        headers = [
            *(("Route", hop) for hop in contact.path),
            ("Max-Forwards", "70"),
            ("From", f"<{box}>;tag={new_tag()}"),
            ("To", f"<{contact.uri}>"),
            ("Call-ID", new_call_id()),
            ("CSeq", "1 OPTIONS"),
            ("Contact", f"<{box}>"),
        ]
        request = Request.make("OPTIONS", contact.uri, headers)
        self._driver.request(request, contact.flow, lambda event: self._heard(keepalive, event))

    def _heard(self, keepalive: Keepalive, event: Event) -> None:
        if not isinstance(event, ResponseReceived):
            self._registrar.keepalives.lost(keepalive)
        elif event.response.status >= 200:
            self._registrar.keepalives.answered(keepalive, self._driver.now())
