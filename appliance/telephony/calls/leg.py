"""A leg: one dialog of the B2BUA with its media (RFC 3261 § 12, style: Words).

What both directions share: requests within the dialog, hold and re-INVITE, the session timer,
and the facts for the record. `incoming.py` and `outgoing.py` add how each comes to be answered.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final

from appliance.model.calls import EndedBy, LegRecord
from appliance.model.subscribers import Subscriber
from appliance.telephony.calls.abilities import ABILITIES, SDP
from appliance.telephony.calls.dtmf_info import parse_key
from appliance.telephony.calls.equipment import Equipment
from appliance.telephony.calls.events import HangsUp, LegEvent, Offers, Presses
from appliance.telephony.calls.leg_media import LegMedia, MediaRefused
from appliance.telephony.calls.referral import Referral, parse_referral
from appliance.telephony.calls.session_watch import SessionWatch
from appliance.telephony.media.port import MediaEvent, MediaResumed, MediaSilent
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.session import Session
from appliance.telephony.sip.address import Address
from appliance.telephony.sip.core_events import (
    Acknowledged,
    Cancelled,
    Event,
    NotAcknowledged,
    ResponseReceived,
    TimedOut,
    TransportFailed,
)
from appliance.telephony.sip.dialog import Dialog
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from appliance.telephony.calls.call import Call

GLARE_TRIES: Final = 4
RELEASE_SECONDS: Final = 2.0

Done = Callable[[Response | None], None]
"""Takes the final response, or None when none came."""


class LegState(Enum):
    TRYING = "trying"
    ANSWERED = "answered"
    ENDED = "ended"


class Leg:
    """`holder` is told what the leg cannot settle alone; `call` is the call that it is part of."""

    direction = ""

    def __init__(
        self, equipment: Equipment, flow: Flow, subscriber: Subscriber, user_agent: str
    ) -> None:
        self.equipment = equipment
        self.flow = flow
        self.subscriber = subscriber
        self.user_agent = user_agent
        self.media = LegMedia(
            equipment.media, flow.local[0], subscriber.device.media_security, self._on_media
        )
        self.call: Call
        self.dialog: Dialog | None = None
        self.state = LegState.TRYING
        self.holder: Callable[[LegEvent], None] | None = None
        self.ended = asyncio.Event()
        self.end_reason = ""
        self.outcome = ""
        self.started_at: datetime = equipment.clock.wall()
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.watch = SessionWatch(self)
        self.transfer_asked: Referral | None = None
        self.silent = False
        self._allowed: frozenset[str] = frozenset()
        self._our_offer_open = False
        self._their_offer: ServerTransaction | None = None

    # -- who this is ---------------------------------------------------------------------------

    @property
    def number(self) -> str:
        return self.subscriber.extension.number

    @property
    def alive(self) -> bool:
        return self.state is not LegState.ENDED

    @property
    def confirmed(self) -> bool:
        return self.state is LegState.ANSWERED

    @property
    def takes_update(self) -> bool:
        """Whether the phone listed UPDATE in Allow (interop 10, 16)."""
        return "UPDATE" in self._allowed

    def ended_by(self, party: EndedBy) -> EndedBy:
        """Who ended this leg: its party, or the system where it gave a reason."""
        return EndedBy.SYSTEM if self.end_reason else party

    def learn(self, message: Request | Response) -> None:
        """Note what the phone says that it can do."""
        self._allowed = message.allow or self._allowed

    # -- what the call does with a leg -------------------------------------------------------------

    def ring(self) -> None:
        """Let the far end hear that somebody is being rung: an answered leg hears a tone."""
        self.media.ringback()

    def hear(self, branch: Leg) -> None:
        """Let the far end hear early media of `branch`."""
        self.media.join(branch.media)

    async def accept(self, branch: Leg) -> bool:
        """Bring this leg together with one that has just answered."""
        return await self.align(branch)

    async def align(self, other: Leg) -> bool:
        """Join two answered legs; where they share no codec, offer one what the other has.

        False when they cannot be brought together.
        """
        for leg, model in ((other, self), (self, other)):
            if not self.media.joinable(other.media):
                await leg.reoffer(partial(leg.media.offer_like, model.media))
        if not self.media.joinable(other.media):
            return False
        self.media.join(other.media)
        return True

    async def answer_here(self) -> bool:
        """Answer by the box itself; an answered leg has been."""
        self.media.part()
        return True

    def refuse(self, status: int, words: str) -> None:
        """Tell a leg that waits for an answer that there is none; an answered one is ended."""
        self.release()

    def release(self, reason: str = "") -> None:
        """End the leg from our side: BYE."""
        if self.state is LegState.ANSWERED:
            self.send("BYE", headers=_reason(reason))
            self.over(reason)

    def release_soon(self) -> None:
        """End the leg in a moment, unless its phone does: a transferor that is no longer needed."""
        asyncio.get_running_loop().call_later(RELEASE_SECONDS, self.release)

    def over(self, reason: str = "") -> None:
        """The leg has ended, by whomever: free what it holds and say so."""
        if self.state is LegState.ENDED:
            return
        was_answered = self.confirmed
        self.end_reason = reason
        self.free()
        if was_answered:
            self.tell(HangsUp(self))
        self.call.leg_ended(self)

    def free(self) -> None:
        """Free the media, forget the dialog, stop the watch."""
        self.state = LegState.ENDED
        self.ended_at = self.equipment.clock.wall()
        self.watch.stop()
        self.media.close()
        if self.dialog is not None:
            self.equipment.dialogs.pop(self.dialog.key, None)
        self.ended.set()

    def tell(self, event: LegEvent) -> None:
        """Hand an event to the holder, if there is one."""
        if self.holder is not None:
            self.holder(event)

    def establish(self, dialog: Dialog) -> None:
        """The leg's dialog exists: requests within it are this leg's from now on."""
        self.dialog = dialog
        self.equipment.dialogs[dialog.key] = self

    def answered(self) -> None:
        """Note the answer; charging and the session timer start here (interop 22)."""
        self.state = LegState.ANSWERED
        self.outcome = "200 OK"
        self.answered_at = self.equipment.clock.wall()

    def record(self) -> LegRecord:
        """The leg's facts as they stand."""
        received, sent = self.media.figures()
        return LegRecord(
            direction=self.direction,
            number=self.number,
            device=self.subscriber.device.key,
            username=self.subscriber.device.username,
            remote_address=f"{self.flow.remote[0]}:{self.flow.remote[1]}",
            transport=self.flow.transport,
            user_agent=self.user_agent,
            outcome=self.outcome,
            codec=self.media.codec,
            secure_media=self.media.secure,
            started_at=self.started_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            received=received,
            sent=sent,
        )

    # -- requests of ours ----------------------------------------------------------------------------

    def send(
        self,
        method: str,
        done: Done | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> None:
        """Send a request within the dialog; `done` gets its final response."""
        assert self.dialog is not None
        request = self.dialog.request(method, list(headers), body, content_type)
        self.equipment.driver.request(request, self.flow, lambda event: _final(event, done))

    def offer(self, session: Session, done: Done, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Send a re-INVITE with this offer; a 2xx is acknowledged before `done` sees it."""
        assert self.dialog is not None
        self._our_offer_open = True
        request = self.dialog.request("INVITE", [*ABILITIES, *headers], str(session).encode(), SDP)

        def on_event(event: Event) -> None:
            if isinstance(event, ResponseReceived) and event.response.status < 200:
                return
            self._our_offer_open = False
            response = event.response if isinstance(event, ResponseReceived) else None
            if response is not None and response.status < 300:
                self.acknowledge(event.transaction, response)
            done(response)

        self.equipment.driver.request(request, self.flow, on_event)

    def acknowledge(self, transaction: object, response: Response) -> None:
        """Send the ACK of a 2xx (RFC 3261 § 13.2.2.4)."""
        assert self.dialog is not None and isinstance(transaction, ClientTransaction)
        ack = self.dialog.ack(response.cseq.number)
        self.equipment.driver.acknowledge(transaction, ack)

    def refresh_by_offer(self, done: Done, headers: Iterable[tuple[str, str]]) -> None:
        """Re-INVITE with what is agreed already: a session refresh."""

        def on_response(response: Response | None) -> None:
            if response is not None and response.status < 300:
                self._take_answer(response)
            else:
                self.media.withdraw()
            done(response)

        self.offer(self.media.unchanged(), on_response, headers)

    async def reoffer(self, make: Callable[[], Session]) -> bool:
        """Offer the far end other media and apply its answer; glare is retried (interop 11)."""
        for _ in range(GLARE_TRIES):
            if not self.confirmed:
                return False
            response = None if self.busy_with_offer else await self._offered(make())
            if response is not None and response.status < 300:
                return self._take_answer(response)
            self.media.withdraw()
            if response is not None and response.status in (408, 481):
                self.over("dialog_lost")
            if response is not None and response.status != 491:
                return False
            await asyncio.sleep(self.glare_delay())
        return False

    async def _offered(self, session: Session) -> Response | None:
        answer: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()

        def on_response(response: Response | None) -> None:
            if not answer.done():
                answer.set_result(response)

        self.offer(session, on_response)
        return await answer

    def _take_answer(self, response: Response) -> bool:
        try:
            self.media.take_answer(Session.parse(response.body))
        except (SdpError, MediaRefused):
            return False
        return True

    @property
    def busy_with_offer(self) -> bool:
        """Whether an offer of either side waits for its answer."""
        return self._our_offer_open or self._their_offer is not None

    def glare_delay(self) -> float:
        """Seconds to wait after 491: the owner of the Call-ID waits longer (RFC 3261 § 14.1)."""
        owner = self.direction == "out"
        return random.uniform(2.1, 4.0) if owner else random.uniform(0.01, 2.0)

    @property
    def contact(self) -> Address:
        """How the far end reaches this leg."""
        return Address("", self.equipment.driver.contact_uri(self.flow, self.number))

    def own_headers(self) -> list[tuple[str, str]]:
        """Contact and abilities, of a first INVITE and of every answer to an INVITE or UPDATE."""
        return [("Contact", str(self.contact)), *ABILITIES]

    # -- requests of the far end -----------------------------------------------------------------------

    def receive(self, transaction: ServerTransaction, request: Request) -> None:
        """A request within the dialog: the table below says who handles it."""
        assert self.dialog is not None
        status = self.dialog.accept(request)
        if status is not None:
            self.respond(transaction, request.reply(status))
            return
        self.flow = transaction.flow
        self.learn(request)
        handler = _HANDLERS.get(request.method)
        if handler is None:
            self.respond(transaction, request.reply(501))
        else:
            handler(self, transaction, request)

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        self.equipment.driver.respond(transaction, response)

    def _on_bye(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(200))
        if self._their_offer is not None:
            pending, self._their_offer = self._their_offer, None
            self.respond(pending, pending.request.reply(487))
        self.over()

    def _on_reinvite(self, transaction: ServerTransaction, request: Request) -> None:
        if self._our_offer_open:
            self.respond(transaction, request.reply(491))
        elif self._their_offer is not None or not self.confirmed:
            retry = ("Retry-After", str(random.randint(0, 10)))
            self.respond(transaction, request.reply(500, headers=[retry]))
        else:
            self._answer_offer(transaction, request)

    def _on_update(self, transaction: ServerTransaction, request: Request) -> None:
        """RFC 3311; a session refresh without SDP, or an offer that may change media."""
        if request.body:
            self._on_reinvite(transaction, request)
        else:
            headers = [*self.own_headers(), *self.watch.answer_headers(request)]
            self.respond(transaction, request.reply(200, headers=headers))

    def _answer_offer(self, transaction: ServerTransaction, request: Request) -> None:
        self._their_offer = transaction
        transaction.owner = self._on_offer_event
        if not request.body:
            self._accept_offer(transaction, self.media.offer_again())
            return
        try:
            offer = Session.parse(request.body)
        except SdpError as error:
            self._refuse_offer(transaction, 400, str(error))
            return
        answer = self.media.answer_again(offer)
        if answer is not None or self.holder is None:
            self._settle(transaction, answer)
        else:
            self.tell(Offers(self, offer, lambda relayed: self._settle(transaction, relayed)))

    def _settle(self, transaction: ServerTransaction, answer: Session | None) -> None:
        if self._their_offer is not transaction:
            return
        if answer is None:
            self._refuse_offer(transaction, 488, "")
        else:
            self._accept_offer(transaction, answer)

    def _accept_offer(self, transaction: ServerTransaction, session: Session) -> None:
        if transaction.request.method == "UPDATE":
            self._their_offer = None
        headers = [*self.own_headers(), *self.watch.answer_headers(transaction.request)]
        body = str(session).encode()
        reply = transaction.request.reply(200, headers=headers, body=body, content_type=SDP)
        self.respond(transaction, reply)

    def _refuse_offer(self, transaction: ServerTransaction, status: int, words: str) -> None:
        self._their_offer = None
        self.media.withdraw()
        self.respond(transaction, transaction.request.reply(status, words))

    def _on_offer_event(self, event: Event) -> None:
        """What becomes of the far end's re-INVITE after we took it."""
        if isinstance(event, Cancelled):
            self._refuse_offer(event.transaction, 487, "")
        elif isinstance(event, Acknowledged):
            self._their_offer = None
            self.take_late_answer(event.request)
        elif isinstance(event, NotAcknowledged | TransportFailed):
            self._their_offer = None
            self.release("no_ack")

    def take_late_answer(self, ack: Request) -> None:
        """An ACK that answers the offer of our 2xx (RFC 3264 § 5, interop 13)."""
        if not ack.body or not self.media.offering:
            return
        try:
            self.media.take_answer(Session.parse(ack.body))
        except (SdpError, MediaRefused):
            self.release("media_refused")

    def _on_info(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(200))
        key = parse_key(request.content_type, request.body)
        if key is not None:
            self.tell(Presses(self, key.digit, key.duration_ms))

    def _on_refer(self, transaction: ServerTransaction, request: Request) -> None:
        referral = parse_referral(request)
        if referral is None:
            self.respond(transaction, request.reply(400, "Bad Refer-To"))
        elif self.holder is None or self.transfer_asked is not None:
            self.respond(transaction, request.reply(491))
        else:
            self.transfer_asked = referral
            headers = [] if referral.wants_notify else [("Refer-Sub", "false")]
            headers.append(("Contact", str(self.contact)))
            self.respond(transaction, request.reply(202, headers=headers))
            self.notify_transfer(100, "Trying")
            self.tell(referral.event(self))

    def notify_transfer(self, status: int, words: str) -> None:
        """Tell the transferor how its transfer goes (RFC 3515 § 2.4.4); 2xx and above end it."""
        referral = self.transfer_asked
        if referral is None or not self.confirmed:
            return
        state = "active;expires=180" if status < 200 else "terminated;reason=noresource"
        if status >= 200:
            self.transfer_asked = None
        if referral.wants_notify:
            self.send(
                "NOTIFY",
                headers=[
                    ("Event", referral.event_header),
                    ("Subscription-State", state),
                ],
                body=f"SIP/2.0 {status} {words}\r\n".encode(),
                content_type="message/sipfrag;version=2.0",
            )

    def _on_options(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(200, headers=self.own_headers()))

    def _on_other(self, transaction: ServerTransaction, request: Request) -> None:
        """NOTIFY, PRACK and MESSAGE within a call need no more than our 200."""
        self.respond(transaction, request.reply(200))

    # -- media ---------------------------------------------------------------------------------------

    def _on_media(self, event: MediaEvent) -> None:
        self.silent = isinstance(event, MediaSilent) or (
            self.silent and not isinstance(event, MediaResumed)
        )
        if isinstance(event, MediaSilent) and self.confirmed:
            self.call.note("Media silent", f"{self.number} for {event.seconds:.0f} s")
            self.watch.ask_alive()


def _final(event: Event, done: Done | None) -> None:
    if done is None:
        return
    if isinstance(event, ResponseReceived):
        if event.response.status >= 200:
            done(event.response)
    elif isinstance(event, TimedOut | TransportFailed):
        done(None)


def _reason(reason: str) -> list[tuple[str, str]]:
    return [("Reason", f'SIP;cause=480;text="{reason}"')] if reason else []


_HANDLERS: Final[dict[str, Callable[[Leg, ServerTransaction, Request], None]]] = {
    "BYE": Leg._on_bye,
    "INVITE": Leg._on_reinvite,
    "UPDATE": Leg._on_update,
    "INFO": Leg._on_info,
    "REFER": Leg._on_refer,
    "OPTIONS": Leg._on_options,
    "NOTIFY": Leg._on_other,
    "PRACK": Leg._on_other,
    "MESSAGE": Leg._on_other,
}
