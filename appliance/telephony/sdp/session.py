"""A session description: parsing and printing (RFC 8866, RFC 4566).

Lenient to phones: any line end, missing `s=`, `t=` or `c=` lines, unknown lines. Strict on limits.
A parsed session is normal: what the session level says of address and direction stands in each
media line, so that a line means the same wherever it is taken.
"""

from dataclasses import dataclass, field, replace

from appliance.telephony.sdp.attributes import Attributes, line
from appliance.telephony.sdp.attributes import parse as parse_attribute
from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.media import Media, split_direction
from appliance.telephony.sdp.origin import Origin, family

CONTENT_TYPE = "application/sdp"

MAX_BYTES = 32768
MAX_LINES = 1000
MAX_LINE_LENGTH = 4096
MAX_MEDIA = 16
MAX_FORMATS = 128


@dataclass(frozen=True)
class Session:
    """`attributes` are the session's own, without its direction; `name` is `s=`."""

    origin: Origin
    media: tuple[Media, ...] = ()
    name: str = "-"
    bandwidth: tuple[str, ...] = ()
    timing: str = "0 0"
    attributes: Attributes = ()

    @classmethod
    def parse(cls, body: bytes) -> "Session":
        """The session that `body` describes. Raises SdpError."""
        head, *blocks = _blocks(_lines(body))
        if len(blocks) > MAX_MEDIA:
            raise SdpError("too many media lines")
        origin = Origin.parse(head.one("o"))
        host = _host(head.one("c")) or origin.host
        direction, attributes = split_direction(head.attributes())
        media = tuple(_media(block, host, direction or Direction.SENDRECV) for block in blocks)
        return cls(
            origin,
            media,
            head.one("s") or "-",
            head.every("b"),
            head.one("t") or "0 0",
            attributes,
        )

    def __str__(self) -> str:
        host = self._host()
        lines = ["v=0", f"o={self.origin}", f"s={self.name}", f"c=IN {family(host)} {host}"]
        lines += [f"b={value}" for value in self.bandwidth]
        lines.append(f"t={self.timing}")
        lines += [line(name, value) for name, value in self.attributes]
        for media in self.media:
            lines += media.lines(host)
        return "\r\n".join(lines) + "\r\n"

    def __bytes__(self) -> bytes:
        return str(self).encode()

    def following(self, last_sent: "Session | None") -> "Session":
        """This session as the next one of that dialog: the id kept, and the version raised only
        where anything else changed (RFC 3264 § 8, interop 13)."""
        if last_sent is None:
            return self
        unchanged = replace(self, origin=last_sent.origin)
        if unchanged == last_sent:
            return last_sent
        return replace(self, origin=last_sent.origin.raised())

    def _host(self) -> str:
        """The session's own `c=`: of the first line in use, which spares most lines theirs."""
        return next((media.host for media in self.media if media.live), self.origin.host)


@dataclass(slots=True)
class _Block:
    """The lines of the session level, or of one media line, by their letters."""

    lines: dict[str, list[str]] = field(default_factory=dict)

    def one(self, letter: str) -> str:
        return self.lines[letter][0] if letter in self.lines else ""

    def every(self, letter: str) -> tuple[str, ...]:
        return tuple(self.lines.get(letter, ()))

    def attributes(self) -> Attributes:
        return tuple(map(parse_attribute, self.lines.get("a", ())))


def _lines(body: bytes) -> list[str]:
    if len(body) > MAX_BYTES:
        raise SdpError("body is too long")
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = [item for item in text.split("\n") if item.strip()]
    if len(lines) > MAX_LINES or max(map(len, lines), default=0) > MAX_LINE_LENGTH:
        raise SdpError("too many lines, or one too long")
    return lines


def _blocks(lines: list[str]) -> list[_Block]:
    """The session level first, then one block for each `m=`."""
    block = _Block()
    blocks = [block]
    for text in lines:
        letter, equals, value = text.partition("=")
        letter = letter.strip()
        if not equals or len(letter) != 1:
            raise SdpError("a line is not of the form x=…")
        if letter == "m":
            block = _Block()
            blocks.append(block)
        block.lines.setdefault(letter, []).append(value.strip())
    return blocks


def _host(connection: str) -> str:
    """The address of `IN IP4 host[/ttl]`; "" when there is none."""
    words = connection.split()
    return words[2].partition("/")[0] if len(words) >= 3 else ""


def _media(block: _Block, host: str, direction: Direction) -> Media:
    words = block.one("m").split()
    if len(words) < 3 or len(words) > MAX_FORMATS + 3:
        raise SdpError("an m= line has too few or too many fields")
    # The count of ports after the slash is for layered codecs, which no phone has.
    port = words[1].partition("/")[0]
    if not port.isdecimal() or len(port) > 5 or int(port) > 65535:
        raise SdpError("an m= line has no port")
    own, attributes = split_direction(block.attributes())
    return Media(
        kind=words[0].lower(),
        port=int(port),
        protocol=words[2].lower() if words[2].lower() == "udptl" else words[2].upper(),
        formats=tuple(words[3:]),
        host=_host(block.one("c")) or host,
        direction=direction if own is None else own,
        bandwidth=block.every("b"),
        attributes=attributes,
    )
