"""The security policy: minimums for passwords, second factors and lockout (manual § 20.5)."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Policy:
    """`no_reuse`: how many of the last passwords may not come back. `lockout_fails` wrong passwords
    within `lockout_minutes` lock a login for as long. `version` counts changes."""

    min_length: int = 12
    block_common: bool = True
    no_reuse: int = 5
    admin_second_factor: bool = True
    lockout_fails: int = 5
    lockout_minutes: int = 15
    version: int = 1

    def stricter(self, other: "Policy") -> "Policy":
        """The stricter of the two in each point; this one's version. What a tenant is held to."""
        return replace(
            self,
            min_length=max(self.min_length, other.min_length),
            block_common=self.block_common or other.block_common,
            no_reuse=max(self.no_reuse, other.no_reuse),
            admin_second_factor=self.admin_second_factor or other.admin_second_factor,
            lockout_fails=min(self.lockout_fails, other.lockout_fails),
            lockout_minutes=max(self.lockout_minutes, other.lockout_minutes),
        )
