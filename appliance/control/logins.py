"""Logins: begun, refreshed, ended (manual § 3.1, § 20.6).

A refresh token is `<login>.<family>.<secret>`. It is good once; one that was spent before tells
that it is in two hands, and ends the login.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from appliance.control import account_audit, mails
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, NotAuthenticated, NotFound
from appliance.control.identity import INVALID, NOT_ACTIVE, Granted, Identity
from appliance.control.tickets import OVER
from appliance.model.accounts import Account, AccountStatus
from appliance.model.logins import Login
from appliance.store import accounts, logins
from appliance.store.logins import Place, Refresh

LIFE: Final = timedelta(days=30)
MOST_OF_ONE: Final = 100
LONGEST_USER_AGENT: Final = 300


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """From where somebody signs in."""

    address: str
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`refresh` goes into the cookie."""

    granted: Granted
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    login: str
    family: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "RefreshToken | None":
        parts = text.split(".")
        if len(parts) != 3 or not all(parts) or len(text) > 300:
            return None
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.login}.{self.family}.{self.secret}"


async def begin(identity: Identity, account: Account, where: Whereabouts, factor: str) -> SignedIn:
    """The last step of every sign-in, for the account as it was when its proof was looked at: one
    whose password was set meanwhile begins anew. `factor`: how the second step was passed."""
    token = RefreshToken(
        f"login_{secrets.token_hex(12)}", secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    )
    caller = identity.caller_of(account, f"login:{token.login}", where.address)

    def make(change: Change) -> None:
        now, present = change.now, accounts.by_key(change.database, account.key)
        if present is None or present.status is not AccountStatus.ACTIVE:
            raise NotAuthenticated(NOT_ACTIVE, "not_active")
        if present.version != account.version:
            raise NotAuthenticated(OVER, "ticket_over")
        agent = where.user_agent[:LONGEST_USER_AGENT]
        login = Login(token.login, account.key, where.address, agent, now, now, now + LIFE)
        logins.end_lapsed(change.transaction)
        logins.end_oldest(change.transaction, account.key, MOST_OF_ONE - 1)
        logins.begin(change.transaction, login, _hash(token.family), _hash(token.secret))
        accounts.signed_in(change.transaction, account.key)
        account_audit.record(change, account, "Signed in", second_factor=factor)
        _tell_of_place(change, account, where)

    await identity.control.change(caller, make)
    return SignedIn(identity.grant(token.login), str(token))


async def refresh(identity: Identity, text: str, where: Whereabouts) -> SignedIn:
    """A new access token, and the next refresh token. Raises NotAuthenticated."""
    token = RefreshToken.parse(text)
    owner = identity.holder(token.login) if token else None
    if token is None or owner is None:
        raise NotAuthenticated(INVALID)
    following = RefreshToken(token.login, token.family, secrets.token_urlsafe(32))
    outcome = await identity.control.store.change(
        lambda transaction: logins.rotate(
            transaction,
            token.login,
            _hash(token.family),
            _hash(token.secret),
            _hash(following.secret),
        ),
        identity.control.clock.wall(),
        identity.control.events.publish,
    )
    if outcome is Refresh.ROTATED:
        return SignedIn(identity.grant(token.login), str(following))
    if outcome is Refresh.REUSED:
        caller = identity.caller_of(owner, f"login:{token.login}", where.address)
        await identity.control.change(caller, lambda change: _end_stolen(change, owner, token))
    raise NotAuthenticated(INVALID)


async def sign_out(identity: Identity, text: str, where: Whereabouts) -> None:
    """End the login of a refresh token; one that is none ends nothing."""
    token = RefreshToken.parse(text)
    owner = identity.holder(token.login) if token else None
    if token is None or owner is None:
        return
    if await identity.control.read(
        lambda database: logins.is_of_family(database, token.login, _hash(token.family))
    ):
        await end_own(identity, identity.caller_of(owner, f"login:{token.login}", where.address))


async def end_own(identity: Identity, caller: Caller) -> None:
    """Sign out the login that asks."""
    login = caller.credential.removeprefix("login:")
    owner = identity.holder(login)
    if owner is None:
        return

    def make(change: Change) -> None:
        logins.end(change.transaction, [login])
        account_audit.record(change, owner, "Signed out")

    await identity.control.change(caller, make)


def end(change: Change, account: Account, ended: Collection[str]) -> None:
    """End logins of the account by name. Raises NotFound where it has none of them."""
    own = {login.public_id for login in logins.load(change.database, change.now, account.key)}
    if not own & set(ended):
        raise NotFound(NOT_HERE)
    count = logins.end(change.transaction, own & set(ended))
    account_audit.record(change, account, "Ended session", logins=count)


def end_others(change: Change, account: Account, keep: str) -> int:
    """End all logins of the account but one; how many there were."""
    count = logins.end_of_account(change.transaction, account.key, keep)
    account_audit.record(change, account, "Ended session", logins=count)
    return count


def _end_stolen(change: Change, account: Account, token: RefreshToken) -> None:
    logins.end(change.transaction, [token.login])
    account_audit.record(change, account, "Refused refresh token reuse", login=token.login)


def _tell_of_place(change: Change, account: Account, where: Whereabouts) -> None:
    """A mail to whoever signs in from where the account was not used before, but the first time."""
    place = _hash(f"{_network(where.address)}\n{where.user_agent}")
    if logins.note_place(change.transaction, account.key, place) is Place.NEW and account.email:
        mails.queue(
            change,
            "new_place",
            account.email,
            name=account.name,
            username=account.username,
            address=where.address,
            device=where.user_agent[:LONGEST_USER_AGENT],
            at=change.now,
        )


def _network(address: str) -> str:
    """The neighbourhood of an address: IPv4 by its /24, IPv6 by its /48."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    prefix = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
