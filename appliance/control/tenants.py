"""Tenants: customer organisations, their licence and their owner's login (manual chapter 6).

The platform makes them anywhere, a reseller beneath itself; a tenant's own people may look.
"""

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from appliance.control import contents, fields, handles, one_time_links, passwords, scope
from appliance.control.caller import Caller
from appliance.control.caps import require_reseller_room
from appliance.control.changes import Change, Control
from appliance.control.contents import Count
from appliance.control.differences import differences
from appliance.control.errors import Changed, Conflict, Invalid
from appliance.control.lifecycle import TenantCreated, TenantDeleted
from appliance.control.news import BlockLifted, DevicesSignedOff
from appliance.control.passwords import NewPassword
from appliance.model.accounts import Account, AccountKey, AccountStatus, Tier
from appliance.model.countries import COUNTRIES
from appliance.model.numbering import reserved_for
from appliance.model.resellers import Reseller, ResellerStatus
from appliance.model.tenants import (
    STANDARD_CAPABILITIES,
    Capability,
    Tenant,
    TenantCaps,
    TenantKey,
    TenantStatus,
)
from appliance.store import accounts, logins, policies, rows
from appliance.store.database import Database
from appliance.store.tenancy import TenantFacts, tenant_facts

DIAL_PREFIX: Final = re.compile(r"[0-9*#]{0,8}")
HIGHEST_CAP: Final = 1_000_000
STALE: Final = "Somebody has changed this tenant since. Look at it again."


