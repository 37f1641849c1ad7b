"""What a REFER asks: whom the other party shall talk to instead (RFC 3515, RFC 3891)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from appliance.telephony.calls.events import Refers
from appliance.telephony.sip.message import Request
from appliance.telephony.sip.replaces import Replaces

if TYPE_CHECKING:
    from appliance.telephony.calls.leg import Leg


@dataclass(frozen=True, slots=True)
class Referral:
    """`wants_notify` is False for `Refer-Sub: false` (RFC 4488)."""

    number: str
    replaces: Replaces | None
    wants_notify: bool
    event_header: str

    def event(self, leg: Leg) -> Refers:
        return Refers(leg, self.number, self.replaces)


def parse_referral(request: Request) -> Referral | None:
    """The referral of a REFER; None where Refer-To is missing, doubled or not understood."""
    if len(request.all("Refer-To")) != 1 or request.refer_to is None:
        return None
    uri = request.refer_to.uri
    if uri.scheme not in ("sip", "sips", "tel"):
        return None
    wanted = next((v for name, v in uri.headers if name.lower() == "replaces"), None)
    try:
        replaces = Replaces.parse(unquote(wanted)) if wanted is not None else None
    except ValueError:
        return None
    quiet = (request.get("Refer-Sub") or "").strip().lower() == "false"
    return Referral(uri.user or uri.host, replaces, not quiet, f"refer;id={request.cseq.number}")
