"""The rules of fields that many nouns share, each with the words that stand beside the field."""

import re
import unicodedata
from typing import Final

from appliance.control.errors import Invalid

LONGEST_NAME: Final = 80
LONGEST_EMAIL: Final = 254
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")


def name(text: str, field: str = "name") -> str:
    """A name that people give: 1 to 80 characters, no control characters; trimmed. Raises
    Invalid."""
    trimmed = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(trimmed) <= LONGEST_NAME:
        raise Invalid.of(**{field: f"1 to {LONGEST_NAME} characters."})
    if any(unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Cs") for each in trimmed):
        raise Invalid.of(**{field: "No control characters."})
    return trimmed


def email(text: str, field: str = "email") -> str:
    """An address that mail can go to. Raises Invalid."""
    trimmed = text.strip()
    if len(trimmed) > LONGEST_EMAIL or not _EMAIL.fullmatch(trimmed):
        raise Invalid.of(**{field: "An email address, such as alice@example.com."})
    return trimmed
