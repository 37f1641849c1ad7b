"""Reason (RFC 3326)."""

from dataclasses import dataclass

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import clamped, is_token, quote, read_params

MAX_CAUSE = 999


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a CANCEL or BYE was sent: `protocol` is SIP, Q.850 or another; `cause` its code."""

    protocol: str
    cause: int | None = None
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reason":
        """Raises Malformed; further parameters are dropped."""
        protocol, semicolon, rest = text.partition(";")
        protocol = protocol.strip()
        if not is_token(protocol):
            raise Malformed("Bad Reason")
        params = read_params(rest) if semicolon else {}
        cause = clamped(params.get("cause") or "", MAX_CAUSE)
        return cls(protocol, cause, params.get("text") or "")

    def __str__(self) -> str:
        cause = "" if self.cause is None else f";cause={self.cause}"
        text = f";text={quote(self.text)}" if self.text else ""
        return self.protocol + cause + text
