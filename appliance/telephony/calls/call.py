"""A call: one caller's whole visit, its legs, its facts and its one record (style: Words)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from appliance.model.calls import CallRecord, Disposition, EndedBy, TimelineEntry
from appliance.model.devices import Device
from appliance.model.extensions import Extension
from appliance.model.numbering import Destination
from appliance.telephony.calls.equipment import Contact, Equipment
from appliance.telephony.calls.events import TakesOver
from appliance.telephony.calls.identity import tell_connected
from appliance.telephony.calls.incoming import IncomingLeg
from appliance.telephony.calls.leg import Leg
from appliance.telephony.calls.outcome import Answered, Busy, Completed, Declined, Failed, Outcome
from appliance.telephony.calls.outgoing import OutgoingLeg
from appliance.telephony.media.port import NoMediaPorts

log = logging.getLogger(__name__)

Treatment = Callable[["Call", str], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Target:
    """One phone to ring: a device and one of its contacts."""

    device: Device
    extension: Extension
    contact: Contact


class Call:
    """`caller` is the leg that the treatment serves. It is the first leg until a transfer puts
    another in its place; when the caller hangs up, the treatment is cancelled."""

    def __init__(self, equipment: Equipment, caller: IncomingLeg, dialled: str, treat: Treatment):
        self.key = uuid.uuid4().hex
        self.caller: Leg = caller
        self.first_caller = caller
        self.dialled = dialled
        self.legs: list[Leg] = []
        self.equipment = equipment
        self.treat = treat
        self.diverted_by: list[str] = []
        self.watcher: Callable[[Outcome | None], None] | None = None
        """Told of ringing (None) and of the answer, while a transfer waits for them."""
        self.conversation: Callable[[TakesOver], None] | None = None
        self._arrived = equipment.clock.now()
        self._started_at = equipment.clock.wall()
        self._timeline: list[TimelineEntry] = []
        self._answered_number = ""
        self._ended_by: EndedBy | None = None
        self._reason = ""
        self.transfers = 0
        self._ringing = False
        self._task: asyncio.Task[Outcome] | None = None
        self.adopt(caller)

    # -- what flows ask ------------------------------------------------------------------------

    @property
    def tenant(self) -> int:
        return self.first_caller.subscriber.tenant.key

    def destination(self, number: str) -> Destination:
        """What the number means to the caller: their tenant decides, nothing else does."""
        return self.equipment.directory.destination(self.first_caller.subscriber.tenant.key, number)

    def reachable(self, extension: Extension) -> Sequence[Target]:
        """Every live contact of every device of the extension."""
        return [
            Target(device, extension, contact)
            for device in self.equipment.directory.devices(extension.key)
            for contact in self.equipment.contacts(device)
        ]

    def note(self, event: str, note: str = "") -> None:
        """Add a line to the call's timeline (manual § 23.4)."""
        at = self.equipment.clock.now() - self._arrived
        self._timeline.append(TimelineEntry(round(at, 3), event, note))

    def forwarded(self, by: str) -> None:
        """Remember who sent the call on; new legs say so (RFC 5806)."""
        self.diverted_by.append(by)

    async def serve(self, begin: Callable[[Leg], None]) -> Outcome:
        """Answer the caller by the box itself, begin the service, and stay until they hang up.
        Who takes the caller's place is served as well."""
        served = None
        while served is not self.caller:
            served = self.caller
            if not await served.answer_here():
                return Failed(488, "Not Acceptable Here", "no_common_media")
            self.note("Answered", "by the box")
            self.equipment.answered(self)
            self._watch(Completed())
            begin(served)
            await served.ended.wait()
        return Completed()

    # -- what the fork tells -------------------------------------------------------------------

    def ring(self) -> None:
        """Let the caller hear ringing, once."""
        if not self._ringing:
            self._ringing = True
            self.note("Ringing")
            self.caller.ring()
            self._watch(None)

    def early_media(self, branch: OutgoingLeg) -> None:
        """Let the caller hear the branch before it answers (interop 22)."""
        self._ringing = True
        self.note("Early media", branch.number)
        self.caller.hear(branch)

    async def connect(self, branch: OutgoingLeg) -> bool:
        """The branch answered: answer the caller with its media. False if the caller's media
        cannot be brought together with it."""
        self._answered_number = branch.number
        transferred = self.caller.confirmed
        if not await self.caller.accept(branch):
            return False
        self.note("Answered", branch.number)
        self.equipment.answered(self)
        if transferred:
            tell_connected(self.caller, branch)
        self._watch(Answered(branch))
        return True

    def _watch(self, outcome: Outcome | None) -> None:
        if self.watcher is not None:
            self.watcher(outcome)

    # -- legs come and go ----------------------------------------------------------------------

    def adopt(self, leg: Leg) -> None:
        """Make the leg part of this call."""
        leg.call = self
        self.legs.append(leg)

    def leg_ended(self, leg: Leg) -> None:
        """A leg says that it is over. Without its caller, the treatment has nobody to serve."""
        if leg is self.caller:
            self.ends(leg.ended_by(EndedBy.CALLER), leg.end_reason)
            self.abandon()

    def serve_instead(self, leg: Leg) -> None:
        """Make another leg of this call the one that the treatment serves."""
        self.caller = leg
        self._ringing = False

    def replaceable(self, leg: Leg) -> bool:
        """Whether the leg has a place that another can take: the caller's, or that of a party of
        the conversation; a transferor whose transfer is under way has none any more."""
        talking = self.conversation is not None and leg.holder == self.conversation
        return leg is self.caller or talking

    def take_over(self, leg: Leg, by: Leg) -> None:
        """`by` takes the place of `leg`: attended transfer, pick-up (RFC 3891 § 3)."""
        self.note("Transferred", f"{leg.number} to {by.number}")
        self.adopt(by)
        if leg is self.caller:
            self.caller = by
        if self.conversation is not None:
            self.conversation(TakesOver(leg, by))
        else:
            leg.release()
            if self._ringing:
                by.ring()

    def ends(self, by: EndedBy, reason: str = "") -> None:
        """Who ended the call, and why; the first to say it is right."""
        if self._ended_by is None:
            self._ended_by = by
            self._reason = reason

    # -- from arrival to record ----------------------------------------------------------------

    def start(self, tasks: asyncio.TaskGroup, concluded: Callable[[Call], None]) -> None:
        """Begin the treatment; `concluded` is called when the record has been written."""
        self.note("Arrived", self.dialled)
        self.equipment.records.begin(self.record(None))

        def conclude(task: asyncio.Task[Outcome]) -> None:
            self._conclude(task)
            concluded(self)

        self._task = tasks.create_task(self._run(), name=f"call {self.key}")
        self._task.add_done_callback(conclude)

    def abandon(self) -> None:
        """Cancel the treatment, wherever it is."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> Outcome:
        try:
            return await self.treat(self, self.dialled)
        except NoMediaPorts:
            return Failed(503, "Service Unavailable", "no_media_ports")
        except Exception:
            # One call's defect must not take the others with it: it is logged and counted.
            log.exception("call %s ended by a defect", self.key)
            self.equipment.counters.failed_inside += 1
            return Completed(500, "Server Internal Error", Disposition.FAILED, "internal_error")

    def _conclude(self, task: asyncio.Task[Outcome]) -> None:
        outcome = None if task.cancelled() else task.result()
        if outcome is not None:
            self.ends(_ender(outcome), "" if self.answered else outcome.reason)
            if self.caller.call is self:
                self.caller.refuse(outcome.status, outcome.words)
        own = [leg for leg in self.legs if leg.call is self]
        for leg in own:
            leg.release()
        self.note("Cleared", f"by {self._ended_by or EndedBy.SYSTEM}")
        self.equipment.records.finish(self.record(self._disposition(outcome)))
        self._task = None
        for leg in own:
            leg.forget()

    @property
    def answered(self) -> bool:
        return self.first_caller.answered_at is not None

    def _disposition(self, outcome: Outcome | None) -> Disposition:
        if outcome is not None and not isinstance(outcome, Answered):
            return outcome.disposition
        return Disposition.ANSWERED if self.answered else Disposition.CANCELLED

    def record(self, disposition: Disposition | None) -> CallRecord:
        """The record as it stands; without a disposition the call is still open."""
        subscriber = self.first_caller.subscriber
        return CallRecord(
            call_key=self.key,
            tenant=subscriber.tenant.key,
            caller_number=subscriber.extension.number,
            caller_name=subscriber.extension.name,
            dialled=self.dialled,
            started_at=self._started_at,
            answered_at=self.first_caller.answered_at,
            ended_at=None if disposition is None else self.equipment.clock.wall(),
            disposition=disposition,
            ended_by=self._ended_by if disposition is not None else None,
            reason=self._reason,
            answered_number=self._answered_number,
            legs=tuple(leg.record() for leg in self.legs),
            timeline=tuple(self._timeline),
        )


def _ender(outcome: Outcome) -> EndedBy:
    """A person who is busy or declines ends the call; all else is the system's doing."""
    return EndedBy.CALLEE if isinstance(outcome, Busy | Declined) else EndedBy.SYSTEM
