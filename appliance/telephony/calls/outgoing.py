"""A leg from the box to one phone: a branch of a fork until it answers (RFC 3261 § 13.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.model.devices import DeviceKey, MediaSecurity
from appliance.model.subscribers import Subscriber
from appliance.telephony.calls.abilities import SDP
from appliance.telephony.calls.description import described
from appliance.telephony.calls.equipment import Equipment
from appliance.telephony.calls.events import Accepts, Refuses, Rings
from appliance.telephony.calls.identity import caller_headers
from appliance.telephony.calls.leg import Leg, LegState
from appliance.telephony.calls.leg_media import MediaRefused
from appliance.telephony.calls.outcome import Failed, Outcome, Redirected, Unreachable, refusal
from appliance.telephony.calls.stray import end_stray_answer
from appliance.telephony.media.port import NoMediaPorts
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sip.core_events import (
    Event,
    ResponseReceived,
    TimedOut,
    TransportFailed,
)
from appliance.telephony.sip.dialog import Dialog
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import ClientTransaction

if TYPE_CHECKING:
    from appliance.telephony.calls.call import Call, Target

_AGAIN: Final = (422, 488)
ELSEWHERE: Final = 'SIP;cause=200;text="Call completed elsewhere"'


class OutgoingLeg(Leg):
    """One INVITE to one contact of a device."""

    direction = "out"

    def __init__(self, equipment: Equipment, target: Target, subscriber: Subscriber) -> None:
        super().__init__(equipment, target.contact.flow, subscriber, "")
        self._contact = target.contact
        self._transaction: ClientTransaction | None = None
        self._request: Request | None = None
        self._rseq = 0
        self._early: dict[str, Dialog] = {}
        """Early dialogs by the far end's tag, where it wants its provisionals confirmed."""
        self._invites = 0
        if subscriber.device.key in equipment.secure_profile:
            self.media.insist_on_security()

    def invite(self, call: Call) -> None:
        """Send the INVITE with the caller's offer, or one of ours where the caller made none."""
        self._invites += 1
        try:
            offer = self.media.offer_like(call.caller.media)
        except NoMediaPorts:
            self._refused(Failed(503, "Service Unavailable", "no_media_ports"), "no media ports")
            return
        headers = [
            *caller_headers(call, self),
            *self.own_headers(),
            *self.watch.offer_headers(),
            *(("Route", hop) for hop in self._contact.path),
        ]
        self._request = Request.make(
            "INVITE", self._contact.uri, headers, str(offer).encode(), content_type=SDP
        )
        way = self.way_for(self._request)
        self._transaction = self.equipment.driver.request(self._request, way, self._on_invite)

    def cancel(self, *, elsewhere: bool) -> None:
        """Stop ringing; the phone learns whether somebody else answered (interop 23)."""
        if self.state is LegState.TRYING and self._transaction is not None:
            self.outcome = "487 Request Terminated"
            self.equipment.driver.cancel(self._transaction, ELSEWHERE if elsewhere else "")
            self.over()

    def release(self, reason: str = "") -> None:
        if self.state is LegState.TRYING:
            self.cancel(elsewhere=False)
        else:
            super().release(reason)

    def free(self) -> None:
        """The core keeps an INVITE for 32 s after its end: it must not keep the leg with it. What
        still comes is a stray answer, which the switch ends."""
        super().free()
        if self._transaction is not None:
            self._transaction.owner = None

    # -- what the phone says -------------------------------------------------------------------

    def _on_invite(self, event: Event) -> None:
        match event:
            case ResponseReceived():
                self._on_response(event)
            case TimedOut() | TransportFailed():
                self._refused(Unreachable(), "408 Request Timeout")

    def _on_response(self, event: ResponseReceived) -> None:
        response = event.response
        if response.status in _AGAIN and self._invites == 1 and self.state is LegState.TRYING:
            self._invite_again(response)
        elif response.status >= 300:
            self._refused(_outcome(self.number, response), f"{response.status} {response.reason}")
        elif response.status >= 200:
            self._accepted(event)
        elif self.state is LegState.TRYING:
            self._progressed(response)

    def _invite_again(self, response: Response) -> None:
        """Try once more as the phone wants it: a longer session, or the other SRTP profile, since
        a phone set to compulsory SRTP takes RTP/SAVP only and others not at all (interop 30)."""
        device = self.subscriber.device
        if response.status == 422:
            self.watch.raise_interval(response)
        elif device.media_security is not MediaSecurity.OPTIONAL:
            self._refused(_outcome(self.number, response), f"{response.status} {response.reason}")
            return
        else:
            self.media.withdraw()
            self._switch_profile(device.key)
        self.invite(self.call)

    def _switch_profile(self, device: DeviceKey) -> None:
        learned = self.equipment.secure_profile
        if device in learned:
            learned.remove(device)
            self.media.take_any_profile()
        else:
            learned.add(device)
            self.media.insist_on_security()

    def _progressed(self, response: Response) -> None:
        self._acknowledge_reliable(response)
        early = self.dialog is None and bool(response.body) and self._take(response)
        if response.status in (180, 183) or early:
            self.tell(Rings(self, early_media=early))

    def _acknowledge_reliable(self, response: Response) -> None:
        """PRACK each reliable provisional once, in order (RFC 3262 § 4)."""
        if "100rel" not in response.require or response.rseq is None:
            return
        if self._rseq and response.rseq != self._rseq + 1:
            return
        self._rseq = response.rseq
        tag = response.to.tag or ""
        if tag not in self._early:
            self._early[tag] = self._dialog(response)
        rack = f"{response.rseq} {response.cseq.number} INVITE"
        prack = self._early[tag].request("PRACK", [("RAck", rack)])
        self.equipment.driver.request(prack, self.flow)

    def _accepted(self, event: ResponseReceived) -> None:
        if self.state is not LegState.TRYING:
            end_stray_answer(self.equipment.driver, event)
            return
        response = event.response
        dialog = self._early.get(response.to.tag or "") or self._dialog(response)
        dialog.confirmed(response)
        self.equipment.driver.acknowledge(event.transaction, dialog.ack(response.cseq.number))
        self.learn(response)
        self.user_agent = response.get("User-Agent") or response.get("Server") or ""
        self.establish(dialog)
        self.answered()
        if not self._take(response):
            self.release("media_refused")
            self.tell(Refuses(self, Failed(488, "Not Acceptable Here", "media_refused")))
            return
        self.watch.agreed(response)
        self.tell(Accepts(self))

    def _dialog(self, response: Response) -> Dialog:
        assert self._request is not None
        return Dialog.uac(self._request, response, self.flow)

    def _refused(self, outcome: Outcome, words: str) -> None:
        if self.state is LegState.TRYING:
            self.outcome = words
            self.over()
            self.tell(Refuses(self, outcome))

    def _take(self, response: Response) -> bool:
        """Apply the SDP answer of a 18x or 2xx; a 2xx may repeat what a 183 said."""
        try:
            answer = described(response)
            if answer is not None:
                self.media.take_answer(answer)
        except (SdpError, MediaRefused):
            return False
        return self.media.agreed


def _outcome(number: str, response: Response) -> Outcome:
    if response.status < 400:
        contacts = response.contacts
        if isinstance(contacts, tuple) and contacts and contacts[0].uri.user:
            return Redirected(contacts[0].uri.user, by=number)
        return Unreachable()
    return refusal(response.status, response.reason)
