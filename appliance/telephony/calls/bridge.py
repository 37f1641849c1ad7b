"""A conversation: the caller and one other leg connected, until one hangs up or is transferred."""

from __future__ import annotations

import asyncio

from appliance.model.calls import EndedBy
from appliance.telephony.calls.call import Call
from appliance.telephony.calls.events import (
    HangsUp,
    LegEvent,
    Offers,
    Presses,
    Refers,
    TakesOver,
)
from appliance.telephony.calls.identity import tell_connected
from appliance.telephony.calls.leg import Leg
from appliance.telephony.calls.transfer import transfer_attended, transfer_blind
from appliance.telephony.media.port import NoMediaPorts


async def converse(call: Call, far: Leg) -> None:
    """Keep the caller and `far` connected until one of them ends the call or leaves it.

    Hold, media changes and keys are passed between them; a REFER moves the other party.
    """
    await Conversation(call, far).run()


class Conversation:
    def __init__(self, call: Call, far: Leg) -> None:
        self.call = call
        self.far = far
        self._events: asyncio.Queue[LegEvent] = asyncio.Queue()

    @property
    def near(self) -> Leg:
        return self.call.caller

    def other(self, leg: Leg) -> Leg:
        """The party that `leg` talks to."""
        return self.far if leg is self.near else self.near

    async def run(self) -> None:
        """Follow what both legs say; on the way out nobody is held any more."""
        self.hold_legs()
        try:
            going_on = self.far.alive
            if not going_on:
                self._ends(self.far)
            while going_on:
                going_on = await self._on(await self._events.get())
        finally:
            self.let_go()

    def hold_legs(self) -> None:
        """Hear what both legs say from now on."""
        self.near.holder = self.far.holder = self._hear
        self.call.conversation = self._hear

    def _hear(self, event: LegEvent) -> None:
        """Who has hung up wants no answer from the other any more."""
        self._events.put_nowait(event)
        if isinstance(event, HangsUp):
            self.other(event.leg).offers.give_up()

    def let_go(self) -> None:
        """Hear no more of them."""
        self.near.holder = self.far.holder = None
        self.call.conversation = None

    async def _on(self, event: LegEvent) -> bool:
        """Handle one event; False when the conversation is over."""
        match event:
            case HangsUp(leg) if leg is self.far:
                self._ends(leg)
                return False
            case Offers():
                await self._pass_offer(event)
            case Presses(leg, digit, duration_ms):
                self.other(leg).media.press(digit, duration_ms)
            case Refers(replaces=None):
                return await transfer_blind(self, event)
            case Refers():
                return transfer_attended(self, event)
            case TakesOver():
                return await self._taken_over(event)
        return True

    def _ends(self, leg: Leg) -> None:
        self.call.ends(leg.ended_by(EndedBy.CALLEE), leg.end_reason)

    async def _pass_offer(self, event: Offers) -> None:
        """Offer the other side what this side now wants; a refusal keeps what was (interop 32)."""
        leg, other = event.leg, self.other(event.leg)
        if not await other.offers.offer(lambda: other.media.offer_onward(event.offer)):
            event.answer(None)
            return
        try:
            event.answer(leg.media.answer_like(other.media))
        except NoMediaPorts:
            event.answer(None)
        leg.media.join(other.media)

    async def _taken_over(self, event: TakesOver) -> bool:
        """Two may have asked for one place, and who asked may have gone: then nothing changes."""
        if event.by is not self.near and not (event.leg is self.far and event.by.alive):
            event.by.refuse(481, "Call/Transaction Does Not Exist")
            return True
        event.leg.holder = None
        if event.leg is self.far:
            self.far = event.by
        self.hold_legs()
        event.leg.release()
        if not await event.by.accept(self.other(event.by)):
            self.call.ends(EndedBy.SYSTEM, "no_common_media")
            return False
        self.show_parties()
        return self.far.alive

    def show_parties(self) -> None:
        """Tell both phones whom they talk to now (interop 16)."""
        tell_connected(self.near, self.far)
        tell_connected(self.far, self.near)
