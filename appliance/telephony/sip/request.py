"""Requests: made, asked, answered (RFC 3261 § 7.1, § 8.2.6)."""

from collections.abc import Iterable

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import split_list
from appliance.telephony.sip.headed import Headed
from appliance.telephony.sip.headers import Headers
from appliance.telephony.sip.response import Response
from appliance.telephony.sip.types import new_tag
from appliance.telephony.sip.uri import Uri, read_uri

_MAKES_DIALOG = frozenset({"INVITE", "SUBSCRIBE", "NOTIFY", "REFER"})
_ECHOED = ("Via", "From", "To", "Call-ID", "CSeq")


class Request(Headed):
    __slots__ = ("_uri", "method")

    def __init__(
        self,
        method: str,
        uri: Uri | str,
        headers: Headers,
        body: bytes = b"",
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(headers, body, encoding)
        self.method = method
        self._uri = uri

    @classmethod
    def make(
        cls,
        method: str,
        uri: Uri,
        headers: Iterable[tuple[str, str]],
        body: bytes = b"",
        content_type: str | None = None,
    ) -> "Request":
        """`content_type` adds that header. Via is the transaction layer's."""
        request = cls(method, uri, Headers(headers), body)
        if content_type is not None:
            request.headers.set("Content-Type", content_type)
        return request

    @property
    def uri(self) -> Uri:
        """Any scheme: 416 is the transaction user's answer to those that it does not serve."""
        if isinstance(self._uri, str):
            self._uri = read_uri(self._uri)
        return self._uri

    def mark_source(self, host: str, port: int) -> None:
        """Write into the top Via where the request came from (RFC 3581 § 4, interop 1). A Via that
        cannot be read, for which `parse` refused the request, stays as it is."""
        fields, typed = self.headers.fields, self.headers.typed
        if "Via" in typed and len(typed["Via"]) == 1:
            (line,) = fields["Via"]
            if line.endswith(";rport") and "received" not in typed["Via"][0].params:  # as most do
                fields["Via"] = [f"{line}={port};received={host}"]
                del typed["Via"]
                return
        try:
            top, *others = self.vias
        except Malformed:
            return
        marked = top.seen_from(host, port)
        below: list[str] = []
        if others:
            first, *lines = self.headers.fields["Via"]
            below = [*split_list(first)[1:], *lines]
        self.headers.fields["Via"] = [str(marked), *below]
        self.headers.typed["Via"] = (marked, *others)

    def reply(
        self,
        status: int,
        reason: str = "",
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
        to_tag: str = "",
    ) -> Response:
        """A response (RFC 3261 § 8.2.6), also to a request that `parse` refused. Above 100 a To
        without tag gets `to_tag`, or a new one. `reason` is the status's own unless given."""
        mine = self.headers.fields
        made = Headers.of({name: mine[name][:] for name in _ECHOED if name in mine})
        if status > 100 and "To" in mine and not self._has_to_tag():
            made.fields["To"] = [f"{mine['To'][0]};tag={to_tag or new_tag()}"]
        if 100 < status < 300 and self.method in _MAKES_DIALOG and "Record-Route" in mine:
            made.fields["Record-Route"] = list(mine["Record-Route"])
        if status == 100 and "Timestamp" in mine:
            made.fields["Timestamp"] = list(mine["Timestamp"])
        for name, value in headers:
            made.add(name, value)
        if content_type is not None:
            made.set("Content-Type", content_type)
        return Response(status, reason, made, body, self._encoding)

    def _has_to_tag(self) -> bool:
        try:
            return bool(self.to.tag)
        except Malformed:
            return True  # nothing can be appended to what could not be read

    def __bytes__(self) -> bytes:
        """Raises ValueError where a header value contains a line break."""
        return self.printed(f"{self.method} {self._uri} SIP/2.0")
