"""Responses (RFC 3261 § 7.2)."""

from appliance.telephony.sip.headed import Headed
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.reasons import REASONS


class Response(Headed):
    __slots__ = ("reason", "status")

    def __init__(
        self,
        status: int,
        reason: str,
        headers: Headers,
        body: bytes = b"",
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(headers, body, encoding)
        self.status = status
        self.reason = reason or REASONS.get(status, "")

    def __bytes__(self) -> bytes:
        """Raises ValueError where a header value contains a line break."""
        return self.printed(f"SIP/2.0 {self.status} {self.reason}")
