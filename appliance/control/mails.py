"""Mails: queued with the change that they tell of; read and ordered about by the platform's
operators alone, since they hold links and codes that are good for a while."""

import re
from collections.abc import Mapping
from typing import Any, Final

from appliance.control import fields
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, Conflict, Invalid, NotFound
from appliance.model.mails import Mail, MailKind, MailState, Relay
from appliance.store import mails
from appliance.store.database import Database

HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
LONGEST: Final = 200


def queue(change: Change, kind: str, recipient: str, **facts: object) -> Mail:
    """Have a mail of that kind go to `recipient` once the change is committed. `facts` are what
    its words are made of (`mail/letters.py`): JSON values and moments. Raises ValueError for an
    unknown kind, Invalid for what is no address."""
    address = fields.email(recipient, "recipient")
    return mails.insert(change.transaction, MailKind(kind), address, facts)


def save_relay(change: Change, relay: Relay | None, password: str | None) -> None:
    """Set the relay, or take it away. `password` None leaves it as it is. Raises Invalid."""
    known = mails.relay(change.database)
    if relay is not None:
        _check(relay)
        moved = known is not None and (known.host, known.port) != (relay.host, relay.port)
        if moved and password is None:
            # Else whoever may save could have the old password sent to a host of his own.
            password = ""
    mails.put_relay(change.transaction, relay, "" if relay is None else password)
    what = "Saved mail relay" if relay else "Removed mail relay"
    detail = {"host": relay.host, "port": relay.port, "security": relay.security} if relay else {}
    change.record("mail", what, f"relay {relay.host}" if relay else "relay", detail=detail)


def send_test(change: Change, recipient: str) -> Mail:
    """Queue a test mail. Raises Invalid."""
    mail = queue(change, MailKind.TEST, recipient, by=change.caller.label)
    change.record("mail", "Sent test mail", f"mail to {mail.recipient}")
    return mail


def read(change: Change, key: str) -> tuple[Mail, Mapping[str, Any]]:
    """A mail and its facts; that it was read is in the log. Raises NotFound."""
    mail = _find(change.database, key)
    change.record("mail", "Read mail", _target(mail), detail={"kind": mail.kind})
    return mail, mails.facts(change.database, change.transaction.keys, mail.key)


def retry(change: Change, key: str) -> Mail:
    """Send it again. Raises NotFound, Conflict for one that was sent: its links are gone."""
    mail = _find(change.database, key)
    if mail.state is MailState.SENT:
        raise Conflict("This mail was sent.", "already_sent")
    change.record("mail", "Sent mail again", _target(mail))
    return mails.send_again(change.transaction, mail)


def discard(change: Change, key: str) -> None:
    """Raises NotFound."""
    mail = _find(change.database, key)
    mails.delete(change.transaction, mail.key)
    change.record("mail", "Discarded mail", _target(mail), detail={"kind": mail.kind})


def _find(database: Database, key: str) -> Mail:
    """Raises NotFound."""
    found = mails.find(database, int(key)) if key.isdecimal() and len(key) < 18 else None
    if found is None:
        raise NotFound(NOT_HERE)
    return found


def _target(mail: Mail) -> str:
    return f"mail {mail.key} to {mail.recipient}"


def _check(relay: Relay) -> None:
    """Raises Invalid."""
    if not HOST.fullmatch(relay.host):
        raise Invalid.of(host="A host name or an address.")
    if not 1 <= relay.port <= 65535:
        raise Invalid.of(port="1 to 65535.")
    if len(relay.username) > LONGEST or not relay.username.isprintable():
        raise Invalid.of(username=f"At most {LONGEST} characters, no control characters.")
    fields.name(relay.from_name, "from_name")
    fields.email(relay.from_address, "from_address")
