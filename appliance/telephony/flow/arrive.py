"""A call arrives: what its dialled number means, and each meaning's treatment (manual § 2.3.3).

Flows are written in the manual's words and never see SIP or SDP. Each returns the outcome; a caller
who hangs up cancels the flow, wherever it is.
"""

from typing import Final

from appliance.model.extensions import Extension
from appliance.model.numbering import EchoTest, Nobody
from appliance.telephony.calls.call import Call
from appliance.telephony.calls.outcome import LoopDetected, Outcome, Redirected, UnknownNumber
from appliance.telephony.flow.echo import echo
from appliance.telephony.flow.extension import ring_extension

FORWARD_DEPTH: Final = 5
"""How often one call may be forwarded (decisions: Telephony)."""


async def arrive(call: Call, number: str) -> Outcome:
    """Treat the call as one for `number` of the caller's tenant, following forwards to the cap."""
    for _ in range(FORWARD_DEPTH + 1):
        outcome = await treat(call, number)
        if not isinstance(outcome, Redirected):
            return outcome
        call.note("Forwarded", f"{outcome.by} to {outcome.number}")
        call.forwarded(outcome.by)
        number = outcome.number
    return LoopDetected()


async def treat(call: Call, number: str) -> Outcome:
    """One number's treatment, by what it is in the caller's tenant."""
    match call.destination(number):
        case EchoTest():
            return await echo(call)
        case Extension() as extension:
            return await ring_extension(call, extension)
        case Nobody():
            return UnknownNumber()
