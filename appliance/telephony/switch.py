"""The switch: what happens to a request, on one page. Read this first.

REGISTER            admitted by the gate, answered by the registrar
INVITE              admitted by the gate, a call of the exchange
with a To tag       to the leg whose dialog it is in, else 481; from a place where its phone is not
                    known to be: by the gate
OPTIONS             answered: the box is here (interop 4)
everything else     refused in words
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from appliance.clock import Clock
from appliance.model.subscribers import Subscriber
from appliance.telephony.calls.abilities import ALLOW, SUPPORTED
from appliance.telephony.calls.exchange import Exchange
from appliance.telephony.calls.stray import end_stray_answer
from appliance.telephony.sip.core_events import Event, RequestReceived, ResponseReceived
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.transport.driver import Driver

log = logging.getLogger(__name__)

CHALLENGE: Final = 401
SERVED_SCHEMES: Final = ("sip", "sips", "tel")
EXTENSIONS: Final = frozenset({"replaces", "timer", "100rel", "norefersub", "outbound", "path"})
"""The option tags that a Require may name (RFC 3261 § 8.2.2.3)."""
IN_DIALOG_ONLY: Final = (
    *("BYE", "INFO", "MESSAGE", "NOTIFY", "PRACK", "PUBLISH", "REFER", "SUBSCRIBE", "UPDATE"),
)
"""Methods that the box knows, but serves within a call only."""

Handler = Callable[[RequestReceived], None]


class Gate(Protocol):
    def admit(self, request: Request, flow: Flow, now: float) -> Subscriber | Response:
        """The device that sent the request, or what to answer instead."""


class Registrar(Protocol):
    def register(self, request: Request, flow: Flow, now: float) -> Response: ...


class Switch:
    def __init__(
        self, driver: Driver, gate: Gate, registrar: Registrar, exchange: Exchange, clock: Clock
    ) -> None:
        self._driver = driver
        self._gate = gate
        self._registrar = registrar
        self._exchange = exchange
        self._clock = clock
        self._handlers: Final[Mapping[str, Handler]] = {
            "REGISTER": self._register,
            "INVITE": self._invite,
            "OPTIONS": self._options,
            **dict.fromkeys(IN_DIALOG_ONLY, self._refuse_outside),
        }

    def receive(self, event: Event) -> None:
        """Every event whose transaction has no owner: new requests, and late news of old ones."""
        if isinstance(event, ResponseReceived):
            end_stray_answer(self._driver, event)
        elif isinstance(event, RequestReceived):
            self._route(event)

    def _route(self, event: RequestReceived) -> None:
        refusal = unserved(event.request)
        if refusal is not None:
            self._respond(event, refusal)
        elif event.request.to.tag and event.request.method != "REGISTER":
            self._exchange.in_dialog(event, self._gate.admit)
        else:
            self._handlers.get(event.request.method, self._refuse_unknown)(event)

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

    def _refuse_outside(self, event: RequestReceived) -> None:
        self._respond(event, event.request.reply(405, headers=[("Allow", ALLOW)]))

    def _refuse_unknown(self, event: RequestReceived) -> None:
        self._respond(event, event.request.reply(501, headers=[("Allow", ALLOW)]))

    def _respond(self, event: RequestReceived, response: Response) -> None:
        # A challenge is made afresh for each retransmission, so nothing need be remembered of it;
        # nor of a refused INVITE (RFC 3261 § 8.2.7): else one forged datagram would have its
        # refusal sent eleven times over, and held for 32 s.
        refused = event.request.method == "INVITE" and response.status >= 300
        remember = response.status != CHALLENGE and not refused
        self._driver.respond(event.transaction, response, remember=remember)


def unserved(request: Request) -> Response | None:
    """The refusal of what no method here can serve (RFC 3261 § 8.2.2); None for what can be."""
    if request.uri.scheme not in SERVED_SCHEMES:
        return request.reply(416)
    unknown = request.require - EXTENSIONS
    if unknown:
        return request.reply(420, headers=[("Unsupported", ", ".join(sorted(unknown)))])
    return None
