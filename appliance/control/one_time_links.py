"""Invitations and reset links: mailed, good once and for a while (manual § 7.4.1, § 7.6).

Only the hash of a token is kept. A link is dead once it is used, another one is sent, a password is
set otherwise, or the login is disabled or deleted; while its tenant is suspended it opens nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from appliance.control import account_audit, mails, passwords
from appliance.control.changes import Change
from appliance.control.errors import Conflict, NotFound
from appliance.control.identity import Identity
from appliance.control.passwords import NewPassword
from appliance.model.accounts import Account, AccountStatus
from appliance.store import accounts, one_time_links, rows
from appliance.store.one_time_links import LinkKind, StoredLink

LIFE: Final = {LinkKind.INVITATION: timedelta(days=7), LinkKind.RESET: timedelta(minutes=60)}
DEAD: Final = "This link is not good any more. Ask for a new one."


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a link is for."""

    account: Account
    kind: LinkKind


def invite(change: Change, account: Account) -> None:
    """Mail the link by which the login's first password is chosen. Raises Conflict where there is
    no address, or a password already."""
    if account.status is not AccountStatus.INVITED:
        raise Conflict("This login has been taken up already.", "not_invited")
    _send(change, account, LinkKind.INVITATION)
    account_audit.record(change, account, "Sent invitation")


def reset(change: Change, account: Account) -> None:
    """Mail the link by which a new password is chosen. Raises Conflict where there is no address,
    or the login is not active."""
    if account.status is not AccountStatus.ACTIVE:
        raise Conflict("This login is not active.", "not_active")
    _send(change, account, LinkKind.RESET)
    account_audit.record(change, account, "Sent reset link")


class OneTimeLinks:
    """Links as those open them who were sent them."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def opened(self, token: str) -> OpenedLink:
        """Raises NotFound, in the same words whatever the matter is."""
        control = self._identity.control
        now = control.clock.wall()
        found = await control.read(
            lambda database: one_time_links.find(database, _hash(token), now)
        )
        return self._opened(found)

    def used(self, change: Change, token: str, new: NewPassword) -> Account:
        """Choose the password. Raises NotFound."""
        found = one_time_links.find(change.database, _hash(token), change.now)
        account = accounts.by_key(change.database, found.account) if found else None
        if account is None or account.status is AccountStatus.DISABLED:
            raise NotFound(DEAD, "link_dead")
        return passwords.put(change, account, new)

    def _opened(self, found: StoredLink | None) -> OpenedLink:
        account = self._identity.account(found.account) if found else None
        if found is None or account is None or not self._identity.stands(account):
            raise NotFound(DEAD, "link_dead")
        return OpenedLink(account, found.kind)


def _send(change: Change, account: Account, kind: LinkKind) -> None:
    """Raises Conflict."""
    if not account.email:
        raise Conflict.of("email", "This login has no email address.", "no_email")
    token = secrets.token_urlsafe(32)
    expires_at: datetime = change.now + LIFE[kind]
    one_time_links.put(change.transaction, account.key, kind, _hash(token), expires_at)
    tenant = rows.tenant_by_key(change.database, account.tenant) if account.tenant else None
    mails.queue(
        change,
        kind.value,
        account.email,
        name=account.name,
        username=account.username,
        tenant=tenant.name if tenant else "",
        token=token,
        expires_at=expires_at,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
