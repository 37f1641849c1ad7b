"""Phones that give up when they are challenged with what they cannot read.

RFC 8760 has a server offer every algorithm, the better first, and a phone take the first that it
knows. The phones below take the very first or none, so that they are offered MD5 alone.

That is no downgrade that matters. MD5 is offered to everybody beside SHA-256 and accepted from
everybody, so who writes such a User-Agent into a request of its own gains nothing: each answer is
checked against the secret by itself, and a challenge tells nothing of it. Who can change another
phone's User-Agent on the way can as well take SHA-256 out of the challenge that comes back.
"""

from typing import Final

MD5_ALONE: Final = (
    "baresip v0.",
    "baresip v1.",  # Debian 12 has 1.0.0
    "baresip v2.0.",
    "baresip v2.1.",
    "baresip v2.2.",
    "baresip v2.3.",
    "baresip v2.4.",
)
"""How the User-Agent of such a phone begins."""


def knows_md5_alone(user_agent: str) -> bool:
    return user_agent.startswith(MD5_ALONE)
