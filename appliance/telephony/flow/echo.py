"""The echo test: the caller hears themselves (manual § 27.7.3)."""

from appliance.telephony.calls.call import Call
from appliance.telephony.calls.outcome import Outcome


async def echo(call: Call) -> Outcome:
    """Answer, and play the caller's own audio back until they hang up."""
    return await call.serve(lambda caller: caller.media.echo())
