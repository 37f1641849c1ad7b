"""What a leg tells whoever holds it: the fork that rings it, or the conversation it is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.telephony.calls.outcome import Outcome
from appliance.telephony.sdp.session import Session
from appliance.telephony.sip.replaces import Replaces

if TYPE_CHECKING:
    from appliance.telephony.calls.leg import Leg
    from appliance.telephony.calls.outgoing import OutgoingLeg


@dataclass(frozen=True, slots=True)
class Rings:
    """A branch's phone rings; `early_media` when its answer came with the 18x."""

    leg: OutgoingLeg
    early_media: bool


@dataclass(frozen=True, slots=True)
class Accepts:
    """A branch's phone was picked up."""

    leg: OutgoingLeg


@dataclass(frozen=True, slots=True)
class Refuses:
    """A branch ended without an answer."""

    leg: OutgoingLeg
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class HangsUp:
    """The leg has ended after it was answered."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Offers:
    """The far end wants other media than the leg can agree to alone; `answer` takes the other
    side's answer to the same offer, or None to refuse with 488 and keep what was."""

    leg: Leg
    offer: Session
    answer: Callable[[Session | None], None]


@dataclass(frozen=True, slots=True)
class Presses:
    """A key pressed by SIP INFO (keys in RFC 4733 pass through the media core by themselves)."""

    leg: Leg
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Refers:
    """The far end transfers the other party: to `number`, or into the dialog that `replaces`
    names (RFC 3515, RFC 3891)."""

    leg: Leg
    number: str
    replaces: Replaces | None


@dataclass(frozen=True, slots=True)
class TakesOver:
    """`by` has taken the place of `leg` in this call: attended transfer, or pick-up."""

    leg: Leg
    by: Leg


LegEvent = Rings | Accepts | Refuses | HangsUp | Offers | Presses | Refers | TakesOver
