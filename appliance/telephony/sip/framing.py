"""Messages out of a stream (RFC 3261 § 18.3, RFC 5626 § 4.4.1)."""

import re
from dataclasses import dataclass

from appliance.telephony.sip.message import Message, ParseError, parse
from appliance.telephony.sip.message_limits import DEFAULT_LIMITS, MessageLimits

_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:\s*([0-9]{1,10})[ \t]*\r\n", re.IGNORECASE)
_BLANK_LINE = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Ping:
    """Two CRLF, to be answered with one."""


@dataclass(frozen=True, slots=True)
class Pong:
    """One CRLF by itself, noticed when something else follows."""


Framed = Message | Ping | Pong | ParseError


class StreamFramer:
    """One connection's incoming octets. Gives the same however they are cut; holds one message at
    most. After an error with `framing_lost` it gives nothing any more."""

    def __init__(self, limits: MessageLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._octets = bytearray()
        self._searched = 0  # up to here there is no blank line
        self._awaited = 0  # octets of the message whose head is complete
        self._lost = False

    def feed(self, data: bytes) -> list[Framed]:
        if self._lost:
            return []
        self._octets += data
        framed = []
        while not self._lost and (next_one := self._next()) is not None:
            framed.append(next_one)
        return framed

    def _next(self) -> Framed | None:
        if self._octets[:1] == b"\r" and not self._awaited:
            return self._keep_alive()
        if not self._awaited:
            refused = self._find_end()
            if refused is not None or not self._awaited:
                return refused
        if len(self._octets) < self._awaited:
            return None
        return self._take_message()

    def _keep_alive(self) -> Framed | None:
        octets = self._octets
        if octets.startswith(_BLANK_LINE):
            del octets[:4]
            return Ping()
        if _BLANK_LINE.startswith(octets):
            return None
        if octets.startswith(b"\r\n"):
            del octets[:2]
            return Pong()
        return self._lose(400, "Not SIP")

    def _find_end(self) -> ParseError | None:
        """Set how many octets the message has, once its head is there."""
        octets = self._octets
        end = octets.find(_BLANK_LINE, self._searched, self._limits.message)
        if end < 0:
            self._searched = max(0, len(octets) - 3)
            too_large = len(octets) > self._limits.message
            return self._lose(513, "Message Too Large") if too_large else None
        lengths = _LENGTH.findall(octets, 0, end + 2)
        if len(lengths) != 1:
            return self._lose(400, "Content-Length Missing", end + 4)
        awaited = end + 4 + int(lengths[0])
        if awaited > self._limits.message:
            return self._lose(513, "Message Too Large", end + 4)
        self._awaited = awaited
        return None

    def _take_message(self) -> Message | ParseError:
        data = bytes(self._octets[: self._awaited])
        del self._octets[: self._awaited]
        self._awaited = self._searched = 0
        try:
            return parse(data, self._limits, exact=True)
        except ParseError as error:
            if error.framing_lost:
                self._stop()
            return error

    def _lose(self, status: int, reason: str, head_length: int = 0) -> ParseError:
        """Give up; a request whose head is complete still gets its answer."""
        head = bytes(self._octets[:head_length])
        self._stop()
        request = None
        try:
            parse(head, self._limits, exact=True)
        except ParseError as error:
            request = error.request
        return ParseError(status, reason, request, framing_lost=True)

    def _stop(self) -> None:
        self._octets.clear()
        self._lost = True
