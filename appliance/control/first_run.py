"""The first run: whoever reads the box's own words makes its first platform operator (issue 3).

`serve` prints a code on stderr until there is one; the setup page asks for it. The code is of this
run, in memory alone.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from appliance.control import account_audit, fields, handles, passwords
from appliance.control.caller import SYSTEM
from appliance.control.changes import Change
from appliance.control.errors import Conflict, Invalid, NotFound
from appliance.control.guard import Guard
from appliance.control.identity import Identity
from appliance.control.logins import Whereabouts
from appliance.control.passwords import Passwords, new_temporary
from appliance.model.accounts import Account, AccountKey, AccountStatus, Tier
from appliance.store import accounts

WRONG: Final = "Not the code that the box prints."
DONE: Final = "This box has been set up."


@dataclass(frozen=True, slots=True)
class FirstOperator:
    username: str
    name: str
    email: str
    password: str = field(repr=False)


class FirstRun:
    """For the event loop."""

    def __init__(self, identity: Identity, passwords: Passwords, guard: Guard) -> None:
        self._identity = identity
        self._passwords = passwords
        self._guard = guard
        self.code = new_temporary()

    @property
    def due(self) -> bool:
        """Whether there is no platform operator yet."""
        return not self._identity.has_platform_operator()

    def notice(self) -> str:
        """What `serve` prints while setup is due; "" afterwards."""
        return f"Setup code, to be entered on the setup page: {self.code}" if self.due else ""

    async def set_up(self, code: str, wanted: FirstOperator, where: Whereabouts) -> Account:
        """Make the operator. Raises NotFound once there is one, Invalid, TooMany, Conflict."""
        if not self.due:
            raise NotFound(DONE, "set_up")
        self._guard.check_address(where)
        if not hmac.compare_digest(_plain(code), _plain(self.code)):
            self._guard.wrong_from(where)
            raise Invalid.of(code=WRONG)
        account = Account(
            *(AccountKey(0), Tier.PLATFORM, handles.username(wanted.username)),
            *(fields.name(wanted.name), fields.email(wanted.email), AccountStatus.INVITED),
        )
        chosen = await self._passwords.chosen(wanted.password, account)

        def make(change: Change) -> Account:
            if accounts.load(change.database, "WHERE tier = ? LIMIT 1", Tier.PLATFORM.value):
                raise Conflict(DONE, "set_up")
            handles.require_free_operator(change.database, account.username)
            made = accounts.insert(change.transaction, account)
            account_audit.record(change, made, "Created operator")
            return passwords.put(change, made, chosen)

        made = await self._identity.control.change(SYSTEM, make)
        self.code = secrets.token_urlsafe(32)
        return made


def _plain(code: str) -> bytes:
    return "".join(each for each in code if each.isalnum()).encode("utf-8", "surrogatepass")
