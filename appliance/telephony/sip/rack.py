"""RAck, which a PRACK carries (RFC 3262 § 7.2)."""

from dataclasses import dataclass

from appliance.telephony.sip.cseq import MAX_CSEQ
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import integer, is_token

MAX_RSEQ = 2**32 - 1


@dataclass(frozen=True, slots=True)
class RAck:
    """The provisional response's RSeq, and number and method of its CSeq."""

    rseq: int
    cseq: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "RAck":
        """Raises Malformed."""
        words = text.split()
        if len(words) != 3 or not is_token(words[2]):
            raise Malformed("Bad RAck")
        return cls(integer(words[0], MAX_RSEQ), integer(words[1], MAX_CSEQ), words[2])

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"
