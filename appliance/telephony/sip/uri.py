"""SIP, SIPS and tel URIs (RFC 3261 § 19.1, RFC 3966); others are kept as they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.host import print_host_port, read_host_port
from appliance.telephony.sip.remembered import remembered

_SIP = re.compile(
    r"""(sips?):
    (?:([^@:\x00-\x20<>"\x7f]++)(?::([^@:\x00-\x20<>"\x7f]*+))?@)?
    ([^@;?\x00-\x20<>"\x7f]++)
    (?:;([^@?\x00-\x20<>"\x7f]*+))?
    (\?[^@\x00-\x20<>"\x7f]*+)?""",
    re.IGNORECASE | re.VERBOSE,
)
_OTHER = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*):([^\x00-\x20<>"\x7f]+)')
_UNRESERVED = "-_.!~*'()"
_USER = _UNRESERVED + "&=+$,;?/"
_PASSWORD = _UNRESERVED + "&=+$,"
_PARAM = _UNRESERVED + "[]/:&+$"
_HEADER = _UNRESERVED + "[]/?:+$"

_set = object.__setattr__


@dataclass(frozen=True, slots=True)
class Uri:
    """All parts are unescaped; `host` is in lower case, an IPv6 address without brackets.

    tel: `user` is the number, `host` empty. Any other scheme: `user` is all that follows the
    colon, as it came. A parsed URI prints as it came.
    """

    scheme: str
    user: str = ""
    host: str = ""
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    headers: tuple[tuple[str, str], ...] = ()
    password: str | None = None
    _text: str = field(default="", init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Raises Malformed, also for spaces, quotes and angle brackets within the URI."""
        found = _SIP.fullmatch(text)
        uri = cls._of_sip(*found.groups()) if found else cls._of_other(text)
        _set(uri, "_text", text)
        return uri

    @classmethod
    def _of_sip(
        cls,
        scheme: str,
        user: str | None,
        password: str | None,
        place: str,
        params: str | None,
        headers: str | None,
    ) -> "Uri":
        host, port = read_host_port(place)
        return cls(
            scheme.lower(),
            _unescape(user) if user else "",
            host.lower(),
            port,
            _read_params(params) if params else {},
            _read_headers(headers[1:]) if headers else (),
            None if password is None else _unescape(password),
        )

    @classmethod
    def _of_other(cls, text: str) -> "Uri":
        found = _OTHER.fullmatch(text)
        scheme = found[1].lower() if found else "sip"
        if not found or scheme in ("sip", "sips"):
            raise Malformed("Bad URI")
        if scheme != "tel":
            return cls(scheme, found[2])
        number, _, params = found[2].partition(";")
        return cls("tel", _unescape(number), params=_read_params(params))

    def __str__(self) -> str:
        return self._text or self._print()

    def _print(self) -> str:
        if self.scheme not in ("sip", "sips"):
            user = _escape(self.user, _USER) if self.scheme == "tel" else self.user
            return f"{self.scheme}:{user}{_print_params(self.params)}"
        password = "" if self.password is None else ":" + _escape(self.password, _PASSWORD)
        userinfo = f"{_escape(self.user, _USER)}{password}@" if self.user else ""
        place = print_host_port(self.host, self.port)
        headers = _print_headers(self.headers) if self.headers else ""
        return f"{self.scheme}:{userinfo}{place}{_print_params(self.params)}{headers}"


def _read_params(text: str) -> dict[str, str | None]:
    """Phones repeat parameters; the first one counts."""
    params: dict[str, str | None] = {}
    for piece in text.split(";"):
        name, equals, value = piece.partition("=")
        if name:
            params.setdefault(_unescape(name).lower(), _unescape(value) if equals else None)
    return params


def _print_params(params: Mapping[str, str | None]) -> str:
    pieces = []
    for name, value in params.items():
        pieces.append(";" + _escape(name, _PARAM))
        if value is not None:
            pieces.append("=" + _escape(value, _PARAM))
    return "".join(pieces)


def _read_headers(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [piece.partition("=") for piece in text.split("&")]
    return tuple([(_unescape(name), _unescape(value)) for name, _, value in pairs if name])


def _print_headers(headers: tuple[tuple[str, str], ...]) -> str:
    pairs = [f"{_escape(name, _HEADER)}={_escape(value, _HEADER)}" for name, value in headers]
    return "?" + "&".join(pairs)


def _escape(text: str, safe: str) -> str:
    return text if text.isalnum() and text.isascii() else quote(text, safe)


def _unescape(text: str) -> str:
    """Once only; a % that begins no escape stands for itself (RFC 4475 § 3.1.1.5)."""
    if "%" not in text:
        return text
    octets = unquote_to_bytes(text)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


read_uri = remembered(Uri.parse)
