"""Requests as a phone would make them."""

from appliance.telephony.sip.message import Request
from appliance.telephony.sip.uri import Uri


def make(
    method: str,
    *headers: tuple[str, str],
    call_id: str = "call-1",
    cseq: int = 1,
    to: str = "<sip:1002@acme.example>",
    from_: str = "<sip:1001@acme.example>;tag=phone",
    uri: str = "sip:1002@acme.example",
) -> Request:
    fixed = [
        ("Max-Forwards", "70"),
        ("From", from_),
        ("To", to),
        ("Call-ID", call_id),
        ("CSeq", f"{cseq} {method}"),
    ]
    return Request.make(method, Uri.parse(uri), [*fixed, *headers])


def invite(*headers: tuple[str, str], call_id: str = "call-1", cseq: int = 1) -> Request:
    contact = ("Contact", "<sip:1001@192.0.2.10:5062>")
    return make("INVITE", contact, *headers, call_id=call_id, cseq=cseq)
