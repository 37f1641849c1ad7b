"""A dialog: what both ends know of each other (RFC 3261 § 12). No transactions, no media.

The TU routes by `flow`, never by the remote target (interop 2): the target and the route set only
fill the request line and Route headers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from appliance.telephony.sip.address import Address
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.types import LocalTag, RemoteTag
from appliance.telephony.sip.uri import Uri

TARGET_REFRESHING = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})

Header = tuple[str, str]


class DialogKey(NamedTuple):
    """Both tags, always (interop 9). `remote_tag` is "" with a peer of RFC 2543's time."""

    call_id: str
    local_tag: LocalTag
    remote_tag: RemoteTag


class Pending(Protocol):
    """A transaction as the dialog sees it."""

    @property
    def answered(self) -> bool: ...


@dataclass(slots=True, eq=False)
class Dialog:
    """Made by `uac` or `uas`, early or confirmed alike. `contact` is ours, for the requests that
    carry one. `our_invite` and `their_invite` are the INVITE transactions last sent and received,
    set by the TU where it wants `accept` to notice glare."""

    call_id: str
    local: Address
    remote: Address
    remote_target: Uri
    routes: tuple[Address, ...]
    flow: Flow
    contact: Address | None = None
    local_cseq: int = 0
    remote_cseq: int | None = None
    our_invite: Pending | None = field(default=None, repr=False)
    their_invite: Pending | None = field(default=None, repr=False)

    @classmethod
    def uac(cls, request: Request, response: Response, flow: Flow) -> "Dialog":
        """From our request and a response to it with a To tag, provisional or 2xx."""
        return cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            remote_target=_target(response) or request.uri,
            routes=tuple(reversed(response.record_route)),
            flow=flow,
            contact=_contact(request),
            local_cseq=request.cseq.number,
        )

    @classmethod
    def uas(
        cls, request: Request, local_tag: LocalTag, flow: Flow, contact: Address | None = None
    ) -> "Dialog":
        """From their request and the To tag of our responses."""
        return cls(
            call_id=request.call_id,
            local=request.to.with_tag(local_tag),
            remote=request.from_,
            remote_target=_target(request) or request.from_.uri,
            routes=request.record_route,
            flow=flow,
            contact=contact,
            remote_cseq=request.cseq.number,
        )

    @property
    def key(self) -> DialogKey:
        return DialogKey(self.call_id, LocalTag(self.local.tag), RemoteTag(self.remote.tag))

    def request(
        self,
        method: str,
        headers: Iterable[Header] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Request:
        """The next request in the dialog (§ 12.2.1.1), any method but ACK and CANCEL."""
        self.local_cseq += 1
        own = list(headers)
        if self.contact is not None and method in TARGET_REFRESHING:
            own.insert(0, ("Contact", str(self.contact)))
        return self._make(method, self.local_cseq, own, body, content_type)

    def ack(
        self,
        invite_cseq: int,
        headers: Iterable[Header] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Request:
        """The ACK to a 2xx (§ 13.2.2.4), for `Core.acknowledge`."""
        return self._make("ACK", invite_cseq, headers, body, content_type)

    def accept(self, request: Request) -> int | None:
        """Take a request of theirs into the dialog: None, or the status that refuses it:
        500 where its CSeq goes back (§ 12.2.2) or an INVITE of theirs is still unanswered,
        491 while one of ours is (§ 14.2). An ACK or CANCEL is never refused."""
        if request.method in ("ACK", "CANCEL"):
            return None
        number = request.cseq.number
        if self.remote_cseq is not None and number < self.remote_cseq:
            return 500
        self.remote_cseq = number
        if request.method == "INVITE" and (status := self._glare()):
            return status
        if request.method in TARGET_REFRESHING:
            self.remote_target = _target(request) or self.remote_target
        return None

    def answered(self, response: Response) -> None:
        """A 2xx to a request of ours that refreshes the target. The first one to the INVITE that
        made the dialog also settles the route set (§ 13.2.2.4): `confirmed`."""
        self.remote_target = _target(response) or self.remote_target

    def confirmed(self, response: Response) -> None:
        self.answered(response)
        self.routes = tuple(reversed(response.record_route))

    def _glare(self) -> int | None:
        if self.their_invite is not None and not self.their_invite.answered:
            return 500
        if self.our_invite is not None and not self.our_invite.answered:
            return 491
        return None

    def _make(
        self,
        method: str,
        cseq: int,
        headers: Iterable[Header],
        body: bytes,
        content_type: str | None,
    ) -> Request:
        uri, routes = self._path()
        fixed = [("Route", route) for route in routes]
        fixed += [
            ("Max-Forwards", "70"),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
        ]
        return Request.make(method, uri, [*fixed, *headers], body, content_type)

    def _path(self) -> tuple[Uri, list[str]]:
        """Request-URI and Route values; a first hop without lr is a strict router (§ 12.2.1.1)."""
        routes = [str(route) for route in self.routes]
        if not self.routes or "lr" in self.routes[0].uri.params:
            return self.remote_target, routes
        return self.routes[0].uri, [*routes[1:], f"<{self.remote_target}>"]


def glare_seconds(*, own_call_id: bool, chance: float) -> float:
    """How long to wait after a 491 before the re-INVITE is sent again, in steps of 10 ms: 2.1–4 s
    for who made the Call-ID, else 0–2 s (§ 14.1). `chance` is random in [0, 1)."""
    return (210 + int(chance * 191)) / 100 if own_call_id else int(chance * 201) / 100


def _target(message: Request | Response) -> Uri | None:
    contact = _contact(message)
    return contact.uri if contact else None


def _contact(message: Request | Response) -> Address | None:
    contacts = message.contacts
    return contacts[0] if isinstance(contacts, tuple) and contacts else None
