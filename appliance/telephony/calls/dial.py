"""Dial: ring several phones at once; the first to answer wins (interop 23)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from appliance.telephony.calls.call import Call, Target
from appliance.telephony.calls.events import Accepts, LegEvent, Refuses, Rings
from appliance.telephony.calls.outcome import (
    Answered,
    Declined,
    NoAnswer,
    Outcome,
    Redirected,
    Unreachable,
    outranks,
)
from appliance.telephony.calls.outgoing import OutgoingLeg


async def dial(call: Call, targets: Sequence[Target], ring_seconds: float) -> Outcome:
    """Ring all targets until one answers, all have refused, or the ring time is over.

    On `Answered` the caller is connected. A caller who hangs up cancels this, and with it every
    branch.
    """
    if not targets:
        return Unreachable(reason="nobody_registered")
    fork = Fork(call)
    try:
        async with asyncio.timeout(ring_seconds):
            return await fork.ring(targets)
    except TimeoutError:
        return NoAnswer() if fork.rang else Unreachable()
    finally:
        fork.stop()


class Fork:
    """The branches of one attempt, and the best failure so far."""

    def __init__(self, call: Call) -> None:
        self.rang = False
        self._call = call
        self._branches: list[OutgoingLeg] = []
        self._events: asyncio.Queue[LegEvent] = asyncio.Queue()
        self._best: Outcome | None = None
        self._heard: OutgoingLeg | None = None
        self._winner: OutgoingLeg | None = None

    async def ring(self, targets: Sequence[Target]) -> Outcome:
        """Send every INVITE, then follow what the phones say."""
        for target in targets:
            self._begin(target)
        waiting = len(self._branches)
        while waiting:
            match await self._events.get():
                case Rings(leg, early_media):
                    self._rings(leg, early_media)
                case Accepts(leg):
                    return await self._accepts(leg)
                case Refuses(leg, outcome):
                    waiting -= 1
                    self._call.note("Refused", f"{leg.number}: {leg.outcome}")
                    if isinstance(outcome, Declined | Redirected):
                        return outcome
                    if outranks(outcome, self._best):
                        self._best = outcome
        return self._best or Unreachable()

    def stop(self) -> None:
        """Cancel every branch that did not win."""
        for branch in self._branches:
            if branch is not self._winner:
                branch.holder = None
                branch.cancel(elsewhere=self._winner is not None)
                branch.release()

    def _begin(self, target: Target) -> None:
        equipment = self._call.equipment
        subscriber = equipment.directory.device(target.device.key)
        if subscriber is None:
            return
        branch = OutgoingLeg(equipment, target, subscriber)
        self._call.adopt(branch)
        self._branches.append(branch)
        branch.holder = self._events.put_nowait
        branch.invite(self._call)

    def _rings(self, leg: OutgoingLeg, early_media: bool) -> None:
        self.rang = True
        if early_media and self._heard is None:
            self._heard = leg
            self._call.early_media(leg)
        elif self._heard is None:
            self._call.ring()

    async def _accepts(self, leg: OutgoingLeg) -> Outcome:
        self._winner = leg
        self.stop()
        leg.holder = None
        if await self._call.connect(leg):
            return Answered(leg)
        leg.release("media_refused")
        return Unreachable(488, "Not Acceptable Here", reason="no_common_media")
