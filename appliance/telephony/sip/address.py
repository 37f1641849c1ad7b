"""name-addr and addr-spec with parameters: From, To, Contact, Route … (RFC 3261 § 20.10)."""

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
    read_quoted,
    split_list,
)
from appliance.telephony.sip.uri import Uri

MAX_SECONDS = 2**32 - 1

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
        opening = text.find("<")
        if opening < 0:
            address = cls._parse_bare(text)
        elif text[0] == '"':
            name, rest = read_quoted(text)
            address = cls._parse_enclosed(name, rest.lstrip())
        else:
            name = text[:opening].rstrip()
            if '"' in name or "," in name or ";" in name:
                raise Malformed("Bad Display Name")
            address = cls._parse_enclosed(name, text[opening:])
        _set(address, "_text", text)
        return address

    @classmethod
    def _parse_bare(cls, text: str) -> "Address":
        uri, semicolon, params = text.partition(";")
        if "?" in uri or "," in uri:
            raise Malformed("URI Needs Angle Brackets")
        return cls("", Uri.parse(uri.rstrip()), read_params(params) if semicolon else {})

    @classmethod
    def _parse_enclosed(cls, name: str, rest: str) -> "Address":
        closing = rest.find(">")
        if closing < 0 or rest[0] != "<":
            raise Malformed("Bad Angle Brackets")
        uri = Uri.parse(rest[1:closing])
        tail = rest[closing + 1 :].lstrip()
        if not tail:
            return cls(name, uri, {})
        if tail[0] != ";":
            raise Malformed("Text After Address")
        return cls(name, uri, read_params(tail[1:]))

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


def read_addresses(lines: list[str]) -> tuple[Address, ...]:
    """All values of a header that is a list, over all its lines."""
    if len(lines) == 1 and "," not in lines[0]:
        return (Address.parse(lines[0]),)
    return tuple([Address.parse(part) for line in lines for part in split_list(line)])


def read_contacts(lines: list[str]) -> tuple[Address, ...] | Star:
    if "*" in lines:
        if len(lines) > 1:
            raise Malformed("Contact * Among Others")
        return STAR
    return read_addresses(lines)
