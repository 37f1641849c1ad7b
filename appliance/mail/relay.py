"""One mail handed to the relay (RFC 5321, RFC 6409), and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Final

import aiosmtplib

from appliance.mail.letters import Letter, one_line
from appliance.model.mails import Relay, RelaySecurity

SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The relay has it."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """`lasting`: the relay will never take it. `reason` is one line."""

    reason: str
    lasting: bool


Outcome = Taken | NotTaken


def message(relay: Relay, recipient: str, letter: Letter, now: datetime) -> EmailMessage:
    """Raises ValueError for addresses that no header can hold."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = one_line(letter.subject)
    mail["From"] = Address(one_line(relay.from_name), addr_spec=relay.from_address)
    mail["To"] = Address(addr_spec=recipient)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=relay.from_address.rpartition("@")[2])
    # RFC 3834: no out-of-office notes, please.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


async def send(relay: Relay, password: str, mail: EmailMessage, recipient: str) -> Outcome:
    """Hand the mail over."""
    smtp = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.security is RelaySecurity.TLS,
        start_tls=relay.security is RelaySecurity.STARTTLS,
        username=relay.username or None,
        password=password or None,
        timeout=SECONDS,
    )
    try:
        async with smtp:
            await smtp.send_message(mail, sender=relay.from_address, recipients=[recipient])
    except aiosmtplib.SMTPRecipientsRefused as refused:
        (first, *_) = refused.recipients
        return NotTaken(_reason(f"{first.code} {first.message}"), first.code >= 500)
    except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPSenderRefused) as refused:
        return NotTaken(_reason(f"{refused.code} {refused.message}"), refused.code >= 500)
    except aiosmtplib.SMTPResponseException as refused:
        return NotTaken(_reason(f"{refused.code} {refused.message}"), lasting=False)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return NotTaken(_reason(str(error) or type(error).__name__), lasting=False)
    return Taken()


def _reason(text: str) -> str:
    return one_line(text)