@dataclass(frozen=True, slots=True)
class NewTenant:
    """`slug` empty: made from the name. `reseller` is a code, "" for direct (or, where a reseller
    asks, for itself). With an `owner_email` there is an owner: of that password, or else invited.
    `caps` and `capabilities`: what differs from the usual."""

    name: str
    slug: str = ""
    reseller: str = ""
    owner_email: str = ""
    owner_name: str = ""
    owner_password: NewPassword | None = None
    dial_prefix: str = ""
    country: str = "SG"
    time_zone: str = "Asia/Singapore"
    caps: Mapping[str, int] = field(default_factory=dict)
    capabilities: Mapping[Capability, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantEdit:
    """None, and what is not in the maps, stays as it is. Slug and reseller are fixed."""

    name: str | None = None
    dial_prefix: str | None = None
    country: str | None = None
    time_zone: str | None = None
    status: TenantStatus | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    capabilities: Mapping[Capability, bool] = field(default_factory=dict)


def create(change: Change, new: NewTenant) -> TenantFacts:
    """The record and its owner's login, in one (manual § 6.3). Raises Forbidden, NotFound, Invalid,
    Conflict."""
    scope.require_tier(change.caller, Tier.PLATFORM, Tier.RESELLER)
    reseller = _parent(change, new.reseller)
    wanted = _checked(
        Tenant(
            *(TenantKey(0), _slug(change.database, new), new.name, TenantStatus.ACTIVE),
            *(reseller.key if reseller else None, new.dial_prefix, new.country, new.time_zone),
            _caps(TenantCaps(), new.caps),
            _capable(STANDARD_CAPABILITIES, new.capabilities),
        )
    )
    if new.owner_password is not None and not new.owner_email:
        raise Invalid.of(owner_email="An owner needs an address for codes and resets.")
    if reseller is not None:
        require_reseller_room(change, reseller, "tenants")
    made = rows.insert_tenant(change.database, wanted, change.now)
    change.transaction.swap(lambda snapshot: snapshot.put_tenant(made))
    change.record("tenant", "Created tenant", _target(made), tenant=made)
    if new.owner_email:
        _add_owner(change, made, new)
    change.transaction.tell(TenantCreated(made, reseller.code if reseller else ""))
    return facts(change.database, made)


def edit(change: Change, slug: str, seen: int | None, wanted: TenantEdit) -> TenantFacts:
    """`seen` is the version that the caller knows. Raises Forbidden, NotFound, Invalid, Conflict,
    Changed."""
    scope.require_tier(change.caller, Tier.PLATFORM, Tier.RESELLER)
    known = _known(change, slug, seen)
    now = _checked(_edited(known, wanted))
    if now.country != known.country:
        _no_emergency_clash(change, now)
    now = replace(now, version=known.version + 1)
    rows.update_tenant(change.database, now)
    change.transaction.swap(lambda snapshot: snapshot.put_tenant(now))
    for action in _actions(known, now):
        change.record("tenant", action, _target(now), tenant=now, detail=differences(known, now))
    if now.status is TenantStatus.SUSPENDED and known.status is TenantStatus.ACTIVE:
        logins.end_of_tenant(change.transaction, now.key)
    return facts(change.database, now)


async def delete(
    control: Control, caller: Caller, slug: str, seen: int | None, confirm: str
) -> None:
    """With everything that it owns (`contents.py`); its call records follow at once. Raises
    Forbidden, NotFound, Invalid, Changed."""

    def work(change: Change) -> Tenant:
        scope.require_tier(change.caller, Tier.PLATFORM, Tier.RESELLER)
        return _delete(change, _known(change, slug, seen), confirm)

    gone = await control.change(caller, work)
    await control.store.calls.forget(gone.key)


async def counts(control: Control, caller: Caller, slug: str) -> list[Count]:
    """What would go with the tenant. Raises Forbidden, NotFound."""

    def ask(database: Database) -> tuple[TenantKey, list[Count]]:
        tenant = scope.enter_tenant(caller, database, slug)
        return tenant.key, contents.count(database, tenant.key)

    key, owned = await control.read(ask)
    records = await control.read_records(lambda records: contents.count_records(records, key))
    return [*owned, records]


def facts(database: Database, tenant: Tenant) -> TenantFacts:
    """The tenant as lists show it."""
    return tenant_facts(database, [tenant.key])[tenant.key]


def effective_status(tenant: Tenant, reseller: Reseller | None) -> TenantStatus:
    """A suspended reseller suspends its tenants, whose own status stays (manual § 5.4.2)."""
    if reseller is not None and reseller.status is ResellerStatus.SUSPENDED:
        return TenantStatus.SUSPENDED
    return tenant.status


def _delete(change: Change, tenant: Tenant, confirm: str) -> Tenant:
    if confirm != tenant.slug:
        raise Invalid.of(confirm=f"Type the slug {tenant.slug} to confirm.")
    lost = {each.noun.name: each.count for each in contents.count(change.database, tenant.key)}
    _free_phones(change, tenant)
    contents.delete(change.transaction, tenant.key)
    policies.delete(change.transaction, tenant.key)
    change.file.execute("DELETE FROM tenants WHERE key = ?", (tenant.key,))
    change.transaction.swap(lambda snapshot: snapshot.remove_tenant(tenant.key))
    change.record("tenant", "Deleted tenant", _target(tenant), tenant=tenant, detail=lost)
    change.transaction.tell(TenantDeleted(tenant.key, tenant.slug))
    return tenant


def _free_phones(change: Change, tenant: Tenant) -> None:
    """Its phones are signed off; a block of one of their names would outlive it else."""
    devices = rows.find_devices(change.database, "WHERE tenant_id = ?", tenant.key)
    change.transaction.tell(DevicesSignedOff(tuple(device.key for device in devices)))
    blocked = (
        "SELECT DISTINCT username FROM blocks JOIN devices USING (username) WHERE tenant_id = ?"
    )
    for (username,) in change.file.execute(blocked, (tenant.key,)):
        change.transaction.tell(BlockLifted(username, ""))


def _known(change: Change, slug: str, seen: int | None) -> Tenant:
    """Raises Forbidden, NotFound, Changed."""
    known = change.tenant(slug)
    if seen is not None and seen != known.version:
        raise Changed(STALE)
    return known


def _parent(change: Change, code: str) -> Reseller | None:
    """The reseller that the tenant will be filed under. Raises Forbidden, Invalid."""
    if change.caller.tier is Tier.RESELLER:
        (own,) = rows.load_resellers(change.database, "WHERE key = ?", change.caller.reseller)
        return own if not code else change.reseller(code)
    if not code:
        return None
    reseller = rows.reseller_by_code(change.database, code)
    if reseller is None:
        raise Invalid.of(reseller="There is no such reseller.")
    return reseller


def _slug(database: Database, new: NewTenant) -> str:
    """Raises Invalid, Conflict."""
    if new.slug:
        handles.require_free_slug(database, handles.slug(new.slug))
        return new.slug
    return handles.free_like(
        handles.derived_slug(new.name), lambda each: handles.is_taken(database, each)
    )


def _checked(tenant: Tenant) -> Tenant:
    """Raises Invalid."""
    if not DIAL_PREFIX.fullmatch(tenant.dial_prefix):
        raise Invalid.of(dial_prefix="Up to 8 digits, * or #.")
    if tenant.country not in COUNTRIES:
        raise Invalid.of(country="Two letters of ISO 3166, such as SG.")
    if not _is_time_zone(tenant.time_zone):
        raise Invalid.of(time_zone="A name of the IANA list, such as Asia/Singapore.")
    return replace(tenant, name=fields.name(tenant.name))


def _is_time_zone(name: str) -> bool:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9_+/-]{1,60}", name):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def _edited(known: Tenant, wanted: TenantEdit) -> Tenant:
    given = {
        name: value
        for name in ("name", "dial_prefix", "country", "time_zone", "status")
        if (value := getattr(wanted, name)) is not None
    }
    return replace(
        known,
        **given,
        caps=_caps(known.caps, wanted.caps),
        capabilities=_capable(known.capabilities, wanted.capabilities),
    )


