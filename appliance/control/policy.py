"""The security policy: the platform's floor, and what a tenant adds to it (manual § 20.5).

"Tenants may be stricter, never weaker": a tenant's policy is checked against the floor when it is
saved, and the stricter of the two holds ever after, so that a floor that rises lifts everybody.
"""

from dataclasses import dataclass, replace
from typing import Final

from appliance.control import scope
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.common_passwords import SHORTEST
from appliance.control.errors import NOT_YOURS, Changed, Forbidden, Invalid
from appliance.model.accounts import Tier
from appliance.model.policy import Policy
from appliance.model.tenants import Tenant
from appliance.store import policies
from appliance.store.credentials import LONGEST_HISTORY
from appliance.store.database import Database, connection

WEAKER: Final = "Tenants may be stricter, never weaker."
STALE: Final = "Somebody has changed this policy since. Look at it again."
LONGEST_MINIMUM: Final = 64
MOST_FAILS: Final = 20
LONGEST_LOCK: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """`policy` is what holds, `floor` the platform's."""

    policy: Policy
    floor: Policy


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many may sign in, and how many of them with a second factor."""

    users: int
    users_with_factor: int
    admins: int
    admins_with_factor: int


def floor(database: Database) -> Policy:
    return policies.load(database) or Policy()


def read(caller: Caller, database: Database, slug: str | None) -> PolicyInForce:
    """The platform's, or a tenant's. Raises Forbidden, NotFound."""
    lowest = floor(database)
    if slug is None:
        return PolicyInForce(lowest, lowest)
    tenant = scope.enter_tenant(caller, database, slug)
    return PolicyInForce(_in_force(database, tenant, lowest), lowest)


def save_floor(change: Change, wanted: Policy, seen: int | None = None) -> PolicyInForce:
    """For the platform alone. Raises Forbidden, Invalid, Changed."""
    if change.caller.tier is not Tier.PLATFORM:
        raise Forbidden(NOT_YOURS)
    known = floor(change.database)
    _require_seen(seen, known)
    _check(wanted)
    now = replace(wanted, version=known.version + 1)
    policies.put(change.transaction, policies.FLOOR, now)
    change.record("policy", "Saved policy", "security policy", detail=_facts(now))
    return PolicyInForce(now, now)


def save_tenants(
    change: Change, slug: str, wanted: Policy, seen: int | None = None
) -> PolicyInForce:
    """A tenant's own tightening, by its admins or those above it. Raises Forbidden, NotFound,
    Invalid, Changed."""
    tenant = change.tenant(slug)
    if change.caller.tier is Tier.USER:
        raise Forbidden(NOT_YOURS)
    lowest = floor(change.database)
    known = policies.load(change.database, tenant.key)
    _require_seen(seen, known or lowest)
    _check(wanted)
    _require_stricter(wanted, lowest)
    now = replace(wanted, version=(known or lowest).version + 1)
    policies.put(change.transaction, tenant.key, now)
    change.record("policy", "Saved policy", "security policy", tenant=tenant, detail=_facts(now))
    return PolicyInForce(now, lowest)


def coverage(database: Database, caller: Caller, slug: str | None) -> Coverage:
    """Of the tenant's logins, or of all in the caller's scope. Raises Forbidden, NotFound."""
    where, values = "status = 'active'", []
    if slug is not None:
        where += " AND tenant_id = ?"
        values.append(scope.enter_tenant(caller, database, slug).key)
    strong = "(totp_secret IS NOT NULL OR email_otp OR key IN (SELECT account_id FROM passkeys))"
    ((*counts,),) = connection(database).execute(
        f"SELECT count(*), sum({strong}), sum(tier <> 'user'),"  # noqa: S608 - our own words
        f" sum(tier <> 'user' AND {strong}) FROM accounts WHERE {where}",
        values,
    )
    return Coverage(*(int(each or 0) for each in counts))


def _in_force(database: Database, tenant: Tenant, lowest: Policy) -> Policy:
    own = policies.load(database, tenant.key)
    return own.stricter(lowest) if own else lowest


def _require_seen(seen: int | None, known: Policy) -> None:
    """Raises Changed."""
    if seen is not None and seen != known.version:
        raise Changed(STALE)


def _check(wanted: Policy) -> None:
    """Raises Invalid."""
    limits = {
        "min_length": (wanted.min_length, SHORTEST, LONGEST_MINIMUM),
        "no_reuse": (wanted.no_reuse, 0, LONGEST_HISTORY),
        "lockout_fails": (wanted.lockout_fails, 2, MOST_FAILS),
        "lockout_minutes": (wanted.lockout_minutes, 1, LONGEST_LOCK),
    }
    wrong = {
        field: f"{least} to {most}."
        for field, (value, least, most) in limits.items()
        if not least <= value <= most
    }
    if wrong:
        raise Invalid.of(**wrong)


def _require_stricter(wanted: Policy, lowest: Policy) -> None:
    """Raises Invalid naming each field that is weaker."""
    held = wanted.stricter(lowest)
    weaker = [name for name in FIELDS if getattr(held, name) != getattr(wanted, name)]
    if weaker:
        raise Invalid.of(**{FIELDS[name]: WEAKER for name in weaker})


def _facts(policy: Policy) -> dict[str, object]:
    return {FIELDS[name]: getattr(policy, name) for name in FIELDS}


FIELDS: Final = {
    "min_length": "min_length",
    "block_common": "block_common",
    "no_reuse": "no_reuse",
    "admin_second_factor": "require_admin_2fa",
    "lockout_fails": "lockout_fails",
    "lockout_minutes": "lockout_minutes",
}
"""A policy's points, and what they are called outside."""
