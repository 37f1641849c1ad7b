"""Second factors: an authenticator, a code by mail, recovery codes (manual § 3.1.2, table 20.2).

Passkeys have a file of their own. An authenticator's code is good once: the step that it belongs to
is spent, with those before it.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import pyotp

from appliance.control import account_audit
from appliance.control.changes import Change
from appliance.control.errors import Conflict, Invalid, TooMany
from appliance.model.accounts import Account, AccountKey
from appliance.store import accounts, credentials
from appliance.store.credentials import Totp
from appliance.store.transactions import Transaction

STEP_SECONDS: Final = 30
DRIFT_STEPS: Final = 1
CODE_DIGITS: Final = 6
CODE_SECONDS: Final = 300.0
CODE_TRIES: Final = 5
RESEND_SECONDS: Final = 60.0
RECOVERY_CODES: Final = 10
MOST_CODES: Final = 10_000

WRONG_CODE: Final = "Incorrect code."
KEEP_ONE: Final = "Your policy asks for a second factor: set up another one first."


class Factor(StrEnum):
    """Ways to the second step of signing in."""

    TOTP = "totp"
    EMAIL = "email"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is given, once. `qr` is an SVG document of `uri`."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr: str = field(repr=False)


def factors_of(account: Account) -> tuple[Factor, ...]:
    """What the account may show at the second step, the usual one first."""
    strong = account.totp or account.passkeys > 0
    offered = (
        (Factor.TOTP, account.totp),
        (Factor.PASSKEY, account.passkeys > 0),
        (Factor.EMAIL, account.email_otp and bool(account.email)),
        (Factor.RECOVERY, strong),
    )
    return tuple(factor for factor, there in offered if there)


def begin_totp(account: Account, issuer: str) -> Enrolment:
    """A new secret for an authenticator; nothing is kept until a code confirms it."""
    secret = pyotp.random_base32()
    name = account.email or account.username
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)
    import segno  # when an authenticator is set up: an idle box spares it

    qr = segno.make(uri, error="m", micro=False).svg_inline(scale=4, border=2, omitsize=False)
    return Enrolment(secret, uri, qr)


def enrol_totp(change: Change, account: Account, secret: str, code: str) -> Sequence[str]:
    """Keep the secret that a code confirms; new recovery codes, shown this once. Raises Invalid."""
    step = _step_of(secret, code, change.now, after=0)
    if step is None:
        raise Invalid.of(code=WRONG_CODE)
    credentials.put_totp(change.transaction, account.key, Totp(secret, step))
    account_audit.record(change, account, "Enrolled authenticator")
    return new_recovery_codes(change, account)


def take_totp(transaction: Transaction, account: AccountKey, code: str) -> bool:
    """Whether it is the authenticator's code, spent by this."""
    known = credentials.totp(transaction, account)
    step = known and _step_of(known.secret, code, transaction.now, after=known.step)
    if not step:
        return False
    credentials.spend_totp_step(transaction, account, step)
    return True


def clear_totp(change: Change, account: Account) -> Account:
    """Take the authenticator away, in the manual's words (§ 20.5.2); whether it may be is the
    caller's to ask."""
    now = credentials.put_totp(change.transaction, account.key, None)
    if not now.passkeys:
        credentials.put_recovery_codes(change.transaction, account.key, ())
    account_audit.record(change, account, "Cleared TOTP enrolment")
    return now


def set_email_otp(change: Change, account: Account, on: bool) -> Account:
    """Codes by mail, on or off. Raises Conflict where there is no address."""
    if on and not account.email:
        raise Conflict.of("email", "This login has no email address.", "no_email")
    now = replace(account, email_otp=on, version=account.version + 1)
    accounts.update(change.transaction, now)
    account_audit.record(change, account, "Enabled email OTP" if on else "Disabled email OTP")
    return now


def require_another(account: Account, needed: bool) -> None:
    """`account` as it would be. Raises Conflict where a factor is needed and none would be left."""
    if needed and not factors_of(account):
        raise Conflict(KEEP_ONE, "factor_needed")


def new_recovery_codes(change: Change, account: Account) -> Sequence[str]:
    """Ten codes of 80 bits in place of the old ones; shown this once."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    hashes = [_recovery_hash(code) for code in codes]
    credentials.put_recovery_codes(change.transaction, account.key, hashes)
    account_audit.record(change, account, "Made recovery codes")
    return codes


def take_recovery_code(transaction: Transaction, account: AccountKey, code: str) -> bool:
    """Whether it was one; it is not any more."""
    return credentials.spend_recovery_code(transaction, account, _recovery_hash(code))


class EmailCodes:
    """Codes that were mailed, by account, as hashes in memory. `now`: monotonic seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key = secrets.token_bytes(32)
        self._codes: OrderedDict[AccountKey, _MailedCode] = OrderedDict()

    def new(self, account: AccountKey) -> str:
        """A code to be mailed; the one before is over. Raises TooMany within a minute of it."""
        known = self._codes.get(account)
        wait = known.sent_at + RESEND_SECONDS - self._now() if known else 0.0
        if wait > 0:
            raise TooMany("A code was sent a moment ago.", wait)
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        self._codes[account] = _MailedCode(self._hash(account, code), self._now())
        self._codes.move_to_end(account)
        while len(self._codes) > MOST_CODES:
            self._codes.popitem(last=False)
        return code

    def take(self, account: AccountKey, code: str) -> bool:
        """Whether it is the code, which is good once, for five minutes and five tries."""
        known = self._codes.get(account)
        if known is None or known.tries >= CODE_TRIES:
            return False
        known.tries += 1
        right = hmac.compare_digest(known.hash, self._hash(account, code))
        if not right or self._now() >= known.sent_at + CODE_SECONDS:
            return False
        known.tries = CODE_TRIES
        return True

    def _hash(self, account: AccountKey, code: str) -> bytes:
        return hmac.digest(self._key, f"{account}:{code}".encode(), hashlib.sha256)


@dataclass(slots=True)
class _MailedCode:
    hash: bytes = field(repr=False)
    sent_at: float
    tries: int = 0


def _step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step whose code it is, later than `after`, this one or one beside it (RFC 6238
    § 5.2)."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > after:
            return step
    return None


def _recovery_code() -> str:
    text = pyotp.random_base32(length=32)[:16].lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _recovery_hash(code: str) -> bytes:
    """However it was typed: case, hyphens and spaces do not count."""
    plain = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(plain.encode()).digest()
