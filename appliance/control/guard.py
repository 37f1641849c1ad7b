"""The guard at the door: wrong tries are counted, slowed down, locked out and written down, alike
for logins that exist and for those that do not (manual § 20.5, § 20.9).
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace
from typing import Final
from weakref import WeakValueDictionary

from appliance.control import account_audit, mails
from appliance.control.caller import SYSTEM, Caller
from appliance.control.changes import Change
from appliance.control.errors import TooMany
from appliance.control.followups import Followups
from appliance.control.identity import Identity
from appliance.control.lockout import AddressThrottle, Lockout, Standing
from appliance.control.logins import Whereabouts
from appliance.model.accounts import Account
from appliance.model.policy import Policy
from appliance.store import accounts
from appliance.store.credentials import PasswordSet

MOST_AT_ONCE: Final = 20
"""Tries of one login that wait for each other."""

Check = Callable[[], Awaitable[bool]]


class Guard:
    """For the event loop. A new password, whoever set it, opens a login that was locked (manual
    § 7.4.2)."""

    def __init__(self, identity: Identity, followups: Followups) -> None:
        now = identity.control.clock.now
        self._identity = identity
        self._followups = followups
        self._addresses = AddressThrottle(now)
        self._passwords = Lockout(now)
        self._factors = Lockout(now)
        self._strangers = Lockout(now)
        self._turns: WeakValueDictionary[Hashable, _Turn] = WeakValueDictionary()
        identity.control.events.listen(
            PasswordSet, lambda news: self._passwords.right(news.account)
        )

    async def password(
        self, account: Account | None, name: str, where: Whereabouts, check: Check
    ) -> bool:
        """Whether a password is let through. `check` is asked even where nothing would be, so that
        every answer takes as long. Raises TooMany."""
        if account is None:
            return await self._tried(self._strangers, name, None, where, check)
        return await self._tried(self._passwords, account.key, account, where, check)

    async def factor(self, account: Account, where: Whereabouts, check: Check) -> bool:
        """As `password`, for the second step: counted for itself, since a right password came
        before. Raises TooMany."""
        return await self._tried(self._factors, account.key, account, where, check)

    def check_address(self, where: Whereabouts) -> None:
        """Raises TooMany."""
        self._addresses.check(source(where.address))

    def wrong_from(self, where: Whereabouts) -> None:
        """Count a try that names no login: a passkey, a setup code, a forgotten password."""
        self._addresses.wrong(source(where.address))

    async def _tried(
        self,
        lockout: Lockout,
        who: Hashable,
        account: Account | None,
        where: Whereabouts,
        check: Check,
    ) -> bool:
        self._addresses.check(source(where.address))
        policy = self._identity.policy(account.tenant if account else None)
        async with self._turn((id(lockout), who)):
            standing = lockout.begin(who, policy.lockout_fails, policy.lockout_minutes)
            try:
                right = await check()
            except BaseException:
                lockout.undone(who)
                raise
            if right and standing is not Standing.LOCKED:
                lockout.right(who)
                return True
        self._addresses.wrong(source(where.address))
        if standing is not Standing.LOCKED:
            self._write_down(account, policy, where, locked=standing is Standing.LOCKS)
        return False

    def _turn(self, who: Hashable) -> "_Turn":
        """Tries of one login come one after another. Raises TooMany for too many at once."""
        turn = self._turns.setdefault(who, _Turn())
        if turn.waiting >= MOST_AT_ONCE:
            raise TooMany("Too many attempts. Try again later.", 1.0)
        return turn

    def _write_down(
        self, account: Account | None, policy: Policy, where: Whereabouts, *, locked: bool
    ) -> None:
        def make(change: Change) -> None:
            present = account and accounts.by_key(change.database, account.key)
            if present is None:
                change.record("sign-in", "Sign-in refused", "an unknown login")
                return
            account_audit.record(change, present, "Sign-in refused")
            if locked:
                account_audit.record(change, present, "Locked out", minutes=policy.lockout_minutes)
                _tell_owner(change, present, policy, where)

        self._followups.add(at_the_door(where), make)


class _Turn:
    """A lock that knows how many wait for it."""

    def __init__(self) -> None:
        self.waiting = 0
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        self.waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self.waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


def source(address: str) -> str:
    """Whose tries are counted together: of IPv6 a whole /64, which one customer has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4 or parsed.ipv4_mapped:
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def at_the_door(where: Whereabouts) -> Caller:
    """Who asks before it is known who it is."""
    return replace(SYSTEM, credential="nobody", label="sign-in", address=where.address)


def _tell_owner(change: Change, account: Account, policy: Policy, where: Whereabouts) -> None:
    if account.email:
        mails.queue(
            change,
            "locked_out",
            account.email,
            name=account.name,
            username=account.username,
            address=where.address,
            minutes=policy.lockout_minutes,
            at=change.now,
        )
