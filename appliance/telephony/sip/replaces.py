"""Replaces (RFC 3891 § 6.1)."""

from dataclasses import dataclass

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import read_params


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog as its receiver sees it: `to_tag` is the receiver's own. A tag of "0" means "none"
    (RFC 2543 peers) and is kept so."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> "Replaces":
        """Raises Malformed; both tags are required."""
        call_id, _, rest = text.partition(";")
        params = read_params(rest)
        call_id, to_tag, from_tag = call_id.strip(), params.get("to-tag"), params.get("from-tag")
        if not call_id or not to_tag or not from_tag:
            raise Malformed("Bad Replaces")
        return cls(call_id, to_tag, from_tag, "early-only" in params)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"
