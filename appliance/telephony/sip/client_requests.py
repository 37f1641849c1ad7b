"""The requests that the core makes by itself from an INVITE: CANCEL, and ACK to a failure."""

from appliance.telephony.sip.message import Request, Response


def ack_for_failure(invite: Request, response: Response) -> bytes:
    """RFC 3261 § 17.1.1.3: the INVITE's Via and Route, the response's To."""
    return bytes(_follow(invite, "ACK", response.get("To") or "", ""))


def cancel_for(invite: Request, reason: str) -> Request:
    """RFC 3261 § 9.1; `reason` becomes a Reason header (RFC 3326) unless empty."""
    return _follow(invite, "CANCEL", invite.get("To") or "", reason)


def _follow(invite: Request, method: str, to: str, reason: str) -> Request:
    headers = [("Via", str(invite.via))]
    headers += [("Route", route) for route in invite.all("Route")]
    headers += [
        ("Max-Forwards", "70"),
        ("From", invite.get("From") or ""),
        ("To", to),
        ("Call-ID", invite.call_id),
        ("CSeq", f"{invite.cseq.number} {method}"),
    ]
    if reason:
        headers.append(("Reason", reason))
    return Request.make(method, invite.uri, headers)
