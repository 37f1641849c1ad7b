"""name-addr and addr-spec with parameters: From, To, Contact, Route … (RFC 3261 § 20.10)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import (
    clamped,
    print_params,
    quote,
    read_params,
    split_list,
    unescape,
)
from appliance.telephony.sip.remembered import remembered
from appliance.telephony.sip.uri import Uri, read_uri

MAX_SECONDS = 2**32 - 1
MAX_ADDRESSES = 100  # in one header; bounds the work that one datagram can ask for

# A display name of words may hold more than tokens: phones do not know.
_NAME_ADDR = re.compile(
    r'(?:"((?:[^"\\]++|\\.)*+)"[ \t]*+|([^"<,;]*+))<([^>]*+)>[ \t]*+(?:;(.*+))?', re.DOTALL
)

_set = object.__setattr__


class Star(Enum):
    """`Contact: *`: every binding of the AOR (RFC 3261 § 10.2.2)."""

    STAR = "*"


STAR: Final = Star.STAR


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address prints as it came; else always in angle brackets."""

    display_name: str
    uri: Uri
    params: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    _text: str = field(default="", init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Raises Malformed. Without angle brackets the parameters are the header's, and the URI
        may carry neither `?` nor `,` (§ 20)."""
        text = text.strip()
        found = _NAME_ADDR.fullmatch(text)
        if found is None:
            address = cls._of_bare(text)
        else:
            quoted, plain, uri, params = found.groups()
            name = plain.rstrip() if quoted is None else unescape(quoted)
            address = cls(name, read_uri(uri), read_params(params) if params else {})
        _set(address, "_text", text)
        return address

    @classmethod
    def _of_bare(cls, text: str) -> "Address":
        uri, semicolon, params = text.partition(";")
        if "?" in uri or "," in uri:
            raise Malformed("URI Needs Angle Brackets")
        return cls("", read_uri(uri.rstrip()), read_params(params) if semicolon else {})

    @property
    def tag(self) -> str:
        """ "" where there is none, as with peers of RFC 2543's time."""
        return self.params.get("tag") or ""

    @property
    def expires(self) -> int | None:
        """Seconds asked for by a contact; None also where it is no number."""
        value = self.params.get("expires")
        return None if value is None else clamped(value, MAX_SECONDS)

    def with_tag(self, tag: str) -> "Address":
        """The same with this tag, which must not have one yet; prints the rest as it came."""
        tagged = Address(self.display_name, self.uri, {**self.params, "tag": tag})
        if self._text:
            _set(tagged, "_text", f"{self._text};tag={tag}")
        return tagged

    def __str__(self) -> str:
        if self._text:
            return self._text
        name = quote(self.display_name) + " " if self.display_name else ""
        return f"{name}<{self.uri}>{print_params(self.params)}"


read_address = remembered(Address.parse)


def read_addresses(lines: list[str]) -> tuple[Address, ...]:
    """All values of a header that is a list, over all its lines. Raises Malformed."""
    if len(lines) == 1 and "," not in lines[0]:
        return (read_address(lines[0]),)
    parts = [part for line in lines for part in split_list(line)]
    if len(parts) > MAX_ADDRESSES:
        raise Malformed("Too Many Addresses")
    return tuple([read_address(part) for part in parts])


def read_contacts(lines: list[str]) -> tuple[Address, ...] | Star:
    if "*" in lines:
        if len(lines) > 1:
            raise Malformed("Contact * Among Others")
        return STAR
    return read_addresses(lines)
