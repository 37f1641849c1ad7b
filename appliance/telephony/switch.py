"""The switch: what happens to a request, on one page. Read this first.

REGISTER            admitted by the gate, answered by the registrar
INVITE              admitted by the gate, a call of the exchange
with a To tag       to the leg whose dialog it is in, else 481
OPTIONS             answered: the box is here (interop 4)
everything else     refused in words
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from appliance.clock import Clock
from appliance.telephony.access import Gate
from appliance.telephony.calls.exchange import Exchange
from appliance.telephony.calls.abilities import ALLOW, SUPPORTED
from appliance.telephony.registrar import Registrar
from appliance.telephony.sip.core_events import Event, RequestReceived
from appliance.telephony.sip.message import Response
from appliance.telephony.transport.driver import Driver

log = logging.getLogger(__name__)

CHALLENGE: Final = 401


class Switch:
    def __init__(
        self, driver: Driver, gate: Gate, registrar: Registrar, exchange: Exchange, clock: Clock
    ) -> None:
        self._driver = driver
        self._gate = gate
        self._registrar = registrar
        self._exchange = exchange
        self._clock = clock

    def receive(self, event: Event) -> None:
        """Every event whose transaction has no owner: new requests, and late news of old ones."""
        if not isinstance(event, RequestReceived):
            return
        if event.request.to.tag and event.request.method != "REGISTER":
            self._exchange.in_dialog(event)
        else:
            _HANDLERS.get(event.request.method, Switch._unknown)(self, event)

    def _register(self, event: RequestReceived) -> None:
        self._respond(
            event,
            self._registrar.register(event.request, event.transaction.flow, self._clock.now()),
        )

    def _invite(self, event: RequestReceived) -> None:
        admitted = self._gate.admit(event.request, event.transaction.flow, self._clock.now())
        if isinstance(admitted, Response):
            self._respond(event, admitted)
        else:
            self._exchange.arrive(event, admitted)

    def _options(self, event: RequestReceived) -> None:
        headers = [("Allow", ALLOW), ("Supported", SUPPORTED), ("Accept", "application/sdp")]
        self._respond(event, event.request.reply(200, headers=headers))

    def _known_but_refused(self, event: RequestReceived) -> None:
        self._respond(event, event.request.reply(405, headers=[("Allow", ALLOW)]))

    def _unknown(self, event: RequestReceived) -> None:
        self._respond(event, event.request.reply(501, headers=[("Allow", ALLOW)]))

    def _respond(self, event: RequestReceived, response: Response) -> None:
        # A challenge is made afresh for each retransmission, so nothing need be remembered of it.
        remember = response.status != CHALLENGE
        self._driver.respond(event.transaction, response, remember=remember)


_HANDLERS: Final[dict[str, Callable[[Switch, RequestReceived], None]]] = {
    "REGISTER": Switch._register,
    "INVITE": Switch._invite,
    "OPTIONS": Switch._options,
    "SUBSCRIBE": Switch._known_but_refused,
    "PUBLISH": Switch._known_but_refused,
    "MESSAGE": Switch._known_but_refused,
    "NOTIFY": Switch._known_but_refused,
    "REFER": Switch._known_but_refused,
    "INFO": Switch._known_but_refused,
    "UPDATE": Switch._known_but_refused,
    "PRACK": Switch._known_but_refused,
    "BYE": Switch._known_but_refused,
}
