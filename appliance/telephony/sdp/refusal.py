"""An offer that cannot be answered, or an answer that cannot be used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """`status` is the SIP status to refuse with; `reason` goes into its Warning and the record."""

    reason: str
    status: int = 488
