"""An extension rings: every registered device at once, the first to answer wins (manual § 9.1)."""

from appliance.model.extensions import Extension
from appliance.telephony.calls.bridge import converse
from appliance.telephony.calls.call import Call
from appliance.telephony.calls.dial import dial
from appliance.telephony.calls.outcome import Answered, Outcome, Unreachable


async def ring_extension(call: Call, extension: Extension) -> Outcome:
    """Ring the extension for its ring time; whoever answers talks to the caller until one ends."""
    if not extension.enabled:
        return Unreachable(reason="extension_disabled")
    outcome = await dial(call, call.reachable(extension), extension.ring_seconds)
    if isinstance(outcome, Answered):
        await converse(call, outcome.leg)
    return outcome
