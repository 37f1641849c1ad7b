"""The caller's leg: an INVITE that came to the box, until its final answer (RFC 3261 § 13.3)."""

from __future__ import annotations

from typing import Final

from appliance.model.subscribers import Subscriber
from appliance.telephony.calls.abilities import SDP
from appliance.telephony.calls.equipment import Equipment
from appliance.telephony.calls.leg import Leg, LegState, reason_header
from appliance.telephony.sdp.session import Session
from appliance.telephony.sip.core_events import (
    Acknowledged,
    Cancelled,
    Event,
    NotAcknowledged,
    ReliableLost,
    TransportFailed,
)
from appliance.telephony.sip.dialog import Dialog
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request
from appliance.telephony.sip.transaction import Owner, ServerTransaction, State
from appliance.telephony.sip.types import LocalTag, new_tag
from appliance.telephony.transport.driver import Driver

FIRST_RSEQ: Final = 1


class IncomingLeg(Leg):
    """`offer` is the caller's SDP, None when the caller wants our offer in the answer."""

    direction = "in"

    def __init__(
        self,
        equipment: Equipment,
        transaction: ServerTransaction,
        subscriber: Subscriber,
        offer: Session | None,
    ) -> None:
        request = transaction.request
        super().__init__(equipment, transaction.flow, subscriber, request.get("User-Agent") or "")
        self.transaction = transaction
        self.request: Request = request
        self.tag: LocalTag = new_tag()
        self._rseq = FIRST_RSEQ - 1
        self._early_answer: Session | None = None
        self._last_word: Owner | None = None
        """Sends the BYE that waits for the ACK."""
        if offer is not None:
            self.media.take_offer(offer)
        self.learn(request)
        transaction.owner = self._on_invite
        self.establish(Dialog.uas(request, self.tag, transaction.flow, self.contact))

    # -- toward the caller ---------------------------------------------------------------------

    def trying(self) -> None:
        """Stop the caller's retransmissions (RFC 3261 § 8.2.6.1)."""
        self.respond(self.transaction, self.request.reply(100))

    def ring(self) -> None:
        if self._unanswered:
            self._progress(180, None)
        else:
            super().ring()

    def hear(self, branch: Leg) -> None:
        if not self._unanswered:
            super().hear(branch)
        elif self._early_answer is None and self.media.offered:
            self._early_answer = self.media.answer_like(branch.media)
            if self._early_answer is not None:
                self._progress(183, self._early_answer)
                self.media.join(branch.media)

    async def accept(self, branch: Leg) -> bool:
        """Answer the caller with the media of the branch that answered."""
        if not self._unanswered:
            return await super().accept(branch)
        answer = self._answer_for(branch)
        if answer is None:
            return False
        self._answer(answer)
        if self.media.joinable(branch.media):
            self.media.join(branch.media)
            return True
        # Our offer went out with the 200: the ACK will bring the answer; join as soon as it does.
        self.media.when_agreed(lambda: self.media.join(branch.media))
        return True

    def _answer_for(self, branch: Leg) -> Session | None:
        if not self.media.offered:
            return self.media.offer_like(branch.media)
        if self._early_answer is not None and self.media.joinable(branch.media):
            return self._early_answer
        return self.media.answer_like(branch.media)

    async def answer_here(self) -> bool:
        if not self._unanswered:
            return await super().answer_here()
        session = self.media.answer_offer() if self.media.offered else self.media.offer_fresh()
        if session is None:
            return False
        self._answer(session)
        return True

    def refuse(self, status: int, words: str) -> None:
        if self._unanswered:
            self.outcome = f"{status} {words}"
            self._final(status, words)
            self.over()
        else:
            super().refuse(status, words)

    def turn_away(self, status: int, words: str) -> None:
        """Refuse a leg that belongs to no call yet."""
        self._final(status, words)
        self.free()

    def release(self, reason: str = "") -> None:
        if self._unanswered:
            self.refuse(480, "Temporarily Unavailable")
        else:
            super().release(reason)

    def free(self) -> None:
        """The core keeps the INVITE for 32 s after its end: it must not keep the leg with it."""
        super().free()
        self.transaction.owner = self._last_word

    def say_bye(self, reason: str) -> None:
        """Not before the ACK (RFC 3261 § 15): where our 200 was lost, its retransmission would
        bring the phone into a call that has ended."""
        if self.transaction.state is State.ACCEPTED and self.dialog is not None:
            bye = self.dialog.request("BYE", reason_header(reason))
            self._last_word = _bye_at_ack(self.equipment.driver, bye, self.flow)
        else:
            super().say_bye(reason)

    @property
    def _unanswered(self) -> bool:
        return self.state is LegState.TRYING

    def _answer(self, session: Session) -> None:
        headers = [*self.own_headers(), *self.watch.answer_headers(self.request)]
        reply = self.request.reply(
            200, headers=headers, body=str(session).encode(), content_type=SDP, to_tag=self.tag
        )
        self.answered()
        self.equipment.counters.answered += 1
        self.respond(self.transaction, reply)

    def _final(self, status: int, words: str) -> None:
        self.respond(self.transaction, self.request.reply(status, words, to_tag=self.tag))

    def _progress(self, status: int, session: Session | None) -> None:
        """Send 180 or 183, reliably where the caller requires it (interop 21)."""
        headers = self.own_headers()
        if "100rel" in self.request.require:
            self._rseq += 1
            headers += [("Require", "100rel"), ("RSeq", str(self._rseq))]
        body = b"" if session is None else str(session).encode()
        content_type = None if session is None else SDP
        reply = self.request.reply(
            status, headers=headers, body=body, content_type=content_type, to_tag=self.tag
        )
        self.respond(self.transaction, reply)

    # -- from the caller -----------------------------------------------------------------------

    def _on_invite(self, event: Event) -> None:
        match event:
            case Cancelled():
                if self._unanswered:
                    self.outcome = "487 Request Terminated"
                    self._final(487, "Request Terminated")
                    self.over()
            case Acknowledged(request=ack):
                self.offers.take_late_answer(ack)
            case NotAcknowledged():
                self.release("no_ack")
            case ReliableLost():
                self.refuse(504, "PRACK Not Received")
            case TransportFailed():
                self.over("transport_lost")

    def _on_bye(self, transaction: ServerTransaction, request: Request) -> None:
        """A BYE before our final answer ends the INVITE too (RFC 3261 § 15.1.2)."""
        if self._unanswered:
            self.respond(transaction, request.reply(200))
            self.outcome = "487 Request Terminated"
            self._final(487, "Request Terminated")
            self.over()
        else:
            super()._on_bye(transaction, request)


def _bye_at_ack(driver: Driver, bye: Request, flow: Flow) -> Owner:
    """Sends the BYE once the ACK has come, or will come no more; it holds no leg."""

    def on_event(event: Event) -> None:
        if isinstance(event, Acknowledged | NotAcknowledged):
            driver.request(bye, flow)

    return on_event
