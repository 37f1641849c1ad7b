"""Who calls, as the called phone is told: from the authenticated device, never from its From
(interop 25, manual § 9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.telephony.calls.abilities import ABILITIES
from appliance.telephony.sip.address import Address
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.types import new_call_id, new_tag
from appliance.telephony.sip.uri import Uri

if TYPE_CHECKING:
    from appliance.telephony.calls.call import Call
    from appliance.telephony.calls.leg import Leg

MAX_FORWARDS: Final = 70
ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def caller_headers(call: Call, flow: Flow) -> list[tuple[str, str]]:
    """From, To, Call-ID, CSeq, Max-Forwards and Diversion of the INVITE of one branch."""
    shown = ANONYMOUS if wants_privacy(call) else str(party(call.caller, flow))
    diversions = [
        ("Diversion", f"{Address('', Uri('sip', number, flow.local[0]))};reason=unconditional")
        for number in reversed(call.diverted_by)
    ]
    return [
        ("From", f"{shown};tag={new_tag()}"),
        ("To", str(Address("", Uri("sip", call.dialled, flow.local[0])))),
        ("Call-ID", new_call_id()),
        ("CSeq", "1 INVITE"),
        ("Max-Forwards", str(hops_left(call))),
        *diversions,
    ]


def party(leg: Leg, flow: Flow) -> Address:
    """The leg's extension as the phone on `flow` is shown it."""
    uri = Uri("sip", leg.number, flow.local[0])
    return Address(leg.subscriber.extension.name, uri)


def wants_privacy(call: Call) -> bool:
    """`Privacy: id` or stronger (RFC 3323, RFC 3325)."""
    asked = (call.first_caller.request.get("Privacy") or "").lower()
    return any(word in asked for word in ("id", "user", "header"))


def hops_left(call: Call) -> int:
    """Max-Forwards of the next INVITE: one less than the caller's (interop 24)."""
    given = call.first_caller.request.max_forwards
    return MAX_FORWARDS if given is None else given - 1


def tell_connected(leg: Leg, other: Leg) -> None:
    """Show the phone of `leg` whom it talks to now, where it takes UPDATE (interop 16)."""
    if leg.confirmed and leg.takes_update:
        shown = ("P-Asserted-Identity", str(party(other, leg.flow)))
        leg.send("UPDATE", headers=[*ABILITIES, shown])
