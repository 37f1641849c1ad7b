"""A phone of bytes: registered by hand over UDP or TCP, for what neither sipp nor baresip does."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.box import Box, Credentials
from tests.support.digest import authorization
from tests.support.journal import PATIENCE
from tests.support.ports import uri_host
from tests.support.raw import RawTcp, RawUdp
from tests.support.wire import WireMessage

EXPIRES = 120
TAG = "raw"
"""In To of its answers, and so its own in the dialogs of the calls that it takes."""


@dataclass
class RawPhone:
    """Made by `raw_phone`. It does nothing by itself but keep what it receives."""

    box: Box
    who: Credentials
    wire: RawUdp | RawTcp
    _seen: int = 0
    _cseq: int = 0

    @property
    def transport(self) -> str:
        return "UDP" if isinstance(self.wire, RawUdp) else "TCP"

    @property
    def place(self) -> str:
        """Its own address, as in a URI."""
        return f"{uri_host(self.wire.host)}:{self.wire.port}"

    @property
    def contact(self) -> str:
        return f"<sip:{self.who.extension}@{self.place};transport={self.transport.lower()}>"

    async def register(
        self, *, contact: str = "", more: str = "", expires: int = EXPIRES
    ) -> WireMessage:
        """The 200 to a REGISTER; `more` are whole lines, CRLF at each end."""
        uri = f"sip:{self.box.address()}"
        own = f"<sip:{self.who.username}@{self.box.address()}>"
        ends = f"From: {own};tag=r\r\nTo: {own}\r\nCall-ID: {secrets.token_hex(8)}\r\n"
        more = f"{ends}Contact: {contact or self.contact}\r\nExpires: {expires}\r\n{more}"
        answer = await self._ask("REGISTER", uri, more)
        if answer.status == 401:
            answer = await self._ask("REGISTER", uri, more + self.proof(answer, "REGISTER", uri))
        assert answer.status == 200, answer
        return answer

    def proof(self, challenge: WireMessage, method: str, uri: str) -> str:
        """The line that answers a challenge."""
        who = self.who
        value = authorization(challenge, who.username, who.password, method, uri)
        return f"Authorization: {value}\r\n"

    async def say_within(self, invite: WireMessage, method: str, more: str = "") -> WireMessage:
        """The answer to a request in the dialog of an INVITE that a phone of the device took."""
        ends = (
            f"From: {invite.get('to')};tag={TAG}\r\nTo: {invite.get('from')}\r\n"
            f"Call-ID: {invite.call_id}\r\n"
        )
        return await self._ask(method, uri_within(invite), ends + more)

    async def requested(self, *methods: str, seconds: float = PATIENCE) -> WireMessage:
        """The next request of those methods; others that come meanwhile stay unanswered."""
        if isinstance(self.wire, RawTcp):
            while (message := await self.wire.message(seconds)).method not in methods:
                pass
            return message
        received = self.wire.received
        message = await received.wait(
            lambda m: m.method in methods, "/".join(methods), after=self._seen, seconds=seconds
        )
        self._seen = received.entries.index(message, self._seen) + 1
        return message

    async def accept(self, invite: WireMessage, more: str = "") -> None:
        """200 with G.711 at a port where nobody listens."""
        family = 6 if ":" in self.wire.host else 4
        body = (
            f"v=0\r\no=- 1 1 IN IP{family} {self.wire.host}\r\ns=-\r\n"
            f"c=IN IP{family} {self.wire.host}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
        )
        own = f"Contact: {self.contact}\r\nContent-Type: application/sdp\r\n"
        await self.answer(invite, 200, "OK", more=own + more, body=body)

    def received(self, method: str) -> list[WireMessage]:
        """All requests of that method that came by UDP so far."""
        assert isinstance(self.wire, RawUdp)
        return [message for message in self.wire.received if message.method == method]

    async def answer(
        self, request: WireMessage, status: int, words: str, *, more: str = "", body: str = ""
    ) -> None:
        """A final response; `more` are whole lines, CRLF at each end."""
        named = [
            f"{name}: {value}{f';tag={TAG}' if name == 'to' and not request.to_tag else ''}\r\n"
            for name, value in request.headers
            if name in ("via", "from", "to", "call-id", "cseq")
        ]
        await self._send(
            f"SIP/2.0 {status} {words}\r\n{''.join(named)}{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    async def _ask(self, method: str, uri: str, more: str) -> WireMessage:
        self._cseq += 1
        text = (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport} {self.place}"
            f";branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"Max-Forwards: 70\r\n"
            f"CSeq: {self._cseq} {method}\r\n"
            f"{more}Content-Length: 0\r\n\r\n"
        )
        if isinstance(self.wire, RawUdp):
            return await self.wire.ask(text, self.box.sip_address)
        await self.wire.send(text)
        while not (message := await self.wire.message()).status:
            pass
        return message

    async def _send(self, text: str) -> None:
        if isinstance(self.wire, RawUdp):
            self.wire.send(text, self.box.sip_address)
        else:
            await self.wire.send(text)


@asynccontextmanager
async def raw_phone(box: Box, name: str, transport: str = "udp") -> AsyncIterator[RawPhone]:
    """A phone for a device of the cast, at the box's own host; afterwards nothing of the device is
    registered any more."""
    wire: RawUdp | RawTcp
    if transport == "udp":
        wire = await RawUdp.open(box.host)
    else:
        wire = await RawTcp.open(box.sip_address, box.host)
    phone = RawPhone(box, box.credentials(name), wire)
    try:
        yield phone
        await phone.register(contact="*", expires=0)
    finally:
        if isinstance(wire, RawUdp):
            wire.close()
        else:
            await wire.close()


def uri_within(invite: WireMessage) -> str:
    """Where a request in the dialog of an INVITE goes: to its Contact."""
    return invite.get("contact").partition(">")[0].lstrip("<")
