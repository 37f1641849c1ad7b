"""An INVITE with Replaces: a phone takes the place of a dialog it names (RFC 3891, interop 15)."""

from __future__ import annotations

from appliance.telephony.calls.incoming import IncomingLeg
from appliance.telephony.calls.transfer import find_replaced
from appliance.telephony.sip.replaces import Replaces


def replace(leg: IncomingLeg, replaces: Replaces) -> None:
    """Put the new leg in the named leg's place, or refuse it as RFC 3891 § 3 says."""
    replaced = find_replaced(leg, replaces)
    if replaced is None:
        leg.turn_away(481, "Call/Transaction Does Not Exist")
    elif replaces.early_only and replaced.confirmed:
        leg.turn_away(486, "Busy Here")
    else:
        replaced.call.take_over(replaced, leg)
