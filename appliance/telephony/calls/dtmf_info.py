"""A key pressed by SIP INFO, in the two forms that phones use (interop 29)."""

import re
from dataclasses import dataclass
from typing import Final

KEYS: Final = frozenset("0123456789*#ABCD")
DEFAULT_MS: Final = 160
_SIGNAL: Final = re.compile(r"^\s*Signal\s*=\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_DURATION: Final = re.compile(r"^\s*Duration\s*=\s*(\d{1,5})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KeyPress:
    digit: str
    duration_ms: int


def parse_key(content_type: str | None, body: bytes) -> KeyPress | None:
    """The key of an `application/dtmf-relay` or `application/dtmf` body; None for another INFO."""
    kind = (content_type or "").split(";")[0].strip().lower()
    text = body.decode("ascii", "replace")
    if kind == "application/dtmf":
        return _press(text.strip(), DEFAULT_MS)
    if kind == "application/dtmf-relay" and (signal := _SIGNAL.search(text)):
        duration = _DURATION.search(text)
        return _press(signal[1], int(duration[1]) if duration else DEFAULT_MS)
    return None


def _press(signal: str, duration_ms: int) -> KeyPress | None:
    digit = {"10": "*", "11": "#"}.get(signal, signal.upper())
    return KeyPress(digit, min(max(duration_ms, 40), 6000)) if digit in KEYS else None
