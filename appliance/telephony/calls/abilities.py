"""What the box can do within a call, as its messages say (RFC 3261 § 20.5, § 20.37)."""

from typing import Final

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, NOTIFY, PRACK, MESSAGE"
SUPPORTED: Final = "replaces, timer, 100rel, norefersub"
ABILITIES: Final = (("Allow", ALLOW), ("Supported", SUPPORTED))
SDP: Final = "application/sdp"
