"""Passwords: what the policy lets through, how one is set (manual § 20.5, § 7.4).

Every way of setting one goes the same way: `Passwords.chosen` checks it and hashes it in the pool,
then `put` writes it within a change. A password is never shown; a temporary one once.
"""

import secrets
import string
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Final

from appliance.control import account_audit
from appliance.control.changes import Change
from appliance.control.common_passwords import common_passwords
from appliance.control.errors import Invalid
from appliance.control.hashing import Hashing, hashed
from appliance.control.identity import Identity
from appliance.model.accounts import Account, AccountKey
from appliance.model.policy import Policy
from appliance.store import credentials, logins, one_time_links

LONGEST: Final = 128
WEAKEST_SCORE: Final = 3
"""Of zxcvbn's 0 to 4: safely unguessable, 10^8 guesses and more."""
SCORED_LENGTH: Final = 64
"""zxcvbn takes the longer the longer a password is."""
SHORTEST_OWN_WORD: Final = 4

NOBODY: Final = AccountKey(0)

ALPHABET: Final = "".join(
    each for each in string.ascii_letters + string.digits if each not in "0O1lI"
)
GROUPS: Final = 4


@dataclass(frozen=True, slots=True)
class NewPassword:
    """One that was checked, as its hash."""

    hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Temporary:
    """To be read out once, and to be changed at the first sign-in."""

    password: str = field(repr=False)
    hash: str = field(repr=False)


def fault(
    password: str, policy: Policy, own_words: Iterable[str], common: Container[str]
) -> str | None:
    """What is wrong with a password in the policy's eyes; None where nothing is. `own_words` are
    the login's own names. Whether it was used before is not asked here."""
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < policy.min_length:
        return f"At least {policy.min_length} characters."
    if len(plain) > LONGEST:
        return f"At most {LONGEST} characters."
    if any(unicodedata.category(each) in ("Cc", "Cs") for each in plain):
        return "No control characters."
    words = [word.lower() for word in own_words if len(word) >= SHORTEST_OWN_WORD]
    if any(word in plain.lower() for word in words):
        return "Not with your own name, login or organisation in it."
    if policy.block_common and plain in common:
        return "This is a common or leaked password."
    if _score(plain[:SCORED_LENGTH], words) < WEAKEST_SCORE:
        return "Too easy to guess. Longer and less usual is better."
    return None


def own_words(account: Account, *more: str) -> list[str]:
    """What must not be in a password: the login's names, and those of its organisation."""
    local, _, _ = account.email.partition("@")
    return [account.username, local, *account.username.split("."), *account.name.split(), *more]


class Passwords:
    """Checks and hashes, in the pool of `hashing`."""

    def __init__(self, identity: Identity, hashing: Hashing) -> None:
        self._identity = identity
        self._hashing = hashing

    async def chosen(self, password: str, account: Account, field: str = "password") -> NewPassword:
        """A password that somebody chose, for this account (for a new one, of key 0, as it will
        be). Raises Invalid naming `field`, TooMany."""
        policy = self._identity.policy(account.tenant)
        tenant = self._identity.tenant(account)
        words = own_words(account, *((tenant.slug,) if tenant else ()))
        common = common_passwords()
        wrong = await self._hashing.run(lambda: fault(password, policy, words, common))
        if wrong:
            raise Invalid.of(**{field: wrong})
        used = await self._identity.control.read(
            lambda database: credentials.old_passwords(database, account.key, policy.no_reuse)
        )
        if await self._hashing.among(password, used):
            raise Invalid.of(**{field: f"Not one of your last {policy.no_reuse} passwords."})
        return NewPassword(await self._hashing.hashed(password))

    async def right(self, password: str, account: Account | None) -> bool:
        """Whether it is the account's password; the same work where there is no account."""
        key = account.key if account else NOBODY
        known = await self._identity.control.read(
            lambda database: credentials.password(database, key)
        )
        return await self._hashing.fits(password, known)

    async def temporary(self) -> Temporary:
        """A new temporary password, for `set_temporary`."""
        password = new_temporary()
        return Temporary(password, await self._hashing.hashed(password))


def put(change: Change, account: Account, new: NewPassword, *, keep_login: str = "") -> Account:
    """Set it: whatever link the account has is dead, and its logins end, but for the one to keep.
    Who was invited is active."""
    now = credentials.put_password(change.transaction, account.key, new.hash, temporary=False)
    _close_doors(change, account, keep_login)
    account_audit.record(change, account, "Set password")
    return now


def set_temporary(change: Change, account: Account, prepared: Temporary | None = None) -> str:
    """Set a password that must be changed at the next sign-in; it is shown this once. `prepared`
    (`Passwords.temporary`) spares the writer the hashing."""
    password = prepared.password if prepared else new_temporary()
    hash_ = prepared.hash if prepared else hashed(password)
    credentials.put_password(change.transaction, account.key, hash_, temporary=True)
    _close_doors(change, account)
    account_audit.record(change, account, "Set temporary password")
    return password


def new_temporary() -> str:
    """Such as `b7Qz-9pK2-mW4t-Xa4r`, without letters that look alike: 93 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(GROUPS))


def _close_doors(change: Change, account: Account, keep_login: str = "") -> None:
    one_time_links.drop(change.transaction, account.key)
    logins.end_of_account(change.transaction, account.key, keep_login)


def _score(password: str, words: list[str]) -> int:
    # Loaded when a password is first chosen: its word lists take 13 MB, which an idle box spares.
    from zxcvbn import zxcvbn

    return int(zxcvbn(password, user_inputs=words)["score"])
