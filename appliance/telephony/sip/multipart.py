"""multipart bodies (RFC 2046 § 5.1, RFC 5621): which part is of a wanted type."""

from collections.abc import Iterator
from dataclasses import dataclass

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import read_params
from appliance.telephony.sip.headers import Headers


@dataclass(frozen=True, slots=True)
class Part:
    """`content_type` is the header's whole value."""

    content_type: str
    body: bytes


def media_type(content_type: str) -> str:
    """type/subtype in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """The parts of one multipart body, preamble and epilogue left out. Raises Malformed."""
    boundary = read_params(content_type.partition(";")[2]).get("boundary")
    if not boundary:
        raise Malformed("Multipart Without Boundary")
    delimiter = b"\r\n--" + boundary.encode()
    pieces = (b"\r\n" + body).split(delimiter)
    parts: list[Part] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return parts
        # Spaces may follow the boundary on its line.
        parts.append(_read_part(piece.lstrip(b" \t")))
    raise Malformed("Multipart Without End")


def find_body(content_type: str, body: bytes, wanted: str, depth: int) -> bytes | None:
    """The body if it is of type `wanted`, else the first such part of a multipart one, down to
    `depth` levels. None where there is none or the multipart is malformed."""
    return next(_bodies(Part(content_type, body), wanted, depth), None)


def _bodies(part: Part, wanted: str, depth: int) -> Iterator[bytes]:
    kind = media_type(part.content_type)
    if kind == wanted:
        yield part.body
    elif kind.startswith("multipart/") and depth > 0:
        try:
            inner = read_parts(part.content_type, part.body)
        except Malformed:
            return
        for each in inner:
            yield from _bodies(each, wanted, depth - 1)


def _read_part(piece: bytes) -> Part:
    """`piece` begins with the line end of the boundary's line."""
    head, blank, body = piece.partition(b"\r\n\r\n")
    if not blank:
        raise Malformed("Part Without Headers' End")
    headers = Headers()
    text = head.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
    headers.read(text.split("\r\n")[1:])
    return Part(headers.get("Content-Type") or "text/plain", body)
