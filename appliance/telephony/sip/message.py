"""SIP messages as they come in (RFC 3261 § 7, § 18.3).

The header lines are split once. Headers on which routing and dialogs stand are checked when a
message is parsed; every other one is read when asked for, and kept.
"""

import re
from dataclasses import dataclass

from appliance.telephony.sip._accelerated import read_headers, scan
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import integer, is_token
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.message_limits import DEFAULT_LIMITS, MessageLimits
from appliance.telephony.sip.remembered import one, remembered
from appliance.telephony.sip.request import Request
from appliance.telephony.sip.response import Response
from appliance.telephony.sip.typed import CHECKED, MANDATORY
from appliance.telephony.sip.types import MAGIC
from appliance.telephony.sip.uri import Uri, read_uri

__all__ = ["Message", "ParseError", "Request", "Response", "parse"]

Message = Request | Response

MAX_LENGTH = 2**31 - 1

_FOLD = re.compile(r"\r\n[ \t]+")
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9][0-9])(?: (.*))?", re.IGNORECASE | re.DOTALL)


class ParseError(ValueError):
    """What came is no message that we accept.

    `request` is what could be read of it where it is to be answered, as by
    `error.request.reply(error.status, error.reason)`; of it only `method`, `get`, `all`,
    `mark_source` and `reply` are safe. None: drop it in silence. `framing_lost`: on a stream
    nobody knows where the next message begins, so the connection must be closed.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        request: Request | None = None,
        *,
        framing_lost: bool = False,
    ) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.request = request
        self.framing_lost = framing_lost


def parse(data: bytes, limits: MessageLimits = DEFAULT_LIMITS, *, exact: bool = False) -> Message:
    """The message of one datagram. Raises ParseError and nothing else.

    Octets beyond Content-Length are dropped (RFC 4475 § 3.1.1.8); without Content-Length the body
    reaches to the end. `exact`, for streams: Content-Length is there and fits.
    """
    scanned = scan(data, limits.header_lines, limits.line) if len(data) <= limits.message else None
    if scanned is None:
        start_line, headers, rest, encoding, complaint = _split_with_care(data, limits)
    else:
        start_line, fields, rest = scanned
        headers, encoding, complaint = Headers.of(fields), "utf-8", None
    message = _begin(start_line, headers, encoding)
    framing_lost = True
    try:
        if complaint is not None:
            raise complaint
        message.body = _body(headers, rest, exact)
        framing_lost = False
        _check(message, start_line)
    except Malformed as error:
        request = _answerable(message)
        raise ParseError(error.status, str(error), request, framing_lost=framing_lost) from None
    return message


def _split_with_care(
    data: bytes, limits: MessageLimits
) -> tuple[str, Headers, bytes, str, Malformed | None]:
    """Start line, headers, what follows the blank line, encoding, and what is wrong with them: of
    any message, where `scan` takes but the usual ones."""
    head, blank, rest = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    text, encoding = _unfold(head)
    start_line, *lines = text.split("\r\n", limits.header_lines + 1)
    headers = Headers()
    complaint = headers.read(lines[: limits.header_lines])
    wrong = _wrong_size(data, lines, limits)
    if wrong is None and (complaint or not blank):
        wrong = Malformed(complaint or "Missing Blank Line")
    return start_line, headers, rest, encoding, wrong


def _unfold(head: bytes) -> tuple[str, str]:
    """The text, a line for each header, and its encoding."""
    try:
        text, encoding = head.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = head.decode("latin-1"), "latin-1"
    if "\r\n " in text or "\r\n\t" in text:
        text = _FOLD.sub(" ", text)
    breaks = text.count("\r\n")
    if text.count("\n") != breaks or text.count("\r") != breaks:
        # Two readers could disagree on where lines end; such a line cannot even be sent back.
        raise ParseError(400, "Bare CR or LF", framing_lost=True)
    return text, encoding


def _begin(start_line: str, headers: Headers, encoding: str) -> Message:
    """Of a request, as much as there is; for what is neither kind an error without answer."""
    if start_line[:4].upper() == "SIP/":
        status = _STATUS_LINE.fullmatch(start_line)
        if status is None:
            raise ParseError(400, "Bad Status Line")
        return Response(int(status[1]), status[2] or "", headers, encoding=encoding)
    line = _request_line(start_line)
    if line is None:
        raise ParseError(400, "Not SIP", framing_lost=True)
    return Request(line.method, line.uri, headers, encoding=encoding)


def _wrong_size(data: bytes, lines: list[str], limits: MessageLimits) -> Malformed | None:
    if len(data) > limits.message:
        return Malformed("Message Too Large", 513)
    if len(lines) > limits.header_lines:
        return Malformed("Too Many Headers")
    if len(data) > limits.line and any(len(line) > limits.line for line in lines):
        return Malformed("Header Too Long")
    return None


def _body(headers: Headers, rest: bytes, exact: bool) -> bytes:
    lines = headers.fields.get("Content-Length")
    if lines is None and not exact:
        return rest
    if lines == ["0"] and not rest:
        return rest
    length = integer(one(lines or []), MAX_LENGTH)
    if length > len(rest) or (exact and length < len(rest)):
        raise Malformed("Content-Length Does Not Fit")
    return rest[:length]


def _check(message: Message, start_line: str) -> None:
    line = _request_line(start_line) if isinstance(message, Request) else None
    if line is not None and line.complaint:
        raise Malformed(line.complaint, line.status)
    fields, values = message.headers.fields, message.headers.typed
    read_headers(fields, values, CHECKED)
    if not fields.keys() >= MANDATORY:
        raise Malformed("Mandatory Header Missing")
    if isinstance(message, Request):
        _check_request(message)


@dataclass(frozen=True, slots=True)
class _RequestLine:
    """What could be read of it. `uri` is the text where that is no URI; `complaint` is "" where all
    is well, else what to answer with `status`."""

    method: str
    uri: Uri | str
    complaint: str = ""
    status: int = 400


def _read_request_line(text: str) -> _RequestLine | None:
    """None where it is none at all."""
    words = text.split()
    if len(words) < 3 or words[-1][:4].upper() != "SIP/":
        return None
    method, uri = words[0], words[1]
    if words[-1].upper() != "SIP/2.0":
        return _RequestLine(method, uri, "Version Not Supported", 505)
    if len(text.split(" ")) != 3 or not is_token(method):
        return _RequestLine(method, uri, "Bad Request Line")
    try:
        read = read_uri(uri)
    except Malformed as error:
        return _RequestLine(method, uri, str(error), error.status)
    return _RequestLine(method, read, "Headers in Request-URI" if read.headers else "")


_request_line = remembered(_read_request_line)  # thousands of phones send the same one


def _check_request(request: Request) -> None:
    if request.cseq.method != request.method:
        raise Malformed("CSeq Does Not Fit Method")
    if request.via.branch == MAGIC:
        raise Malformed("Empty Branch")


def _answerable(message: Message) -> Request | None:
    """An ACK is never answered, nor a request without the Via that its sender looks for."""
    if isinstance(message, Response) or message.method == "ACK":
        return None
    return message if "Via" in message.headers else None
