"""The session description in a message's body, alone or within a multipart (RFC 3261 § 13.2.1)."""

from appliance.telephony.calls.abilities import SDP
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.session import Session
from appliance.telephony.sip.message import Request, Response


def described(message: Request | Response) -> Session | None:
    """None for a message without a body. Raises SdpError where the body describes no session."""
    if not message.body:
        return None
    body = message.body_of(SDP)
    if body is None:
        raise SdpError("the body is no session description")
    return Session.parse(body)
