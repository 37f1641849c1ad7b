"""Transfer: one party of a conversation puts another in its own place (interop 14, 15).

Blind: the party that stays becomes the caller of the number in Refer-To; if nobody answers there,
the call comes back to the transferor. Attended: it takes the transferor's place in its other call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model.calls import EndedBy
from appliance.telephony.calls.events import Refers
from appliance.telephony.calls.leg import Leg
from appliance.telephony.calls.outcome import Answered, Completed, Outcome
from appliance.telephony.sip.dialog import DialogKey
from appliance.telephony.sip.replaces import Replaces
from appliance.telephony.sip.types import LocalTag, RemoteTag

if TYPE_CHECKING:
    from appliance.telephony.calls.bridge import Conversation

TRANSFERS_PER_CALL = 20


async def transfer_blind(conversation: Conversation, event: Refers) -> bool:
    """Treat the call as one for the new number, the staying party as its caller.

    True when the old conversation goes on, False when the call has been treated to its end.
    """
    call, transferor = conversation.call, event.leg
    staying, was_caller = conversation.other(transferor), call.caller
    if call.transfers >= TRANSFERS_PER_CALL:
        transferor.transferor.report(482, "Loop Detected")
        return True
    call.transfers += 1
    call.note("Transfer", f"{transferor.number} sends {staying.number} to {event.number}")
    conversation.let_go()
    call.serve_instead(staying)
    transferor.media.part()
    call.watcher = lambda outcome: _report(transferor, outcome)
    outcome = await call.treat(call, event.number)
    call.watcher = None
    if isinstance(outcome, Answered | Completed):
        return False
    return await _come_back(conversation, transferor, was_caller, outcome)


async def _come_back(
    conversation: Conversation, transferor: Leg, was_caller: Leg, outcome: Outcome
) -> bool:
    """The transfer failed: the transferor has the call again, if need be by ringing it. Another
    phone may have taken the place of the party that stays meanwhile."""
    call = conversation.call
    staying = call.caller
    call.note("Transfer failed", outcome.reason)
    transferor.transferor.report(outcome.status, outcome.words)
    if transferor.confirmed:
        call.serve_instead(transferor if was_caller is transferor else staying)
        conversation.far = staying if was_caller is transferor else transferor
        conversation.hold_legs()
        return await staying.accept(transferor)
    call.note("Recall", transferor.number)
    await call.treat(call, transferor.number)
    return False


def _report(transferor: Leg, outcome: Outcome | None) -> None:
    """Tell the transferor of ringing and of the answer; then it is no longer needed."""
    if outcome is None:
        transferor.transferor.report(180, "Ringing")
    else:
        transferor.transferor.report(200, "OK")
        transferor.release_soon()


def transfer_attended(conversation: Conversation, event: Refers) -> bool:
    """Put the staying party in the transferor's place in the dialog that Replaces names."""
    call, transferor = conversation.call, event.leg
    staying = conversation.other(transferor)
    assert event.replaces is not None
    other_leg = find_replaced(transferor, event.replaces)
    if other_leg is None or other_leg.call is call:
        transferor.transferor.report(481, "Call/Transaction Does Not Exist")
        return True
    call.note("Transferred", f"{transferor.number} joins {staying.number} to {event.number}")
    conversation.let_go()
    call.ends(EndedBy.CALLER if transferor is call.first_caller else EndedBy.CALLEE)
    transferor.transferor.report(200, "OK")
    other_leg.call.take_over(other_leg, staying)
    return False


def find_replaced(asking: Leg, replaces: Replaces) -> Leg | None:
    """The leg that Replaces names, if it is one that `asking` may replace: same tenant, and by its
    own extension (decisions: a call never crosses tenants). Some phones swap the tags."""
    leg = _named(asking, replaces)
    if leg is None or leg.subscriber.extension.key != asking.subscriber.extension.key:
        return None
    return leg if leg.call.replaceable(leg) else None


def _named(asking: Leg, replaces: Replaces) -> Leg | None:
    dialogs = asking.equipment.dialogs
    for ours, theirs in (
        (replaces.to_tag, replaces.from_tag),
        (replaces.from_tag, replaces.to_tag),
    ):
        leg = dialogs.get(DialogKey(replaces.call_id, LocalTag(ours), RemoteTag(theirs)))
        if leg is not None:
            return leg
    return None
