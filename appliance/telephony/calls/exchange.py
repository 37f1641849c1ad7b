"""The exchange: the calls in progress, and how a request finds its leg."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from appliance.model.calls import EndedBy
from appliance.model.numbering import emergency_numbers
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import TenantStatus
from appliance.telephony.calls.abilities import SDP
from appliance.telephony.calls.call import Call, Treatment
from appliance.telephony.calls.description import described
from appliance.telephony.calls.equipment import Equipment
from appliance.telephony.calls.incoming import IncomingLeg
from appliance.telephony.calls.leg import Leg
from appliance.telephony.calls.outcome import CapReached, Outcome
from appliance.telephony.calls.replacing import replace
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.security import refused
from appliance.telephony.sdp.session import Session
from appliance.telephony.sip import session_timer
from appliance.telephony.sip.core_events import RequestReceived
from appliance.telephony.sip.dialog import DialogKey
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import ServerTransaction
from appliance.telephony.sip.types import LocalTag, RemoteTag

log = logging.getLogger(__name__)

Admit = Callable[[Request, Flow, float], Subscriber | Response]
"""The gate: the device that sent a request, or what to answer instead."""

CHALLENGE: Final = 401
CALLS_PER_DEVICE: Final = 1000
"""Far above what a phone can do, so that one stolen secret cannot fill the box."""


class Exchange:
    """Begins calls, routes in-dialog requests, and drains at the end."""

    def __init__(self, equipment: Equipment, treat: Treatment) -> None:
        self.equipment = equipment
        self.calls: dict[str, Call] = {}
        self._of_tenants: Counter[int] = Counter()
        self.draining = False
        self._treat = treat
        self._tasks: asyncio.TaskGroup | None = None
        self._idle = asyncio.Event()

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Take calls from now on; each runs as a task of `tasks`."""
        self._tasks = tasks

    # -- requests ------------------------------------------------------------------------------

    def in_dialog(self, event: RequestReceived, admit: Admit) -> None:
        """A request with a To tag goes to its leg, or is refused."""
        transaction, request = event.transaction, event.request
        key = DialogKey(request.call_id, LocalTag(request.to.tag), RemoteTag(request.from_.tag))
        leg = self.equipment.dialogs.get(key)
        if leg is None:
            self.equipment.counters.unmatched += 1
            self._turn_away(transaction, request.reply(481))
        elif (refusal := self._doubt(leg, transaction, admit)) is not None:
            self._turn_away(transaction, refusal)
        else:
            leg.receive(transaction, request)

    def _doubt(self, leg: Leg, transaction: ServerTransaction, admit: Admit) -> Response | None:
        """What to answer a request from a place where the leg's phone is not known to be: it has to
        show the device's password (RFC 3261 § 22.1, § 26.3.2.4), since others may have seen the
        Call-ID and the tags. A phone that has moved answers that, or registers there first."""
        if leg.is_at(transaction.flow):
            return None
        request = transaction.request
        admitted = admit(request, transaction.flow, self.equipment.clock.now())
        if isinstance(admitted, Response):
            return admitted
        own = admitted.device.key == leg.subscriber.device.key
        return None if own else request.reply(403)

    def _turn_away(self, transaction: ServerTransaction, response: Response) -> None:
        """Anybody may have sent it: an INVITE is refused without a transaction (§ 8.2.7), and a
        challenge is made afresh for each retransmission."""
        remember = transaction.request.method != "INVITE" and response.status != CHALLENGE
        self.equipment.driver.respond(transaction, response, remember=remember)

    def arrive(self, event: RequestReceived, subscriber: Subscriber) -> None:
        """An INVITE of an authenticated device begins a call, or is refused in words."""
        transaction, request = event.transaction, event.request
        offer = self._refusal(request, subscriber) or self._offer(request, subscriber)
        if isinstance(offer, Response):
            self.equipment.counters.refused += 1
            self._respond(transaction, offer)
            return
        leg = IncomingLeg(self.equipment, transaction, subscriber, offer)
        leg.trying()
        if request.replaces is not None:
            replace(leg, request.replaces)
        else:
            self._begin(leg)

    def _offer(self, request: Request, subscriber: Subscriber) -> Session | Response | None:
        """The caller's offer, None where there is none, or the refusal of one that cannot be."""
        if request.body and request.body_of(SDP) is None:
            return request.reply(415, headers=[("Accept", SDP)])
        try:
            offer = described(request)
        except SdpError as error:
            return request.reply(400, f"Bad SDP: {error}")
        refusal = refused(offer, subscriber.device.media_security) if offer else None
        if refusal is None:
            return offer
        warning = ("Warning", f'399 box "{refusal.reason}"')
        return request.reply(refusal.status, headers=[warning])

    def _begin(self, leg: IncomingLeg) -> None:
        assert self._tasks is not None
        self.equipment.counters.arrived += 1
        treat = cap_reached if self._at_cap(leg) else self._treat
        call = Call(self.equipment, leg, leg.request.uri.user, treat)
        self.calls[call.key] = call
        self._of_tenants[call.tenant] += 1
        call.start(self._tasks, self._concluded)

    def _at_cap(self, leg: IncomingLeg) -> bool:
        """Whether the tenant has as many calls as its licence allows (manual § 6.4.1). Emergency
        numbers are never capped (decisions: Telephony)."""
        tenant = leg.subscriber.tenant
        cap = tenant.caps.concurrent_calls
        if not cap or self._of_tenants[tenant.key] < cap:
            return False
        return leg.request.uri.user not in emergency_numbers(tenant.country)

    def count(self, tenant: int | None = None) -> int:
        """How many calls are in progress, of one tenant or all."""
        return len(self.calls) if tenant is None else self._of_tenants[tenant]

    def _concluded(self, call: Call) -> None:
        if self.calls.pop(call.key, None) is not None:
            self._of_tenants[call.tenant] -= 1
        if not self.calls:
            self._idle.set()

    def _refusal(self, request: Request, subscriber: Subscriber) -> Response | None:
        """Why the INVITE cannot begin a call (RFC 3261 § 16.3, RFC 4028 § 9; decisions: Access)."""
        if self.draining:
            return request.reply(503, headers=[("Retry-After", "10")])
        if subscriber.tenant.status is TenantStatus.SUSPENDED:
            return request.reply(403, "Account Is Not Active")
        if self._calls_of(subscriber) >= CALLS_PER_DEVICE:
            return request.reply(486, "Too Many Calls")
        if request.max_forwards is not None and request.max_forwards <= 0:
            return request.reply(483)
        too_small = session_timer.too_small(self.equipment.session_policy, request)
        if too_small is not None:
            return request.reply(422, headers=too_small)
        return None

    def _calls_of(self, subscriber: Subscriber) -> int:
        """How many calls the device has begun; counted only once there are many in all."""
        if len(self.calls) < CALLS_PER_DEVICE:
            return 0
        device = subscriber.device.key
        return sum(c.first_caller.subscriber.device.key == device for c in self.calls.values())

    def _respond(self, transaction: ServerTransaction, response: Response) -> None:
        self.equipment.driver.respond(transaction, response)

    # -- the end -------------------------------------------------------------------------------

    async def drain(self, seconds: float) -> None:
        """Take no new calls, let those in progress end for up to `seconds`, then clear them."""
        self.draining = True
        if self.calls:
            self._idle.clear()
            try:
                await asyncio.wait_for(self._idle.wait(), seconds)
            except TimeoutError:
                log.info("clearing %d calls", len(self.calls))
        for call in list(self.calls.values()):
            call.ends(EndedBy.SYSTEM, "shutdown")
            call.abandon()


async def cap_reached(_call: Call, _number: str) -> Outcome:
    """The treatment of a call for which the tenant's licence has no room: the record says so."""
    return CapReached()
