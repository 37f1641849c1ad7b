"""Everything that identity is made of, built in order: for `main` and for tests."""

from dataclasses import dataclass

from appliance.control.changes import Control
from appliance.control.first_run import FirstRun
from appliance.control.followups import Followups
from appliance.control.guard import Guard
from appliance.control.hashing import Hashing
from appliance.control.identity import Identity, KeyCaller
from appliance.control.own_account import OwnAccount
from appliance.control.passwords import Passwords
from appliance.control.recovery import Recovery
from appliance.control.second_factors import EmailCodes
from appliance.control.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class Door:
    """`await identity.load()` before the first request, `followups.run()` as a task, `close()` at
    the end; `parts` are for the API."""

    identity: Identity
    hashing: Hashing
    passwords: Passwords
    followups: Followups
    guard: Guard
    sign_in: SignIn
    own_account: OwnAccount
    recovery: Recovery
    first_run: FirstRun

    @classmethod
    def built(cls, control: Control, brand: str, token_key: bytes, key_caller: KeyCaller) -> "Door":
        """`token_key`: 32 random bytes of this run. `key_caller`: whose a machine's key is."""
        identity = Identity(control, token_key, key_caller)
        hashing = Hashing()
        passwords = Passwords(identity, hashing)
        followups = Followups(control)
        guard = Guard(identity, followups)
        codes = EmailCodes(control.clock.now)
        return cls(
            identity,
            hashing,
            passwords,
            followups,
            guard,
            SignIn(identity, passwords, guard, codes, brand),
            OwnAccount(identity, passwords, guard, brand),
            Recovery(identity, passwords, guard, followups),
            FirstRun(identity, passwords, guard),
        )

    @property
    def parts(self) -> list[object]:
        """What operations ask for."""
        return [
            *(self.identity, self.passwords, self.sign_in),
            *(self.own_account, self.recovery, self.first_run),
        ]

    def close(self) -> None:
        self.hashing.close()
