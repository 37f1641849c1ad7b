"""How each header's lines become a value: the table behind the properties of a message.

`CHECKED` headers are read when a message is parsed, so that no property raises afterwards and a
message that lies about them is refused whole. The others cannot fail: what is malformed there
counts as absent, because no phone should be refused for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from appliance.telephony.sip._accelerated import Lazy
from appliance.telephony.sip.address import (
    MAX_SECONDS,
    Address,
    read_address,
    read_addresses,
    read_contacts,
)
from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.cseq import read_cseq
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.event import Event
from appliance.telephony.sip.grammar import clamped, integer, split_list
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.multipart import media_type
from appliance.telephony.sip.rack import MAX_RSEQ, RAck
from appliance.telephony.sip.reason import Reason
from appliance.telephony.sip.remembered import one, remembered
from appliance.telephony.sip.replaces import Replaces
from appliance.telephony.sip.session_expires import SessionExpires
from appliance.telephony.sip.via import read_vias

T = TypeVar("T")
NONE: frozenset[str] = frozenset()
Lines = list[str]


class HasHeaders(Protocol):
    @property
    def headers(self) -> Headers: ...


class Typed(Lazy, Generic[T]):
    """A property of a message: the value of header `name`, read once. `Lazy` does this:

    if name not in message.headers.typed:
        message.headers.typed[name] = read(message.headers.fields.get(name) or [])
    return message.headers.typed[name]
    """

    if TYPE_CHECKING:

        def __init__(self, name: str, read: Callable[[Lines], T]) -> None: ...

        def __get__(self, message: HasHeaders, owner: type) -> T: ...


def required(parse: Callable[[str], T]) -> Callable[[Lines], T]:
    return lambda lines: parse(one(lines))


def optional(parse: Callable[[str], T]) -> Callable[[Lines], T | None]:
    return lambda lines: parse(one(lines)) if lines else None


def lenient(parse: Callable[[str], T]) -> Callable[[Lines], T | None]:
    """None also where it is malformed or repeated."""

    def read(lines: Lines) -> T | None:
        try:
            return parse(one(lines))
        except Malformed:
            return None

    return read


def lenient_list(parse: Callable[[str], T], *, commas: bool) -> Callable[[Lines], tuple[T, ...]]:
    """The values that can be read; `commas` says that one line may hold several."""

    def read(lines: Lines) -> tuple[T, ...]:
        values = []
        for line in lines:
            try:
                values += [parse(part) for part in (split_list(line) if commas else (line,))]
            except Malformed:
                continue
        return tuple(values)

    return read


def tokens(lines: Lines) -> frozenset[str]:
    """The words of a list, in lower case, as option tags are compared."""
    if not lines:
        return NONE
    return frozenset(word for line in lines for word in line.lower().replace(",", " ").split())


def methods(lines: Lines) -> frozenset[str]:
    """As `tokens`, but methods are case-sensitive (RFC 3261 § 7.1)."""
    return frozenset(word for line in lines for word in line.replace(",", " ").split())


def addresses(lines: Lines) -> tuple[Address, ...]:
    return read_addresses(lines) if lines else ()


def call_id(text: str) -> str:
    if not text or " " in text or "\t" in text:
        raise Malformed("Bad Call-ID")
    return text


def _max_forwards(text: str) -> int:
    return integer(text, 255)


max_forwards = remembered(_max_forwards)


def seconds(text: str) -> int | None:
    """Expires: beyond what fits counts as the longest (RFC 3261 § 20.19)."""
    return clamped(text, MAX_SECONDS)


def min_se(text: str) -> int:
    return integer(text.partition(";")[0].strip(), MAX_SECONDS)


def rseq(text: str) -> int:
    return integer(text, MAX_RSEQ)


CHECKED: dict[str, Callable[[Lines], object]] = {
    "Via": read_vias,
    "From": read_address.of_line,
    "To": read_address.of_line,
    "Call-ID": required(call_id),
    "CSeq": read_cseq.of_line,
    "Contact": read_contacts,
    "Content-Type": optional(media_type),
    "Event": optional(Event.parse),
    "Max-Forwards": optional(max_forwards),
    "Min-SE": optional(min_se),
    "Path": addresses,
    "RAck": optional(RAck.parse),
    "RSeq": optional(rseq),
    "Record-Route": addresses,
    "Replaces": optional(Replaces.parse),
    "Route": addresses,
    "Session-Expires": optional(SessionExpires.parse),
}

MANDATORY = frozenset({"Via", "From", "To", "Call-ID", "CSeq"})

credentials = lenient_list(Credentials.parse, commas=False)
challenges = lenient_list(Challenge.parse, commas=False)
reasons = lenient_list(Reason.parse, commas=True)
identities = lenient_list(Address.parse, commas=True)