def _caps(known: TenantCaps, given: Mapping[str, int]) -> TenantCaps:
    """0 is unlimited. Raises Invalid."""
    for name, cap in given.items():
        if name not in asdict(known):
            raise Invalid.of(**{f"caps.{name}": "There is no such cap."})
        if not 0 <= cap <= HIGHEST_CAP:
            raise Invalid.of(**{f"caps.{name}": f"0 (unlimited) to {HIGHEST_CAP}."})
    return replace(known, **given)


def _capable(
    known: frozenset[Capability], given: Mapping[Capability, bool]
) -> frozenset[Capability]:
    on = {one for one, wanted in given.items() if wanted}
    off = {one for one, wanted in given.items() if not wanted}
    return (known | on) - off


def _no_emergency_clash(change: Change, tenant: Tenant) -> None:
    """Raises Conflict where an extension would be in the way of the country's emergency numbers."""
    for line in rows.load_extensions(change.database, "WHERE tenant_id = ?", tenant.key):
        owner = reserved_for(line.number, tenant.country)
        if owner:
            raise Conflict.of("country", f"Extension {line.number} is {owner} there.", "in_use")


def _add_owner(change: Change, tenant: Tenant, new: NewTenant) -> None:
    owner = accounts.insert(
        change.transaction,
        Account(
            *(AccountKey(0), Tier.TENANT, tenant.slug),
            fields.name(new.owner_name, "owner_name") if new.owner_name else tenant.name,
            fields.email(new.owner_email, "owner_email"),
            AccountStatus.INVITED,
            tenant=tenant.key,
            owner=True,
        ),
    )
    change.record("user", "Created user", f"user {owner.username}", tenant=tenant)
    if new.owner_password is None:
        one_time_links.invite(change, owner)
    else:
        passwords.put(change, owner, new.owner_password)


def _actions(before: Tenant, after: Tenant) -> list[str]:
    """What the audit log calls it."""
    actions = []
    if before.status is not after.status:
        suspended = after.status is TenantStatus.SUSPENDED
        actions.append("Suspended tenant" if suspended else "Reactivated tenant")
    if (before.caps, before.capabilities) != (after.caps, after.capabilities):
        actions.append("Saved licence")
    alike = replace(
        before,
        status=after.status,
        caps=after.caps,
        capabilities=after.capabilities,
        version=after.version,
    )
    return [*actions, "Changed tenant"] if alike != after or not actions else actions


def _target(tenant: Tenant) -> str:
    return f"tenant {tenant.name}"
