"""What requests and responses share: headers with their values, body, printing (RFC 3261 § 7)."""

from appliance.telephony.sip import typed
from appliance.telephony.sip._accelerated import printed
from appliance.telephony.sip.address import Address, Star, read_address, read_contacts
from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.cseq import read_cseq
from appliance.telephony.sip.event import Event
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.message_limits import DEFAULT_LIMITS
from appliance.telephony.sip.multipart import find_body, media_type
from appliance.telephony.sip.rack import RAck
from appliance.telephony.sip.replaces import Replaces
from appliance.telephony.sip.session_expires import SessionExpires
from appliance.telephony.sip.typed import Typed, lenient, optional, required
from appliance.telephony.sip.via import Via, read_vias


class Headed:
    """What requests and responses share. No property raises on a message that `parse` returned.

    A message that we make is not changed once sent; headers may be added before. Where a header
    is absent a property is None, "" or empty, by its type. Those that end in `_header` have a
    name that something else has already.
    """

    __slots__ = ("_encoding", "body", "headers")

    def __init__(self, headers: Headers, body: bytes = b"", encoding: str = "utf-8") -> None:
        self.headers = headers
        self.body = body
        # UTF-8, or Latin-1 where a phone speaks that: it is answered in the same.
        self._encoding = encoding

    vias = Typed("Via", read_vias)
    from_ = Typed("From", read_address.of_line)
    to = Typed("To", read_address.of_line)
    call_id = Typed("Call-ID", required(typed.call_id))
    cseq = Typed("CSeq", read_cseq.of_line)
    contacts: Typed[tuple[Address, ...] | Star] = Typed("Contact", read_contacts)
    route = Typed("Route", typed.addresses)
    record_route = Typed("Record-Route", typed.addresses)
    path = Typed("Path", typed.addresses)
    max_forwards = Typed("Max-Forwards", optional(typed.max_forwards))
    expires = Typed("Expires", lenient(typed.seconds))
    rseq = Typed("RSeq", optional(typed.rseq))
    rack = Typed("RAck", optional(RAck.parse))
    content_type = Typed("Content-Type", optional(media_type))
    supported = Typed("Supported", typed.tokens)
    require = Typed("Require", typed.tokens)
    allow = Typed("Allow", typed.methods)
    session_expires = Typed("Session-Expires", optional(SessionExpires.parse))
    min_se = Typed("Min-SE", optional(typed.min_se))
    replaces = Typed("Replaces", optional(Replaces.parse))
    refer_to = Typed("Refer-To", lenient(Address.parse))
    referred_by = Typed("Referred-By", lenient(Address.parse))
    reason_header = Typed("Reason", typed.reasons)
    event = Typed("Event", optional(Event.parse))
    p_asserted_identity = Typed("P-Asserted-Identity", typed.identities)
    _authorization = Typed("Authorization", typed.credentials)
    _proxy_authorization = Typed("Proxy-Authorization", typed.credentials)
    _www_authenticate = Typed("WWW-Authenticate", typed.challenges)
    _proxy_authenticate = Typed("Proxy-Authenticate", typed.challenges)

    @property
    def via(self) -> Via:
        """The top one."""
        return self.vias[0]

    @property
    def authorizations(self) -> tuple[Credentials, ...]:
        """Digest credentials of both headers; other schemes count as absent."""
        if "Proxy-Authorization" not in self.headers.fields:
            return self._authorization
        return self._authorization + self._proxy_authorization

    @property
    def challenges(self) -> tuple[Challenge, ...]:
        """Digest challenges of both headers, in the order of their sender's preference."""
        return self._www_authenticate + self._proxy_authenticate

    def get(self, name: str) -> str | None:
        """The first line of that header."""
        return self.headers.get(name)

    def all(self, name: str) -> list[str]:
        """All lines of that header, as they came."""
        return self.headers.all(name)

    def body_of(self, content_type: str) -> bytes | None:
        """The body if it is of this type, else the first such part of a multipart body."""
        whole = self.headers.get("Content-Type") or ""
        return find_body(whole, self.body, content_type, DEFAULT_LIMITS.multipart_depth)

    def printed(self, start_line: str) -> bytes:
        """Raises ValueError where a header value contains a line break."""
        fields = self.headers.fields
        return printed(start_line, fields, self.body) or self._printed_with_care(start_line)

    def _printed_with_care(self, start_line: str) -> bytes:
        lines = [start_line]
        for name, values in self.headers.fields.items():
            if name != "Content-Length":
                for value in values:
                    lines.append(f"{name}: {value}")  # noqa: PERF401 - seldom more than one
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        head = "\r\n".join(lines)
        breaks = len(lines) + 1
        if head.count("\n") != breaks or head.count("\r") != breaks:
            raise ValueError("a header value contains a line break")
        return head.encode(self._encoding, "replace") + self.body
