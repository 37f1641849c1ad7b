"""When a password is not at hand: a forgotten one, and links that were mailed (manual § 3.1.1).

A link sets a password and signs nobody in: the second factor is asked for as ever.
"""

from typing import Final

from appliance.control import one_time_links
from appliance.control.changes import Change
from appliance.control.followups import Followups
from appliance.control.guard import Guard, at_the_door
from appliance.control.identity import Identity
from appliance.control.logins import Whereabouts
from appliance.control.one_time_links import OneTimeLinks, OpenedLink
from appliance.control.passwords import Passwords
from appliance.model.accounts import Account, AccountKey
from appliance.store import accounts

ON_ITS_WAY: Final = "If that login exists and has an email address, a link is on its way."
AGAIN_SECONDS: Final = 300.0
MOST_REMEMBERED: Final = 10_000


class Recovery:
    """For the event loop."""

    def __init__(
        self, identity: Identity, passwords: Passwords, guard: Guard, followups: Followups
    ) -> None:
        self._identity = identity
        self._passwords = passwords
        self._guard = guard
        self._followups = followups
        self._links = OneTimeLinks(identity)
        self._sent: dict[AccountKey, float] = {}

    def forgot(self, name: str, where: Whereabouts) -> str:
        """The words that everybody gets; the mail follows, at most one in five minutes. Raises
        TooMany."""
        self._guard.check_address(where)
        self._guard.wrong_from(where)
        account = self._identity.named(name)
        if account and account.email and self._identity.active(account) and self._may(account):
            self._followups.add(at_the_door(where), lambda change: _reset(change, account.key))
        return ON_ITS_WAY

    async def opened(self, token: str) -> OpenedLink:
        """Raises NotFound."""
        return await self._links.opened(token)

    async def choose_password(self, token: str, password: str, where: Whereabouts) -> Account:
        """The link is used up. Raises NotFound, Invalid, TooMany."""
        link = await self._links.opened(token)
        chosen = await self._passwords.chosen(password, link.account)
        caller = self._identity.caller_of(link.account, "link", where.address)
        return await self._identity.control.change(
            caller, lambda change: self._links.used(change, token, chosen)
        )

    def _may(self, account: Account) -> bool:
        now = self._identity.control.clock.now()
        if now < self._sent.get(account.key, -AGAIN_SECONDS) + AGAIN_SECONDS:
            return False
        if len(self._sent) >= MOST_REMEMBERED:
            self._sent.clear()
        self._sent[account.key] = now
        return True


def _reset(change: Change, key: AccountKey) -> None:
    account = accounts.by_key(change.database, key)
    if account is not None:
        one_time_links.reset(change, account)
