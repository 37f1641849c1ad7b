"""Who calls, as the called phone is told: from the authenticated device, never from its From
(interop 25, manual § 9.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from appliance.telephony.calls.abilities import ABILITIES
from appliance.telephony.sip.address import Address
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.types import new_call_id, new_tag
from appliance.telephony.sip.uri import Uri

if TYPE_CHECKING:
    from appliance.telephony.calls.call import Call
    from appliance.telephony.calls.leg import Leg

MAX_FORWARDS: Final = 70
ANONYMOUS: Final = Address("Anonymous", Uri("sip", "anonymous", "anonymous.invalid"))
WITHHOLDING: Final = {"id", "user", "header"}
"""The words of Privacy that keep a number from being shown (RFC 3323 § 4.2, RFC 3325 § 9.3)."""


def caller_headers(call: Call, branch: Leg) -> list[tuple[str, str]]:
    """From, To, Call-ID, CSeq, Max-Forwards and Diversion of the INVITE of one branch."""
    flow = branch.flow
    called = branch.number if call.transfers else call.dialled
    diversions = [
        ("Diversion", f"{Address('', Uri('sip', number, flow.local[0]))};reason=unconditional")
        for number in reversed(call.diverted_by)
    ]
    return [
        ("From", f"{party(call.caller, flow)};tag={new_tag()}"),
        ("To", str(Address("", Uri("sip", called, flow.local[0])))),
        ("Call-ID", new_call_id()),
        ("CSeq", "1 INVITE"),
        ("Max-Forwards", str(hops_left(call))),
        *diversions,
    ]


def party(leg: Leg, flow: Flow) -> Address:
    """The leg's extension as the phone on `flow` is shown it, unless its own phone withheld it."""
    if leg.withheld:
        return ANONYMOUS
    uri = Uri("sip", leg.number, flow.local[0])
    return Address(leg.subscriber.extension.name, uri)


def withholds(message: Request | Response) -> bool:
    """Whether a phone asks that its number be shown to nobody: `Privacy: id` or stronger."""
    asked = re.split(r"[;,\s]+", (message.get("Privacy") or "").lower())
    return not WITHHOLDING.isdisjoint(asked)


def hops_left(call: Call) -> int:
    """Max-Forwards of the next INVITE: one less than the caller's (interop 24)."""
    given = call.first_caller.request.max_forwards
    return MAX_FORWARDS if given is None else given - 1


def tell_connected(leg: Leg, other: Leg) -> None:
    """Show the phone of `leg` whom it talks to now, where it takes UPDATE (interop 16)."""
    if leg.confirmed and leg.takes_update:
        shown = ("P-Asserted-Identity", str(party(other, leg.flow)))
        leg.send("UPDATE", headers=[*ABILITIES, shown])
