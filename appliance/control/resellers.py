"""Resellers: white-label partners, their ceilings and their first login (manual § 5.2, § 5.4).

Only the platform makes, changes and deletes them; a reseller may look at its own.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from appliance.control import contents, fields, handles, one_time_links, scope
from appliance.control.changes import Change
from appliance.control.differences import differences
from appliance.control.errors import Changed, Conflict, Invalid
from appliance.control.lifecycle import ResellerDeleted
from appliance.model.accounts import Account, AccountKey, AccountStatus, Tier
from appliance.model.resellers import (
    PLAN,
    STANDARD_ENTITLEMENTS,
    Entitlement,
    Reseller,
    ResellerCaps,
    ResellerKey,
    ResellerStatus,
)
from appliance.store import accounts, logins, rows
from appliance.store.conditions import Condition
from appliance.store.tenancy import ResellerFacts, reseller_facts

CODE: Final = re.compile(r"[A-Z][A-Z0-9]{1,15}")
CODE_RULE: Final = "2 to 16 characters: A–Z and digits, no spaces; a letter first."
REGION: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
DEFAULT_REGION: Final = "sg-south"
PLANS: Final = (PLAN,)
HIGHEST_CAP: Final = 1_000_000

STALE: Final = "Somebody has changed this reseller since. Look at it again."


@dataclass(frozen=True, slots=True)
class NewReseller:
    """`caps` and `entitlements`: what differs from the plan's."""

    name: str
    code: str
    admin_email: str
    admin_name: str = ""
    plan: str = PLAN
    region: str = ""
    caps: Mapping[str, int | None] = field(default_factory=dict)
    entitlements: Mapping[Entitlement, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResellerEdit:
    """None, and what is not in the maps, stays as it is."""

    name: str | None = None
    code: str | None = None
    admin_email: str | None = None
    plan: str | None = None
    region: str | None = None
    status: ResellerStatus | None = None
    caps: Mapping[str, int | None] = field(default_factory=dict)
    entitlements: Mapping[Entitlement, bool] = field(default_factory=dict)


def create(change: Change, new: NewReseller, *, invited: bool = True) -> ResellerFacts:
    """The record and its primary admin's login, in one; `invited`: a mail goes to that person.
    Raises Forbidden, Invalid, Conflict."""
    scope.require_tier(change.caller, Tier.PLATFORM)
    wanted = _checked(
        Reseller(
            *(ResellerKey(0), new.code, new.name, new.admin_email, new.plan),
            region=new.region or DEFAULT_REGION,
            caps=_caps(ResellerCaps(), new.caps),
            entitlements=_entitled(STANDARD_ENTITLEMENTS, new.entitlements),
        )
    )
    _free_code(change, wanted.code)
    made = rows.insert_reseller(change.database, wanted, change.now)
    admin = _add_admin(change, made, new.admin_name)
    change.transaction.swap(lambda snapshot: snapshot.put_reseller(made))
    change.record("reseller", "Created reseller", _target(made), reseller=made)
    if invited:
        one_time_links.invite(change, admin)
    return _facts(change, made)


def edit(change: Change, code: str, seen: int | None, wanted: ResellerEdit) -> ResellerFacts:
    """`seen` is the version that the caller knows. Raises Forbidden, NotFound, Invalid, Conflict,
    Changed."""
    scope.require_tier(change.caller, Tier.PLATFORM)
    known = change.reseller(code)
    if seen is not None and seen != known.version:
        raise Changed(STALE)
    now = _checked(_edited(known, wanted))
    if now.code != known.code:
        _free_code(change, now.code)
        _without_tenants(change, known, "code", "The short code is fixed once there are tenants.")
    now = replace(now, version=known.version + 1)
    rows.update_reseller(change.database, now)
    change.transaction.swap(lambda snapshot: snapshot.put_reseller(now))
    if now.admin_email != known.admin_email:
        _readdress(change, now)
    for action in _actions(known, now):
        change.record(
            "reseller", action, _target(now), reseller=now, detail=differences(known, now)
        )
    if now.status is ResellerStatus.SUSPENDED and known.status is ResellerStatus.ACTIVE:
        logins.end_of_reseller(change.transaction, now.key)
    return _facts(change, now)


def delete(change: Change, code: str, seen: int | None, confirm: str) -> None:
    """With its logins, keys and webhooks; refused while it owns a tenant. Raises Forbidden,
    NotFound, Invalid, Conflict, Changed."""
    scope.require_tier(change.caller, Tier.PLATFORM)
    known = change.reseller(code)
    if seen is not None and seen != known.version:
        raise Changed(STALE)
    if confirm.upper() != known.code:
        raise Invalid.of(confirm=f"Type the short code {known.code} to confirm.")
    _without_tenants(change, known, "", "")
    accounts.delete_of_reseller(change.transaction, known.key)
    contents.delete_webhooks(change.transaction, Condition("reseller_id = ?", known.key))
    change.file.execute("DELETE FROM resellers WHERE key = ?", (known.key,))
    change.transaction.swap(lambda snapshot: snapshot.remove_reseller(known.key))
    change.record("reseller", "Deleted reseller", _target(known), reseller=known)
    change.transaction.tell(ResellerDeleted(known.key))


def _edited(known: Reseller, wanted: ResellerEdit) -> Reseller:
    given = {
        name: value
        for name in ("name", "code", "admin_email", "plan", "region", "status")
        if (value := getattr(wanted, name)) is not None
    }
    return replace(
        known,
        **given,
        caps=_caps(known.caps, wanted.caps),
        entitlements=_entitled(known.entitlements, wanted.entitlements),
    )


def _checked(reseller: Reseller) -> Reseller:
    """Raises Invalid."""
    code = reseller.code.strip().upper()
    if not CODE.fullmatch(code):
        raise Invalid.of(code=CODE_RULE)
    if reseller.plan not in PLANS:
        raise Invalid.of(plan=f"One of: {', '.join(PLANS)}.")
    if reseller.region and not REGION.fullmatch(reseller.region):
        raise Invalid.of(region="Lower-case letters, digits and hyphens, such as sg-south.")
    return replace(
        reseller,
        code=code,
        name=fields.name(reseller.name),
        admin_email=fields.email(reseller.admin_email, "admin_email"),
    )


def _caps(known: ResellerCaps, given: Mapping[str, int | None]) -> ResellerCaps:
    """None is no ceiling; 0 is none at all. Raises Invalid."""
    for name, cap in given.items():
        if name not in asdict(known):
            raise Invalid.of(**{f"caps.{name}": "There is no such cap."})
        if cap is not None and not 0 <= cap <= HIGHEST_CAP:
            raise Invalid.of(**{f"caps.{name}": f"0 to {HIGHEST_CAP}, or null for no ceiling."})
    return replace(known, **given)


def _entitled(
    known: frozenset[Entitlement], given: Mapping[Entitlement, bool]
) -> frozenset[Entitlement]:
    on = {one for one, wanted in given.items() if wanted}
    off = {one for one, wanted in given.items() if not wanted}
    return (known | on) - off


def _free_code(change: Change, code: str) -> None:
    if rows.reseller_by_code(change.database, code) is not None:
        raise Conflict.of("code", "short code already in use")


def _without_tenants(change: Change, reseller: Reseller, field: str, words: str) -> None:
    """Raises Conflict where it owns tenants."""
    count = rows.count(change.database, "tenants", "WHERE reseller_id = ?", reseller.key)
    if count and field:
        raise Conflict.of(field, words, "in_use")
    if count:
        tenants = "1 tenant" if count == 1 else f"{count} tenants"
        raise Conflict(f"This reseller still has {tenants}.", "in_use")


def _add_admin(change: Change, reseller: Reseller, name: str) -> Account:
    """Its username is the code in lower case; the person may as well sign in by email."""
    username = handles.free_like(
        reseller.code.lower(), lambda handle: handles.is_taken(change.database, handle)
    )
    return accounts.insert(
        change.transaction,
        Account(
            AccountKey(0),
            Tier.RESELLER,
            username,
            fields.name(name, "admin_name") if name else reseller.name,
            reseller.admin_email,
            AccountStatus.INVITED,
            reseller=reseller.key,
            owner=True,
        ),
    )


def _readdress(change: Change, reseller: Reseller) -> None:
    """An invitation that was not accepted goes to the new address instead."""
    where = "WHERE reseller_id = ? AND owner AND status = 'invited'"
    for admin in accounts.load(change.database, where, reseller.key):
        now = replace(admin, email=reseller.admin_email, version=admin.version + 1)
        accounts.update(change.transaction, now)
        one_time_links.invite(change, now)


def _actions(before: Reseller, after: Reseller) -> list[str]:
    """What the audit log calls it."""
    actions = []
    if before.status != after.status:
        suspended = after.status is ResellerStatus.SUSPENDED
        actions.append("Suspended reseller" if suspended else "Reactivated reseller")
    if (before.caps, before.entitlements) != (after.caps, after.entitlements):
        actions.append("Saved limits")
    alike = replace(
        before,
        status=after.status,
        caps=after.caps,
        entitlements=after.entitlements,
        version=after.version,
    )
    return [*actions, "Changed reseller"] if alike != after or not actions else actions


def _facts(change: Change, reseller: Reseller) -> ResellerFacts:
    return reseller_facts(change.database, [reseller.key])[reseller.key]


def _target(reseller: Reseller) -> str:
    return f"reseller {reseller.name}"
