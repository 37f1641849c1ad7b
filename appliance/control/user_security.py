"""What an administrator does to somebody's way of signing in (manual § 7.4, § 20.5.2).

An administrator sees the state of a factor and may clear it; a password is set only as a temporary
one, and is shown once to whoever set it.
"""

from dataclasses import dataclass, replace
from typing import Final

from appliance.control import fields, one_time_links, passwords, people
from appliance.control.changes import Change
from appliance.control.errors import Conflict, Invalid
from appliance.control.passwords import Temporary
from appliance.control.people import Person
from appliance.model.accounts import Account, AccountStatus, Tier
from appliance.model.policy import Policy
from appliance.store import accounts, credentials, logins, policies
from appliance.store import one_time_links as stored_links

BOTH_OFF: Final = "Switch on Require second factor in the same save."


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEdit:
    """What is None stays. All of it is done in one save, or nothing."""

    email: str | None = None
    require_second_factor: bool | None = None
    clear_totp: bool = False


def save(change: Change, person: Person, seen: int | None, wanted: SecurityEdit) -> Person:
    """Raises Forbidden, Invalid, Conflict, Changed."""
    people.may_administer(change, person.account.tier)
    people.not_stale(person, seen)
    if wanted.clear_totp:
        people.not_yourself(change, person)
    people.not_the_owner(change, person)
    known = person.account
    now = _edited(known, wanted)
    people.free_email(change, now, now.email)
    if now.email_otp and not now.email:
        raise Invalid.of(email="A one-time code needs an address.")
    if _demands_factor(change, now) and not (now.email_otp or now.totp or now.passkeys):
        raise Invalid.of(require_second_factor=BOTH_OFF)
    if known.totp and wanted.clear_totp:
        _clear_totp(change, known)
    if known.email != now.email:
        stored_links.drop(change.transaction, known.key)
    current = people.now(change, person).account
    written = replace(
        current, email=now.email, email_otp=now.email_otp, version=current.version + 1
    )
    accounts.update(change.transaction, written)
    for action in _actions(known, now):
        people.record(change, person, action)
    return people.now(change, person)


def invite(change: Change, person: Person) -> None:
    """Send the invitation again; the one before opens nothing any more. Raises Forbidden, Invalid,
    Conflict."""
    people.may_administer(change, person.account.tier)
    if person.account.status is not AccountStatus.INVITED:
        raise Conflict("This login has a password: send a reset link instead.", "not_invited")
    _mailable(person)
    one_time_links.invite(change, person.account)


def send_reset_link(change: Change, person: Person) -> None:
    """Raises Forbidden, Invalid, Conflict."""
    people.may_administer(change, person.account.tier)
    if person.account.status is not AccountStatus.ACTIVE:
        raise Conflict(f"This login is {person.account.status.value}.", "not_active")
    _mailable(person)
    one_time_links.reset(change, person.account)


def set_temporary_password(change: Change, person: Person, prepared: Temporary) -> Person:
    """One that has to be changed at the next sign-in; its logins are over. Raises Forbidden,
    Conflict."""
    people.may_administer(change, person.account.tier)
    people.not_yourself(change, person)
    people.not_the_owner(change, person)
    if person.account.status is AccountStatus.DISABLED:
        raise Conflict("This login is disabled.", "not_active")
    passwords.set_temporary(change, person.account, prepared)
    return people.now(change, person)


def end_logins(change: Change, person: Person) -> int:
    """All of its logins; how many there were. Raises Forbidden."""
    people.may_administer(change, person.account.tier)
    ended = logins.end_of_account(change.transaction, person.account.key)
    people.record(change, person, "Ended sessions", count=ended)
    return ended


def _edited(known: Account, wanted: SecurityEdit) -> Account:
    """Raises Invalid."""
    email = known.email
    if wanted.email is not None:
        email = fields.email(wanted.email) if wanted.email else ""
    otp = wanted.require_second_factor
    return replace(
        known,
        email=email,
        email_otp=known.email_otp if otp is None else otp,
        totp=known.totp and not wanted.clear_totp,
    )


def _demands_factor(change: Change, account: Account) -> bool:
    """Whether the policy has whoever administers show a second factor (manual § 20.5)."""
    if account.tier is Tier.USER:
        return False
    floor = policies.load(change.database) or Policy()
    own = policies.load(change.database, account.tenant) if account.tenant else None
    return (own.stricter(floor) if own else floor).admin_second_factor


def _clear_totp(change: Change, account: Account) -> None:
    """With its recovery codes, which stand for it."""
    credentials.put_totp(change.transaction, account.key, None)
    credentials.put_recovery_codes(change.transaction, account.key, ())


def _mailable(person: Person) -> None:
    if not person.account.email:
        raise Invalid.of(email="There is no address that a mail could go to.")


def _actions(before: Account, after: Account) -> list[str]:
    """What the audit log calls it, in the manual's words (§ 20.8.1)."""
    actions = []
    if before.totp and not after.totp:
        actions.append("Cleared TOTP enrolment")
    if before.email_otp != after.email_otp:
        actions.append("Enabled email OTP" if after.email_otp else "Disabled email OTP")
    if before.email != after.email:
        actions.append("Changed email")
    return actions or ["Saved security"]
