"""CSeq (RFC 3261 § 20.16)."""

from dataclasses import dataclass

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import integer, is_token
from appliance.telephony.sip.remembered import remembered

MAX_CSEQ = 2**31 - 1  # § 8.1.1.5


@dataclass(frozen=True, slots=True)
class CSeq:
    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        """Raises Malformed."""
        words = text.split()
        if len(words) != 2 or not is_token(words[1]):
            raise Malformed("Bad CSeq")
        return cls(integer(words[0], MAX_CSEQ), words[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


read_cseq = remembered(CSeq.parse)
