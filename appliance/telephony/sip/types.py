"""Names that must not be mixed up, and how new ones are made."""

import secrets
from typing import NewType

from appliance.telephony.sip.randomness import octets

LocalTag = NewType("LocalTag", str)
RemoteTag = NewType("RemoteTag", str)

MAGIC = "z9hG4bK"  # RFC 3261 § 8.1.1.7


def new_tag() -> LocalTag:
    """64 random bits (RFC 3261 § 19.3 asks for 32)."""
    return LocalTag(octets(8).hex())


def new_branch() -> str:
    return MAGIC + octets(12).hex()


def new_call_id() -> str:
    """Unguessable and without a host, which would tell where the box stands (RFC 3323 § 4.1)."""
    return secrets.token_urlsafe(18)
