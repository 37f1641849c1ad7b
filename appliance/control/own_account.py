"""What everybody may do about their own login (manual § 3.6, § 7.5.1): password, second factors,
logins. What opens or closes a door asks for a sign-in or a password within ten minutes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from appliance.control import logins, passkeys, passwords, second_factors
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.errors import NOT_YOURS, Forbidden, Invalid, NotAuthenticated
from appliance.control.guard import Guard
from appliance.control.identity import INVALID, Identity
from appliance.control.logins import Whereabouts
from appliance.control.passkeys import Site
from appliance.control.passwords import Passwords
from appliance.control.second_factors import Enrolment
from appliance.control.tickets import Ticket, Tickets
from appliance.model.accounts import Account
from appliance.store import accounts, credentials

T = TypeVar("T")

WRONG_PASSWORD: Final = "Incorrect password."  # noqa: S105 - words


class OwnAccount:
    """For the event loop. Raises Forbidden for keys, which have no account, and where
    `confirm_password` is due."""

    def __init__(self, identity: Identity, passwords: Passwords, guard: Guard, brand: str) -> None:
        self._identity = identity
        self._passwords = passwords
        self._guard = guard
        self._brand = brand
        self._under_way = Tickets(identity.control.clock.now)

    def of(self, caller: Caller) -> Account:
        """Raises Forbidden."""
        account = self._identity.account(caller.account) if caller.account else None
        if account is None:
            raise Forbidden(NOT_YOURS, "no_login")
        return account

    # -- the password ----------------------------------------------------------------------------

    async def confirm(self, caller: Caller, password: str) -> None:
        """Show the password again. Raises Invalid, TooMany."""
        account = self.of(caller)

        async def right() -> bool:
            return await self._passwords.right(password, account)

        where = Whereabouts(caller.address)
        if not await self._guard.password(account, account.username, where, right):
            raise Invalid.of(password=WRONG_PASSWORD)
        self._identity.confirm(caller)

    async def change_password(self, caller: Caller, current: str, new: str) -> None:
        """The other logins end. Raises Invalid, TooMany."""
        account = self.of(caller)

        async def right() -> bool:
            return await self._passwords.right(current, account)

        where = Whereabouts(caller.address)
        if not await self._guard.password(account, account.username, where, right):
            raise Invalid.of(current=WRONG_PASSWORD)
        chosen = await self._passwords.chosen(new, account)
        keep = login_of(caller)
        await self._change(
            caller,
            lambda change, own: passwords.put(change, own, chosen, keep_login=keep),
        )

    # -- second factors --------------------------------------------------------------------------

    def begin_totp(self, caller: Caller) -> Enrolment:
        account = self._recent(caller)
        enrolment = second_factors.begin_totp(account, self._brand)
        self._under_way.open(account.key, f"totp:{caller.credential}").secret = enrolment.secret
        return enrolment

    async def enrol_totp(self, caller: Caller, code: str) -> Sequence[str]:
        """New recovery codes. Raises Invalid."""
        self._recent(caller)
        ticket = self._started(f"totp:{caller.credential}")
        codes = await self._change(
            caller,
            lambda change, own: second_factors.enrol_totp(change, own, ticket.secret, code.strip()),
        )
        self._under_way.spend(ticket)
        return codes

    async def remove_totp(self, caller: Caller) -> None:
        """Raises Conflict where the policy asks for a factor and no other is left."""
        needed = self._identity.needs_factor(self._recent(caller))

        def make(change: Change, own: Account) -> None:
            second_factors.require_another(replace(own, totp=False), needed)
            second_factors.clear_totp(change, own)

        await self._change(caller, make)

    async def set_email_otp(self, caller: Caller, *, on: bool) -> None:
        """Raises Conflict where there is no address, or none would be left of what is needed."""
        needed = self._identity.needs_factor(self._recent(caller))

        def make(change: Change, own: Account) -> None:
            second_factors.require_another(replace(own, email_otp=on), needed)
            second_factors.set_email_otp(change, own, on)

        await self._change(caller, make)

    async def new_recovery_codes(self, caller: Caller) -> Sequence[str]:
        """In place of the old ones."""
        self._recent(caller)
        return await self._change(caller, second_factors.new_recovery_codes)

    async def begin_passkey(self, caller: Caller, site: Site) -> Mapping[str, Any]:
        await passkeys.load()
        account = self._recent(caller)
        known = await self._identity.control.read(
            lambda database: credentials.passkeys(database, account.key)
        )
        options, challenge = passkeys.registration(account, known, site, self._brand)
        self._under_way.open(account.key, f"passkey:{caller.credential}").challenge = challenge
        return options

    async def add_passkey(
        self, caller: Caller, credential: Mapping[str, Any], name: str, site: Site
    ) -> Sequence[str]:
        """New recovery codes, where there were none. Raises Invalid, Conflict."""
        account = self._recent(caller)
        ticket = self._started(f"passkey:{caller.credential}")
        self._under_way.spend(ticket)
        made = passkeys.registered(credential, ticket.challenge, site, account.key)
        return await self._change(caller, lambda change, own: passkeys.add(change, own, made, name))

    async def remove_passkey(self, caller: Caller, key: str) -> None:
        """Raises NotFound, Conflict for the last factor of those that are needed."""
        needed = self._identity.needs_factor(self._recent(caller))
        await self._change(caller, lambda change, own: passkeys.remove(change, own, key, needed))

    # -- logins ----------------------------------------------------------------------------------

    async def end_login(self, caller: Caller, login: str) -> None:
        """Raises NotFound."""
        await self._change(caller, lambda change, own: logins.end(change, own, [login]))

    async def end_other_logins(self, caller: Caller) -> int:
        keep = login_of(caller)
        return await self._change(caller, lambda change, own: logins.end_others(change, own, keep))

    # --------------------------------------------------------------------------------------------

    def _recent(self, caller: Caller) -> Account:
        """Raises Forbidden."""
        account = self.of(caller)
        self._identity.require_recent(caller)
        return account

    def _started(self, public_id: str) -> Ticket:
        """Raises Invalid."""
        try:
            return self._under_way.find(public_id)
        except NotAuthenticated as over:
            raise Invalid(over.message, over.code) from None

    async def _change(self, caller: Caller, make: Callable[[Change, Account], T]) -> T:
        """A change of the account as it stands in the box."""
        key = self.of(caller).key

        def work(change: Change) -> T:
            own = accounts.by_key(change.database, key)
            if own is None:
                raise NotAuthenticated(INVALID)
            return make(change, own)

        return await self._identity.control.change(caller, work)


def login_of(caller: Caller) -> str:
    """The login that asks, by its public name."""
    return caller.credential.removeprefix("login:")
