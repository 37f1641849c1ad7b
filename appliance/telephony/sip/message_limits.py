"""How large a message may be before it is refused unread."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """Sizes in octets on the wire; what `parse` and `StreamFramer` accept."""

    message: int = 65535
    line: int = 8192
    header_lines: int = 100
    multipart_depth: int = 4


DEFAULT_LIMITS = MessageLimits()
