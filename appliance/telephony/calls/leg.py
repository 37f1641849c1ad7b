"""A leg: one dialog of the B2BUA with its media (RFC 3261 § 12, style: Words).

What both directions share: requests within the dialog, hold and re-INVITE, the session timer,
and the facts for the record. `incoming.py` and `outgoing.py` add how each comes to be answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final

from appliance.model.calls import EndedBy, LegRecord
from appliance.model.subscribers import Subscriber
from appliance.telephony.calls.abilities import ABILITIES
from appliance.telephony.calls.dtmf_info import parse_key
from appliance.telephony.calls.equipment import Equipment
from appliance.telephony.calls.events import HangsUp, LegEvent, Presses
from appliance.telephony.calls.identity import withholds
from appliance.telephony.calls.leg_media import LegMedia
from appliance.telephony.calls.referral import Transferor
from appliance.telephony.calls.renegotiation import Done, Renegotiation
from appliance.telephony.calls.session_watch import SessionWatch
from appliance.telephony.media.port import MediaEvent, MediaResumed, MediaSilent
from appliance.telephony.sip.address import Address
from appliance.telephony.sip.core_events import (
    Event,
    ResponseReceived,
    TimedOut,
    TransportFailed,
)
from appliance.telephony.sip.dialog import Dialog
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.host import print_host_port
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from appliance.telephony.calls.call import Call

RELEASE_SECONDS: Final = 2.0

Handler = Callable[[ServerTransaction, Request], None]


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
        self.offers = Renegotiation(self)
        self.transferor = Transferor(self)
        self.silent = False
        self.withheld = False
        """Nobody is to be shown the leg's number (interop 25)."""
        self._allowed: frozenset[str] = frozenset()

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
        """Note what the phone says that it can do, and whether its number is to be shown."""
        self._allowed = message.allow or self._allowed
        self.withheld = self.withheld or withholds(message)

    # -- what the call does with a leg ---------------------------------------------------------

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
                await leg.offers.offer(partial(leg.media.offer_like, model.media))
        if not self.media.joinable(other.media):
            return False
        self.media.join(other.media)
        return True

    async def answer_here(self) -> bool:
        """Answer by the box itself; an answered leg has been."""
        self.media.part()
        return True

    def refuse(self, _status: int, _words: str) -> None:
        """Tell a leg that waits for an answer that there is none; an answered one is ended."""
        self.release()

    def release(self, reason: str = "") -> None:
        """End the leg from our side: BYE."""
        if self.state is LegState.ANSWERED:
            self.say_bye(reason)
            self.over(reason)

    def say_bye(self, reason: str) -> None:
        """Send the BYE."""
        self.send("BYE", headers=reason_header(reason))

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
        self.offers.stop()
        self.media.close()
        if self.dialog is not None:
            self.equipment.dialogs.pop(self.dialog.key, None)
        self.ended.set()

    def forget(self) -> None:
        """The call is over: let go of what refers back to this leg, so that its memory is given
        back now and not when the collector comes."""
        del self.watch, self.offers, self.transferor, self.call

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
            remote_address=print_host_port(*self.flow.remote),
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

    # -- requests of ours ----------------------------------------------------------------------

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
        self.find_phone()
        request = self.dialog.request(method, list(headers), body, content_type)
        way = self.way_for(request)
        self.equipment.driver.request(request, way, lambda event: _final(event, done))

    def find_phone(self) -> None:
        """Before we send: where the phone's connection is gone, go by the way on which it has
        registered since."""
        if self.equipment.driver.alive(self.flow):
            return
        others = self._other_ways()
        if others:
            self._move(others[-1])

    def way_for(self, request: Request) -> Flow:
        """The leg's own flow; for what is too large for a datagram a connection on which the same
        phone is registered as well, where it has one (RFC 3261 § 18.1.1, interop 8)."""
        if not self.equipment.driver.prefers_stream(request, self.flow):
            return self.flow
        return next((flow for flow in self._other_ways() if flow.reliable), self.flow)

    def _other_ways(self) -> list[Flow]:
        """Where else the phone is registered, as far as can be told: between the same two hosts,
        and the same instance where it names one; the oldest first."""
        contacts = self.equipment.contacts(self.subscriber.device)
        phone = next((c.instance for c in contacts if c.flow == self.flow), "")
        return [
            contact.flow
            for contact in contacts
            if contact.flow != self.flow
            and _hosts(contact.flow) == _hosts(self.flow)
            and (not phone or contact.instance in ("", phone))
            and not self._exposed(contact.flow)
        ]

    @property
    def contact(self) -> Address:
        """How the far end reaches this leg."""
        return Address("", self.equipment.driver.contact_uri(self.flow, self.number))

    def own_headers(self) -> list[tuple[str, str]]:
        """Contact and abilities, of a first INVITE and of every answer to an INVITE or UPDATE."""
        return [("Contact", str(self.contact)), *ABILITIES]

    # -- requests of the far end ---------------------------------------------------------------

    def receive(self, transaction: ServerTransaction, request: Request) -> None:
        """A request within the dialog: the table below says who handles it."""
        assert self.dialog is not None
        status = 481 if self._exposed(transaction.flow) else self.dialog.accept(request)
        if status is not None:
            self.respond(transaction, request.reply(status))
            return
        self._move(transaction.flow)
        self.learn(request)
        self._handler(request.method)(transaction, request)

    def is_at(self, flow: Flow) -> bool:
        """Whether `flow` is the leg's own, or one on which its device is registered now: a NAT that
        gave it another port, a connection that it opened anew."""
        return flow == self.flow or any(
            contact.flow == flow for contact in self.equipment.contacts(self.subscriber.device)
        )

    def _move(self, flow: Flow) -> None:
        """The phone is at `flow` now: what we send goes there, and our Contact fits it."""
        if flow != self.flow:
            assert self.dialog is not None
            self.flow = flow
            self.dialog.contact = self.contact

    def _exposed(self, flow: Flow) -> bool:
        """Whether a leg of TLS would be moved to a flow that others can read (RFC 3261 § 26.2)."""
        return self.flow.transport == "tls" != flow.transport

    def _handler(self, method: str) -> Handler:
        match method:
            case "BYE":
                return self._on_bye
            case "INVITE":
                return self.offers.receive
            case "UPDATE":
                return self._on_update
            case "INFO":
                return self._on_info
            case "REFER":
                return self.transferor.receive
            case "OPTIONS":
                return self._on_options
            case "NOTIFY" | "PRACK" | "MESSAGE":
                return self._on_other
            case _:
                return self._on_unknown

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        self.equipment.driver.respond(transaction, response)

    def _on_bye(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(200))
        self.over()

    def _on_update(self, transaction: ServerTransaction, request: Request) -> None:
        """RFC 3311: an offer, or a session refresh without one."""
        if request.body:
            self.offers.receive(transaction, request)
        else:
            headers = [*self.own_headers(), *self.watch.answer_headers(request)]
            self.respond(transaction, request.reply(200, headers=headers))

    def _on_info(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(200))
        key = parse_key(request.content_type, request.body)
        if key is not None:
            self.tell(Presses(self, key.digit, key.duration_ms))

    def _on_options(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(200, headers=self.own_headers()))

    def _on_other(self, transaction: ServerTransaction, request: Request) -> None:
        """NOTIFY, PRACK and MESSAGE within a call need no more than our 200."""
        self.respond(transaction, request.reply(200))

    def _on_unknown(self, transaction: ServerTransaction, request: Request) -> None:
        self.respond(transaction, request.reply(501))

    # -- media ---------------------------------------------------------------------------------

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


def _hosts(flow: Flow) -> tuple[str, str]:
    return flow.local[0], flow.remote[0]


def reason_header(reason: str) -> list[tuple[str, str]]:
    return [("Reason", f'SIP;cause=480;text="{reason}"')] if reason else []
