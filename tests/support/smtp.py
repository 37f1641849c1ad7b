"""A real SMTP server in the test's own event loop, with what it was sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Mailroom:
    """`refuse` is answered to RCPT instead of 250, `refuse_body` to the message itself; `login` is
    wanted before mail where it is set."""

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse = ""
        self.refuse_body = ""
        self.login = login
        self.port = 0
        self.arrived = asyncio.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_body:
            return self.refuse_body
        content = cast(bytes, envelope.content)
        self.mails.append(message_from_bytes(content, policy=default))
        self.arrived.set()
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        right = (given.login.decode(), given.password.decode()) == self.login
        return AuthResult(success=right, handled=right)


@asynccontextmanager
async def mailroom(
    login: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Mailroom]:
    """On a port of 127.0.0.1, `room.port`. With `tls` it offers STARTTLS and wants it."""
    room = Mailroom(login)

    def protocol() -> SMTP:
        return SMTP(
            room,
            hostname="relay.example",
            authenticator=room.authenticate,
            auth_required=login is not None,
            auth_require_tls=False,
            tls_context=tls,
            require_starttls=tls is not None,
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
