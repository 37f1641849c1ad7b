"""The pieces that header values are made of (RFC 3261 § 25.1). All of it takes linear time."""

import re
from collections.abc import Mapping

from appliance.telephony.sip.errors import Malformed

Params = Mapping[str, str | None]
"""Parameters by lower-case name; None is a parameter without value. Not to be changed."""

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9\-.!%*_+`'~\[\]:]+")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
# Name, equals sign, quoted or plain value; or else the text that is none of this, in one piece so
# that nothing is looked at twice.
_PARAM = re.compile(
    r"""\s*+([^\s;="]++)\s*+(?:(=)\s*+(?:"((?:[^"\\]++|\\.)*+)"|([^;"]*+)))?+\s*+(?:;|$)|(;|[^;]++)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LANDMARK = {separator: re.compile(f'[{separator}"<]') for separator in ",;"}
_MAX_DIGITS = 20


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def integer(text: str, maximum: int) -> int:
    """A decimal number from 0 to `maximum`, leading zeros allowed."""
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise Malformed("Not a Number")
    value = int(text)
    if value > maximum:
        raise Malformed("Number Too Large")
    return value


def clamped(text: str, maximum: int) -> int | None:
    """As `integer`, but what is too large is `maximum` and what is no number None."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return maximum if len(text) > _MAX_DIGITS else min(int(text), maximum)


def split_list(text: str, separator: str = ",") -> list[str]:
    """Cut at a comma or semicolon, but not within quotes or angle brackets."""
    if '"' not in text and "<" not in text:
        return text.split(separator)
    parts = []
    landmark = _LANDMARK[separator]
    start = at = 0
    while found := landmark.search(text, at):
        if found[0] == separator:
            parts.append(text[start : found.start()])
            start = at = found.end()
        else:
            at = _end_of_enclosure(text, found.start())
    parts.append(text[start:])
    return parts


def _end_of_enclosure(text: str, start: int) -> int:
    if text[start] == '"':
        quoted = _QUOTED.match(text, start)
        if quoted is None:
            raise Malformed("Unterminated Quoted String")
        return quoted.end()
    end = text.find(">", start)
    if end < 0:
        raise Malformed("Unterminated Angle Bracket")
    return end + 1


def unescape(text: str) -> str:
    """The inside of a quoted string without its escapes."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def quote(text: str) -> str:
    """A quoted string; line breaks, which no header may carry, become spaces."""
    if "\r" in text or "\n" in text:
        text = text.replace("\r", " ").replace("\n", " ")
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def read_params(text: str) -> dict[str, str | None]:
    """`text` is what follows the first semicolon, such as `tag=1;lr`. One semicolon too many at
    the end is forgiven; a name twice is not, as two readers could disagree on it."""
    pieces = _PARAM.findall(text)
    params = {
        name.lower(): (unescape(quoted) if quoted else plain.rstrip()) if equals else None
        for name, equals, quoted, plain, _ in pieces
    }
    if "" in params or len(params) != len(pieces):
        raise Malformed("Bad Parameter")
    return params


def print_params(params: Params) -> str:
    return "".join([_print_param(name, value) for name, value in params.items()])


def _print_param(name: str, value: str | None) -> str:
    if value is None:
        return f";{name}"
    return f";{name}={value if _PLAIN_VALUE.fullmatch(value) else quote(value)}"
