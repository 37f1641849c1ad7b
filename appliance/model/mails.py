"""Mails of the box: what is told to people, how each stands, and the relay that takes them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

MailKey = NewType("MailKey", int)


class MailKind(StrEnum):
    """What a mail is for; `mail/letters.py` has the words of each and says which facts it takes."""

    INVITATION = "invitation"
    RESET = "reset"
    CODE = "code"
    NEW_PLACE = "new_place"
    LOCKED_OUT = "locked_out"
    WEBHOOK_DISABLED = "webhook_disabled"
    TEST = "test"


class MailState(StrEnum):
    """KEPT: there was no relay, and nobody has been sent anything. FAILED: given up, or refused."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Mail:
    """`error` is the relay's answer to the last try, "" where there was none."""

    key: MailKey
    kind: MailKind
    recipient: str
    state: MailState
    tries: int
    error: str
    created_at: datetime
    next_at: datetime | None = None
    sent_at: datetime | None = None


class RelaySecurity(StrEnum):
    """How the relay is spoken to: in clear, in clear and then TLS (RFC 3207), or TLS at once."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes the box's mails. `username` "": it asks for no login."""

    host: str
    port: int
    security: RelaySecurity
    username: str
    from_name: str
    from_address: str


@dataclass(frozen=True, slots=True)
class MailQueued:
    """News: there is a mail to send."""
