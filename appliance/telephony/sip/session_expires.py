"""Session-Expires (RFC 4028 § 4)."""

from dataclasses import dataclass

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import integer, read_params

MAX_SECONDS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """`refresher` is uac, uas, or None where it is left open."""

    seconds: int
    refresher: str | None = None

    @classmethod
    def parse(cls, text: str) -> "SessionExpires":
        """Raises Malformed."""
        digits, semicolon, rest = text.partition(";")
        seconds = integer(digits.strip(), MAX_SECONDS)
        refresher = read_params(rest).get("refresher") if semicolon else None
        if refresher is not None:
            refresher = refresher.lower()
            if refresher not in ("uac", "uas"):
                raise Malformed("Bad Refresher")
        return cls(seconds, refresher)

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)
