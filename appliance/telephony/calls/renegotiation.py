"""Offers after the first, of either side: hold, other codecs, fax, new keys, session refresh
(RFC 3261 § 14, RFC 3264 § 8, RFC 3311; interop 11-13).

Only one offer is open at a time. What the leg can answer alone it answers; what needs the other
party goes to the leg's holder.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from appliance.telephony.calls.abilities import ABILITIES, SDP
from appliance.telephony.calls.description import described
from appliance.telephony.calls.events import Offers
from appliance.telephony.calls.leg_media import MediaRefused
from appliance.telephony.media.port import NoMediaPorts
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.session import Session
from appliance.telephony.sip.core_events import (
    Acknowledged,
    Cancelled,
    Event,
    NotAcknowledged,
    ResponseReceived,
    TransportFailed,
)
from appliance.telephony.sip.dialog import glare_seconds
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from appliance.telephony.calls.leg import Leg

GLARE_TRIES: Final = 4
GONE: Final = (408, 481)
"""Final responses which say that the far end knows no such call (RFC 5057 § 5.1)."""

OFFER_SECONDS: Final = 60.0
"""How long a phone may think about a re-INVITE, ringing or not, before we take it back."""

Done = Callable[[Response | None], None]
"""Takes the final response, or None when none came."""


class Abandoned(Exception):
    """Nobody waits for the answer to our offer any more."""


class Renegotiation:
    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._ours_open = False
        self._theirs: ServerTransaction | None = None
        self._final: asyncio.Future[Response | None] | None = None

    @property
    def busy(self) -> bool:
        """Whether an offer of either side waits for its answer."""
        return self._ours_open or self._theirs is not None

    def glare_delay(self) -> float:
        """Seconds to wait after a 491 (RFC 3261 § 14.1)."""
        return glare_seconds(own_call_id=self._leg.direction == "out", chance=random.random())

    # -- ours ----------------------------------------------------------------------------------

    async def offer(self, make: Callable[[], Session]) -> bool:
        """Offer the far end other media and apply its answer; glare is tried again. False when it
        refuses, or there are no ports: then what was agreed goes on. Without any response the leg
        is over."""
        try:
            return await self._offer(make)
        except (Abandoned, NoMediaPorts):
            self._leg.media.withdraw()
            return False

    async def _offer(self, make: Callable[[], Session]) -> bool:
        for _ in range(GLARE_TRIES):
            if not self._leg.confirmed:
                return False
            if not self.busy:
                response = await self._send(make())
                if response is None or response.status in GONE:
                    self._leg.over("dialog_lost")
                    return False
                if response.status < 300:
                    return self._take_answer(response)
                self._leg.media.withdraw()
                if response.status != 491:
                    return False
            await asyncio.sleep(self.glare_delay())
        return False

    def refresh(self, done: Done, headers: Iterable[tuple[str, str]]) -> None:
        """Re-INVITE with what is agreed already (RFC 4028 § 7.4)."""

        def on_response(response: Response | None) -> None:
            if response is not None and response.status < 300:
                self._take_answer(response)
            else:
                self._leg.media.withdraw()
            done(response)

        self._invite(self._leg.media.unchanged(), on_response, headers)

    async def _send(self, session: Session) -> Response | None:
        final: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        self._final = final

        def on_response(response: Response | None) -> None:
            if not final.done():
                final.set_result(response)

        self._invite(session, on_response)
        return await final

    def _invite(
        self, session: Session, done: Done, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Send a re-INVITE; a 2xx is acknowledged before `done` sees it."""
        leg = self._leg
        assert leg.dialog is not None
        leg.find_phone()
        self._ours_open = True
        more = [*ABILITIES, *headers]
        request = leg.dialog.request("INVITE", more, str(session).encode(), SDP)

        def on_event(event: Event) -> None:
            response = event.response if isinstance(event, ResponseReceived) else None
            if response is not None and response.status < 200:
                return
            self._ours_open = False
            alarm.cancel()
            if isinstance(event, ResponseReceived) and event.response.status < 300:
                self._acknowledge(event)
            done(response)

        driver = leg.equipment.driver
        transaction = driver.request(request, leg.way_for(request), on_event)
        loop = asyncio.get_running_loop()
        alarm = loop.call_later(OFFER_SECONDS, driver.cancel, transaction)

    def give_up(self) -> None:
        """Wait no longer for the answer to our offer: the other party has gone."""
        if self._final is not None and not self._final.done():
            self._final.set_exception(Abandoned())

    def _acknowledge(self, event: ResponseReceived) -> None:
        """The ACK of a 2xx (RFC 3261 § 13.2.2.4); the core keeps the INVITE for 32 s more."""
        dialog = self._leg.dialog
        assert dialog is not None
        dialog.answered(event.response)
        ack = dialog.ack(event.response.cseq.number)
        self._leg.equipment.driver.acknowledge(event.transaction, ack)
        event.transaction.owner = _nobody

    def _take_answer(self, response: Response) -> bool:
        try:
            answer = described(response)
            if answer is None:
                return False
            self._leg.media.take_answer(answer)
        except (SdpError, MediaRefused):
            return False
        return True

    # -- theirs --------------------------------------------------------------------------------

    def receive(self, transaction: ServerTransaction, request: Request) -> None:
        """A re-INVITE, or an UPDATE with an offer: answered now, or when the holder has asked."""
        if self._ours_open:
            self._leg.respond(transaction, request.reply(491))
        elif self._theirs is not None or not self._leg.confirmed:
            retry = ("Retry-After", str(random.randint(0, 10)))
            self._leg.respond(transaction, request.reply(500, headers=[retry]))
        else:
            self._theirs = transaction
            transaction.owner = self._on_event
            self._consider(transaction, request)

    def _consider(self, transaction: ServerTransaction, request: Request) -> None:
        leg = self._leg
        try:
            offer = described(request)
        except SdpError as error:
            self._refuse(transaction, 400, f"Bad SDP: {error}")
            return
        if offer is None:
            self._accept(transaction, leg.media.offer_again())
            return
        answer = leg.media.answer_again(offer)
        if answer is not None or leg.holder is None:
            self._settle(transaction, answer)
        else:
            leg.tell(Offers(leg, offer, lambda relayed: self._settle(transaction, relayed)))

    def _settle(self, transaction: ServerTransaction, answer: Session | None) -> None:
        if self._theirs is not transaction:
            return
        if answer is None:
            self._refuse(transaction, 488)
        else:
            self._accept(transaction, answer)

    def _accept(self, transaction: ServerTransaction, session: Session) -> None:
        leg, request = self._leg, transaction.request
        if request.method == "UPDATE":
            self._theirs = None
        headers = [*leg.own_headers(), *leg.watch.answer_headers(request)]
        body = str(session).encode()
        leg.respond(transaction, request.reply(200, headers=headers, body=body, content_type=SDP))

    def _refuse(self, transaction: ServerTransaction, status: int, words: str = "") -> None:
        self._theirs = None
        self._leg.media.withdraw()
        self._leg.respond(transaction, transaction.request.reply(status, words))

    def _on_event(self, event: Event) -> None:
        """What becomes of the far end's re-INVITE after we took it."""
        if isinstance(event, Cancelled):
            self._refuse(event.transaction, 487)
        elif isinstance(event, Acknowledged):
            self._theirs = None
            self.take_late_answer(event.request)
        elif isinstance(event, NotAcknowledged | TransportFailed):
            self._theirs = None
            self._leg.release("no_ack")

    def take_late_answer(self, ack: Request) -> None:
        """An ACK that answers the offer of our 2xx (RFC 3264 § 5, interop 13)."""
        if not self._leg.media.offering:
            return
        try:
            answer = described(ack)
            if answer is not None:
                self._leg.media.take_answer(answer)
        except (SdpError, MediaRefused):
            self._leg.release("media_refused")

    def stop(self) -> None:
        """The leg is over: an offer of theirs that waits is refused (RFC 3261 § 15.1.2)."""
        self.give_up()
        pending, self._theirs = self._theirs, None
        if pending is not None and not pending.answered:
            self._leg.respond(pending, pending.request.reply(487))


def _nobody(event: Event) -> None:
    """What still comes for an INVITE whose answer is taken is nobody's news."""
