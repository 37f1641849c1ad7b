"""How an attempt to reach somebody ended: values, not exceptions.

Each outcome knows what the caller is told (RFC 3261 § 21) and what the call record says
(manual § 22.5, decisions: CDR dispositions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.model.calls import Disposition

if TYPE_CHECKING:
    from appliance.telephony.calls.leg import Leg


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody answered; the conversation has already ended when a treatment returns this."""

    leg: Leg
    status: int = 200
    words: str = "OK"
    disposition: Disposition = Disposition.ANSWERED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Completed:
    """A service of the box, such as the echo test, served the caller to the end."""

    status: int = 200
    words: str = "OK"
    disposition: Disposition = Disposition.ANSWERED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Busy:
    status: int = 486
    words: str = "Busy Here"
    disposition: Disposition = Disposition.BUSY
    reason: str = "busy"


@dataclass(frozen=True, slots=True)
class Declined:
    """Somebody refused the call for every device (RFC 3261 § 21.6.2)."""

    status: int = 603
    words: str = "Decline"
    disposition: Disposition = Disposition.BUSY
    reason: str = "declined"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    status: int = 480
    words: str = "No Answer"
    disposition: Disposition = Disposition.NO_ANSWER
    reason: str = "no_answer"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No device of the destination is registered, or none of them responded."""

    status: int = 480
    words: str = "Temporarily Unavailable"
    disposition: Disposition = Disposition.FAILED
    reason: str = "unreachable"


@dataclass(frozen=True, slots=True)
class UnknownNumber:
    status: int = 404
    words: str = "Not Found"
    disposition: Disposition = Disposition.FAILED
    reason: str = "unknown_number"


@dataclass(frozen=True, slots=True)
class LoopDetected:
    """The call was forwarded more often than the cap allows (decisions: Telephony)."""

    status: int = 482
    words: str = "Loop Detected"
    disposition: Disposition = Disposition.FAILED
    reason: str = "forward_loop"


@dataclass(frozen=True, slots=True)
class CapReached:
    """The tenant has as many calls as its licence allows (manual § 6.4.1)."""

    status: int = 486
    words: str = "Concurrent Call Limit Reached"
    disposition: Disposition = Disposition.FAILED
    reason: str = "concurrent_call_limit"


@dataclass(frozen=True, slots=True)
class Failed:
    """The far end refused the call for a reason of its own, passed on as it came."""

    status: int
    words: str
    reason: str = "failed"
    disposition: Disposition = Disposition.FAILED


@dataclass(frozen=True, slots=True)
class Redirected:
    """A device answered 3xx: its user wants the call at `number` (interop 24)."""

    number: str
    by: str
    status: int = 480
    words: str = "Temporarily Unavailable"
    disposition: Disposition = Disposition.FAILED
    reason: str = "redirect_refused"


Outcome = (
    Answered
    | Completed
    | Busy
    | Declined
    | NoAnswer
    | Unreachable
    | UnknownNumber
    | LoopDetected
    | CapReached
    | Failed
    | Redirected
)


def refusal(status: int, words: str) -> Outcome:
    """The outcome that a final failure response stands for; 3xx is not decided here."""
    match status:
        case 486 | 600:
            return Busy()
        case 603 | 607:
            return Declined()
        case 408 | 480:
            return Unreachable()
        case _:
            return Failed(status, words, reason=f"sip_{status}")


def outranks(first: Outcome, second: Outcome | None) -> bool:
    """Whether `first` is the better failure to tell the caller of a fork (RFC 3261 § 16.7 step 6):
    a decision of a person above a state of a phone above silence."""
    return second is None or _rank(first) < _rank(second)


def _rank(outcome: Outcome) -> int:
    order = (Declined, Redirected, Busy, NoAnswer, Failed, UnknownNumber, LoopDetected, Unreachable)
    return order.index(type(outcome)) if type(outcome) in order else len(order)
