"""A REFER: whom the other party shall talk to instead, and the reports on how that goes
(RFC 3515, RFC 3891, RFC 4488)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.telephony.calls.events import Refers
from appliance.telephony.sip.message import Request
from appliance.telephony.sip.replaces import Replaces
from appliance.telephony.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from appliance.telephony.calls.leg import Leg


@dataclass(frozen=True, slots=True)
class Referral:
    """`wants_reports` is False for `Refer-Sub: false` (RFC 4488)."""

    number: str
    replaces: Replaces | None
    wants_reports: bool
    event: str


def parse_referral(request: Request) -> Referral | None:
    """The referral of a REFER; None where Refer-To is missing, doubled or not understood."""
    if len(request.all("Refer-To")) != 1 or request.refer_to is None:
        return None
    uri = request.refer_to.uri
    if uri.scheme not in ("sip", "sips", "tel"):
        return None
    wanted = next((v for name, v in uri.headers if name.lower() == "replaces"), None)
    try:
        replaces = Replaces.parse(wanted) if wanted is not None else None
    except ValueError:
        return None
    quiet = (request.get("Refer-Sub") or "").strip().lower() == "false"
    return Referral(uri.user or uri.host, replaces, not quiet, f"refer;id={request.cseq.number}")


class Transferor:
    """A leg as the one that transfers: one referral at a time."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._asked: Referral | None = None

    def receive(self, transaction: ServerTransaction, request: Request) -> None:
        """A REFER within the call: taken with 202 and a first report, then the holder's work."""
        leg, referral = self._leg, parse_referral(request)
        if referral is None:
            leg.respond(transaction, request.reply(400, "Bad Refer-To"))
        elif leg.holder is None or self._asked is not None:
            leg.respond(transaction, request.reply(491))
        else:
            self._asked = referral
            headers = [] if referral.wants_reports else [("Refer-Sub", "false")]
            headers.append(("Contact", str(leg.contact)))
            leg.respond(transaction, request.reply(202, headers=headers))
            self.report(100, "Trying")
            leg.tell(Refers(leg, referral.number, referral.replaces))

    def report(self, status: int, words: str) -> None:
        """Tell the phone how its transfer goes (RFC 3515 § 2.4.4); 2xx and above end it."""
        referral = self._asked
        if referral is None or not self._leg.confirmed:
            return
        state = "active;expires=180" if status < 200 else "terminated;reason=noresource"
        if status >= 200:
            self._asked = None
        if referral.wants_reports:
            self._leg.send(
                "NOTIFY",
                headers=[("Event", referral.event), ("Subscription-State", state)],
                body=f"SIP/2.0 {status} {words}\r\n".encode(),
                content_type="message/sipfrag;version=2.0",
            )
