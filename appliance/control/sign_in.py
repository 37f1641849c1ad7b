"""Signing in, step by step (manual § 3.1.1):

    password or passkey     else `Incorrect username or password`, whatever was wrong
    active                  else `account is not active`, and never before the password was right
    second factor           where the account has one
    new password            where the one it has is temporary
    enrolment               where the policy asks for a second factor and there is none
    login

Between the steps stands a ticket (`tickets.py`), which opens its next step alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from appliance.control import account_audit, logins, mails, passkeys, passwords, second_factors
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.errors import Invalid, NotAuthenticated, TooMany
from appliance.control.guard import Guard
from appliance.control.identity import NOT_ACTIVE, Identity
from appliance.control.logins import SignedIn, Whereabouts
from appliance.control.passkeys import Site
from appliance.control.passwords import Passwords
from appliance.control.second_factors import (
    CODE_SECONDS,
    WRONG_CODE,
    EmailCodes,
    Enrolment,
    Factor,
    factors_of,
)
from appliance.control.tickets import OVER, Ticket, Tickets
from appliance.model.accounts import Account
from appliance.store import credentials
from appliance.store.credentials import PasswordSet
from appliance.store.transactions import Transaction

T = TypeVar("T")

INCORRECT: Final = "Incorrect username or password"


class Step(StrEnum):
    """What is asked for next."""

    CODE = "code"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of a step
    ENROL = "enrol"


WORDS: Final[Mapping[Step, str]] = {
    Step.CODE: "A second factor is needed.",
    Step.CHANGE_PASSWORD: "Choose a new password first.",
    Step.ENROL: "Set up a second factor first.",
}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Signed in with a factor that is new; the recovery codes are shown this once."""

    signed_in: SignedIn
    recovery_codes: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is to answer with a passkey, under a ticket."""

    ticket: str
    options: Mapping[str, Any]


class SignIn:
    """For the event loop. Every refusal is NotAuthenticated, with what is asked for next; TooMany
    may come everywhere. `brand` is the name that authenticators show."""

    def __init__(
        self, identity: Identity, passwords: Passwords, guard: Guard, codes: EmailCodes, brand: str
    ) -> None:
        self._identity = identity
        self._passwords = passwords
        self._guard = guard
        self._codes = codes
        self._brand = brand
        self._tickets = tickets = Tickets(identity.control.clock.now)
        identity.control.events.listen(PasswordSet, lambda news: tickets.drop_of(news.account))

    # -- the steps -------------------------------------------------------------------------------

    async def with_password(
        self, name: str, password: str, where: Whereabouts, code: str = "", method: str = ""
    ) -> SignedIn:
        """The first step; with `code` the second in the same go."""
        account = self._identity.named(name)

        async def right() -> bool:
            return await self._passwords.right(password, account)

        if not await self._guard.password(account, name.strip().lower(), where, right):
            raise NotAuthenticated(INCORRECT, "incorrect")
        present = self._identity.account(account.key) if account else None
        if account is None or present is None or present.version != account.version:
            # The password was set anew while the old one was looked at.
            raise NotAuthenticated(INCORRECT, "incorrect")
        if not self._identity.active(present):
            raise NotAuthenticated(NOT_ACTIVE, "not_active")
        ticket = self._tickets.open(account.key)
        ticket.password = True
        if code and self._step(ticket, account) is Step.CODE:
            return await self.with_code(ticket.public_id, code, method, where)
        return await self._go_on(ticket, where)

    async def with_code(
        self, ticket_id: str, code: str, method: str, where: Whereabouts
    ) -> SignedIn:
        """The second factor: an authenticator's code, one that was mailed, or a recovery code;
        `method` "" is the one that the code looks like."""
        ticket, account = self._at(ticket_id, Step.CODE)
        factor = _factor(method, code, account)

        async def right() -> bool:
            return await self._take(factor, account, code.strip())

        if not await self._guard.factor(account, where, right):
            raise NotAuthenticated(WRONG_CODE, "wrong_code", more=self._asked(ticket, Step.CODE))
        ticket.factor = factor.value
        return await self._go_on(ticket, where)

    async def send_code(self, ticket_id: str, where: Whereabouts) -> None:
        """Mail a code, at most one a minute. Raises Invalid where none is to be had."""
        ticket = self._tickets.find(ticket_id)
        account = self._account(ticket)
        step = self._step(ticket, account)
        offered = Factor.EMAIL in factors_of(account) or (step is Step.ENROL and account.email)
        if step not in (Step.CODE, Step.ENROL) or not offered:
            raise Invalid.of(method="No code is mailed to this login.")
        await self._mail_code(account, where)

    async def change_password(self, ticket_id: str, password: str, where: Whereabouts) -> SignedIn:
        """In place of a temporary one. Raises Invalid besides."""
        ticket, account = self._at(ticket_id, Step.CHANGE_PASSWORD)
        new = await self._passwords.chosen(password, account)
        await self._identity.control.change(
            self._own(account, where), lambda change: passwords.put(change, account, new)
        )
        self._tickets.keep(ticket)
        return await self._go_on(ticket, where)

    # -- enrolling where the policy asks for it --------------------------------------------------

    def begin_totp(self, ticket_id: str) -> Enrolment:
        ticket, account = self._at(ticket_id, Step.ENROL)
        enrolment = second_factors.begin_totp(account, self._brand)
        ticket.secret = enrolment.secret
        return enrolment

    async def enrol_totp(self, ticket_id: str, code: str, where: Whereabouts) -> Enrolled:
        """Raises Invalid besides."""
        ticket, account = self._at(ticket_id, Step.ENROL)
        secret = ticket.secret
        if not secret:
            raise NotAuthenticated(OVER, "ticket_over")
        made = await self._identity.control.change(
            self._own(account, where),
            lambda change: second_factors.enrol_totp(change, account, secret, code.strip()),
        )
        ticket.factor = Factor.TOTP.value
        return Enrolled(await self._go_on(ticket, where), made)

    async def enrol_email(self, ticket_id: str, code: str, where: Whereabouts) -> Enrolled:
        """By a code that was mailed: the address works, and is the second factor from now on."""
        ticket, account = self._at(ticket_id, Step.ENROL)

        async def right() -> bool:
            return self._codes.take(account.key, code.strip())

        if not await self._guard.factor(account, where, right):
            raise NotAuthenticated(WRONG_CODE, "wrong_code", more=self._asked(ticket, Step.ENROL))
        await self._identity.control.change(
            self._own(account, where),
            lambda change: second_factors.set_email_otp(change, account, on=True),
        )
        ticket.factor = Factor.EMAIL.value
        return Enrolled(await self._go_on(ticket, where), ())

    async def begin_passkey_enrolment(self, ticket_id: str, site: Site) -> Question:
        await passkeys.load()
        ticket, account = self._at(ticket_id, Step.ENROL)
        options, ticket.challenge = passkeys.registration(account, (), site, self._brand)
        return Question(ticket_id, options)

    async def enrol_passkey(
        self,
        ticket_id: str,
        credential: Mapping[str, Any],
        name: str,
        site: Site,
        where: Whereabouts,
    ) -> Enrolled:
        """Raises Invalid besides."""
        ticket, account = self._at(ticket_id, Step.ENROL)
        challenge, ticket.challenge = ticket.challenge, b""
        made = passkeys.registered(credential, challenge, site, account.key)
        codes = await self._identity.control.change(
            self._own(account, where), lambda change: passkeys.add(change, account, made, name)
        )
        ticket.factor = Factor.PASSKEY.value
        return Enrolled(await self._go_on(ticket, where), codes)

    # -- passkeys, as the second step or as the only one -----------------------------------------

    async def ask_passkey(self, ticket_id: str, site: Site) -> Question:
        """Without a ticket: whichever passkey the person has for this site."""
        await passkeys.load()
        if not ticket_id:
            ticket = self._tickets.open(None)
            options, ticket.challenge = passkeys.question(site)
            return Question(ticket.public_id, options)
        ticket, account = self._at(ticket_id, Step.CODE)
        known = await self._identity.control.read(
            lambda database: credentials.passkeys(database, account.key)
        )
        options, ticket.challenge = passkeys.question(site, known)
        return Question(ticket_id, options)

    async def with_passkey(
        self, ticket_id: str, credential: Mapping[str, Any], site: Site, where: Whereabouts
    ) -> SignedIn:
        self._guard.check_address(where)
        ticket = self._tickets.find(ticket_id)
        challenge, ticket.challenge = ticket.challenge, b""
        account = await self._of_passkey(ticket, credential, challenge, site)
        if account is None:
            self._guard.wrong_from(where)
            raise NotAuthenticated(passkeys.REFUSED, "wrong_passkey")
        if not self._identity.active(account):
            raise NotAuthenticated(NOT_ACTIVE, "not_active")
        ticket.account = account.key
        ticket.factor = Factor.PASSKEY.value
        return await self._go_on(ticket, where)

    async def _of_passkey(
        self, ticket: Ticket, credential: Mapping[str, Any], challenge: bytes, site: Site
    ) -> Account | None:
        """Whose passkey it is, if the answer is right, and the ticket's account if it has one."""
        wanted = passkeys.credential_id(credential)
        known = await self._identity.control.read(
            lambda database: credentials.passkey(database, wanted)
        )
        if known is None or not challenge or ticket.account not in (None, known.account):
            return None
        count = passkeys.answered(credential, challenge, site, known)
        if count is None:
            return None
        await self._write(lambda transaction: credentials.use_passkey(transaction, known, count))
        return self._identity.account(known.account)

    # -- between the steps -----------------------------------------------------------------------

    async def _go_on(self, ticket: Ticket, where: Whereabouts) -> SignedIn:
        """To the login, or to what is asked for next."""
        self._tickets.find(ticket.public_id)
        account = self._account(ticket)
        step = self._step(ticket, account)
        if step is None:
            self._tickets.spend(ticket)
            return await logins.begin(self._identity, account, where, ticket.factor or "none")
        if step is Step.CODE and factors_of(account) == (Factor.EMAIL,):
            await self._mail_code_once(account, where)
        raise NotAuthenticated(WORDS[step], f"{step}_needed", more=self._asked(ticket, step))

    def _step(self, ticket: Ticket, account: Account) -> Step | None:
        if not ticket.factor and factors_of(account):
            return Step.CODE
        if account.force_change and ticket.password:
            return Step.CHANGE_PASSWORD
        if self._identity.needs_factor(account) and not factors_of(account):
            return Step.ENROL
        return None

    def _at(self, ticket_id: str, step: Step) -> tuple[Ticket, Account]:
        """The ticket, if that is the step it opens. Raises NotAuthenticated."""
        ticket = self._tickets.find(ticket_id)
        account = self._account(ticket)
        if self._step(ticket, account) is not step:
            raise NotAuthenticated(OVER, "ticket_over")
        return ticket, account

    def _account(self, ticket: Ticket) -> Account:
        """As it stands now. Raises NotAuthenticated."""
        account = self._identity.account(ticket.account) if ticket.account else None
        if account is None:
            raise NotAuthenticated(OVER, "ticket_over")
        if not self._identity.active(account):
            raise NotAuthenticated(NOT_ACTIVE, "not_active")
        return account

    def _asked(self, ticket: Ticket, step: Step) -> Mapping[str, object]:
        """What the answer says beside the error; `mfa` is the contract's word for the second
        step."""
        account = self._account(ticket)
        asked: dict[str, object] = {"step": step, "ticket": ticket.public_id}
        if step is Step.CODE:
            asked["methods"] = factors_of(account)
        elif step is Step.ENROL:
            asked["methods"] = [Factor.TOTP, Factor.PASSKEY]
            if account.email:
                asked["methods"] = [Factor.TOTP, Factor.PASSKEY, Factor.EMAIL]
        if account.email and step is not Step.CHANGE_PASSWORD:
            asked["email"] = masked(account.email)
        return {"next": asked, "mfa": asked} if step is Step.CODE else {"next": asked}

    async def _take(self, factor: Factor, account: Account, code: str) -> bool:
        """Whether the code is right; it is spent."""
        match factor:
            case Factor.TOTP:
                return await self._write(
                    lambda transaction: second_factors.take_totp(transaction, account.key, code)
                )
            case Factor.RECOVERY:
                return await self._write(
                    lambda transaction: second_factors.take_recovery_code(
                        transaction, account.key, code
                    )
                )
            case _:
                return self._codes.take(account.key, code)

    async def _mail_code_once(self, account: Account, where: Whereabouts) -> None:
        """Unless one was mailed within the minute, which is good still."""
        try:
            await self._mail_code(account, where)
        except TooMany:
            return

    async def _mail_code(self, account: Account, where: Whereabouts) -> None:
        """Raises TooMany."""
        code = self._codes.new(account.key)

        def make(change: Change) -> None:
            minutes = int(CODE_SECONDS // 60)
            facts = {"name": account.name, "code": code, "minutes": minutes}
            mails.queue(change, "code", account.email, **facts)
            account_audit.record(change, account, "Sent sign-in code")

        await self._identity.control.change(self._own(account, where), make)

    def _own(self, account: Account, where: Whereabouts) -> Caller:
        """The account on its way in."""
        return self._identity.caller_of(account, "sign-in", where.address)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        """Without an audit row: the sign-in that it belongs to has one."""
        control = self._identity.control
        return await control.store.change(work, control.clock.wall(), control.events.publish)


def masked(email: str) -> str:
    """Enough to know one's own address by: `a•••@example.com`."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}•••@{domain}"


def _factor(method: str, code: str, account: Account) -> Factor:
    """Raises Invalid for a method that the account does not have."""
    offered = factors_of(account)
    if not method:
        digits = code.strip().isdecimal()
        first = Factor.TOTP if Factor.TOTP in offered else Factor.EMAIL
        return first if digits and first in offered else Factor.RECOVERY
    if method == Factor.PASSKEY or method not in offered:
        raise Invalid.of(method="Not a second factor of this login.")
    return Factor(method)
