"""What a device's policy on SRTP makes of offers (interop 30).

What phones accept as an offer, and so what we offer:

- PLAIN: `RTP/AVP` without keys.
- OPTIONAL: `RTP/AVP` with `a=crypto`. A phone without SRTP (or with it off) ignores the lines and
  answers plainly; baresip (`srtp`), Snom (`user_savp` off or optional) and Yealink (optional)
  answer with a line of their own. `RTP/SAVP` here would be refused with 488 by phones without
  SRTP, and two lines, one of each, ring twice or confuse the order of lines.
- REQUIRED: `RTP/SAVP` with `a=crypto`, the only form that a phone set to compulsory SRTP accepts
  and the only one that another cannot answer plainly.

A device whose own offer was `RTP/SAVP` is to be offered REQUIRED later in that dialog as well,
whatever its policy: see `lasting`.
"""

from collections.abc import Iterable

from appliance.model.devices import MediaSecurity
from appliance.telephony.sdp.crypto import Crypto, answering
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.session import Session

NOT_CARRIED = Refusal("no such media")


def protocol(line: Media, secure: MediaSecurity) -> str:
    """The profile to offer in place of `line`'s; feedback (RFC 4585) stays as it was."""
    if not line.rtp:
        return line.protocol
    profile = "RTP/SAVP" if secure is MediaSecurity.REQUIRED else "RTP/AVP"
    return f"{profile}F" if line.protocol.endswith("F") else profile


def carried(line: Media, secure: MediaSecurity) -> bool:
    """Whether a line of this kind can go to or come from a device with this policy; keys are
    another matter, since each leg has its own. Fax over UDPTL knows none, so that a device which
    must be secure stays with voice."""
    if line.udptl:
        return line.live and secure is not MediaSecurity.REQUIRED
    return line.live and line.rtp


def refused(offer: Session, secure: MediaSecurity) -> Refusal | None:
    """Why no line of a device's offer can be answered, known before anybody is rung; None when
    one can."""
    wanted = [line for line in offer.media if line.live]
    refusals = [
        answer_keys(line, line.crypto, secure) if carried(line, secure) else NOT_CARRIED
        for line in wanted
    ]
    if wanted and all(isinstance(refusal, Refusal) for refusal in refusals):
        return next(refusal for refusal in refusals if isinstance(refusal, Refusal))
    return None


def answer_keys(
    line: Media, ours: Iterable[Crypto], secure: MediaSecurity
) -> Crypto | Refusal | None:
    """Our crypto line in answer to the offered `line`; None for plain media; a Refusal where the
    profile or the policy wants keys and none fit, or where the policy wants none and it must."""
    if line.rtp:
        return _keying(line, ours, secure)
    if secure is MediaSecurity.REQUIRED:
        return Refusal("secure media is required")
    return None


def _keying(line: Media, ours: Iterable[Crypto], secure: MediaSecurity) -> Crypto | Refusal | None:
    if secure is MediaSecurity.PLAIN:
        return Refusal("secure media is switched off for this device") if line.savp else None
    chosen = answering(line.crypto, ours)
    if chosen is None and line.savp:
        return Refusal("no usable crypto line")
    if chosen is None and secure is MediaSecurity.REQUIRED:
        return Refusal("secure media is required")
    return chosen


def lasting(secure: MediaSecurity, sent: Media, received: Media) -> MediaSecurity:
    """The policy for later offers in a dialog whose lines these are: media that is secure by its
    profile stays so."""
    return MediaSecurity.REQUIRED if sent.savp or received.savp else secure
