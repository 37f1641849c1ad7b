"""API keys: made, rotated and revoked; and who presents one (manual § 25.2, § 25.5).

A key never reaches further than whoever makes it: not in tier, not in scope, not in rights. It is
refused while its tenant or reseller is suspended, and works again after.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from appliance.control import fields
from appliance.control.caller import Caller, Right
from appliance.control.changes import Change, Control
from appliance.control.errors import (
    NOT_HERE,
    Conflict,
    Forbidden,
    Invalid,
    NotAuthenticated,
    NotFound,
)
from appliance.control.lifecycle import ResellerDeleted, TenantDeleted
from appliance.control.owners import Owner, owner
from appliance.control.scope import own_rows
from appliance.model.api_keys import ApiKey, ApiKeyKey, ApiKeyState
from appliance.model.resellers import ResellerStatus
from appliance.model.tenants import TenantStatus
from appliance.store import api_keys, rows
from appliance.store.api_keys import ApiKeyChanged
from appliance.store.conditions import ALL, Condition
from appliance.store.database import Database
from appliance.store.moments import to_number
from appliance.store.transactions import Transaction

log = logging.getLogger(__name__)

PREFIX: Final = "sk_live_"
MOST_OF_ONE_OWNER: Final = 100
"""Keys in force; revoked and expired ones do not count."""
USES_WRITTEN_EVERY: Final = 60.0
"""Seconds."""
NOT_ACTIVE: Final = "account is not active"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """What is asked for. `tier` "": the caller's own, or that of the name given."""

    label: str
    rights: Collection[str]
    tier: str = ""
    reseller: str = ""
    tenant: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MadeApiKey:
    """`secret` is readable this once."""

    key: ApiKey
    owner: str
    secret: str


def create(change: Change, new: NewApiKey) -> MadeApiKey:
    """Raises Invalid, Forbidden (broader than the caller), NotFound, Conflict (too many)."""
    whose = owner(change, new.tier, new.reseller, new.tenant)
    rights = _rights(change.caller, new.rights)
    expires_at = _expiry(new.expires_at, change.now)
    _require_room(change, whose)
    secret = new_secret(whose)
    key = ApiKey(
        ApiKeyKey(0),
        f"key_{secrets.token_hex(8)}",
        fields.name(new.label, "label"),
        whose.tier,
        whose.reseller.key if whose.reseller else None,
        whose.tenant.key if whose.tenant else None,
        rights,
        hash_of(secret),
        change.caller.label,
        change.now,
        expires_at,
    )
    made = api_keys.insert(change.transaction, key)
    _record(change, "Created API key", made, tier=made.tier, scopes=sorted(made.rights))
    return MadeApiKey(made, whose.name, secret)


def edit(change: Change, public_id: str, label: str) -> ApiKey:
    """Raises NotFound, Invalid."""
    known = find(change.database, change.caller, public_id)
    now = replace(known, label=fields.name(label, "label"))
    api_keys.update(change.transaction, now)
    _record(change, "Changed API key", now, before=known.label)
    return now


def rotate(change: Change, public_id: str) -> MadeApiKey:
    """A new secret in place of the old one, which is refused at once. Raises NotFound, Forbidden
    (a key that can do more than the caller), Conflict (revoked)."""
    known = find(change.database, change.caller, public_id)
    if known.state(change.now) is not ApiKeyState.ACTIVE:
        raise Conflict("This key is no longer in force.", "not_in_force")
    _rights(change.caller, known.rights)
    whose = _owner_of(change.database, known)
    secret = new_secret(whose)
    now = replace(known, secret_hash=hash_of(secret))
    api_keys.update(change.transaction, now)
    _record(change, "Rotated API key", now)
    return MadeApiKey(now, whose.name, secret)


def revoke(change: Change, public_id: str) -> None:
    """It stays in the list. Raises NotFound; one that is revoked already stays so."""
    known = find(change.database, change.caller, public_id)
    if known.revoked_at is None:
        api_keys.update(change.transaction, replace(known, revoked_at=change.now))
    _record(change, "Revoked API key", known)


def find(database: Database, caller: Caller, public_id: str) -> ApiKey:
    """Raises NotFound for what is not in the caller's scope."""
    wanted = visible(caller) & Condition("public_id = ?", public_id)
    found = api_keys.load(database, wanted)
    if not found:
        raise NotFound(NOT_HERE)
    return found[0]


def visible(caller: Caller) -> Condition:
    """The keys that the caller may see."""
    return own_rows(caller, "reseller_id", "tenant_id")


def new_secret(whose: Owner) -> str:
    """`sk_live_nimbus_…`: 32 random bytes."""
    return f"{PREFIX}{whose.name}_{secrets.token_urlsafe(32)}"


def hash_of(secret: str) -> bytes:
    """SHA-256 is enough: the secret is random, not chosen."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


class ApiKeys:
    """Who presents a key, from memory: it follows every change with its commit."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._by_hash: dict[bytes, ApiKey] = {}
        self._used: dict[ApiKeyKey, datetime] = {}
        listen = control.events.listen
        listen(ApiKeyChanged, self._on_change)
        listen(TenantDeleted, lambda gone: self._keep(lambda key: key.tenant != gone.tenant))
        listen(ResellerDeleted, lambda gone: self._keep(lambda key: key.reseller != gone.reseller))

    async def load(self) -> None:
        """What is stored; before the first request."""
        for key in await self._control.read(lambda database: api_keys.load(database, ALL)):
            self._by_hash[key.secret_hash] = key

    def caller(self, token: str, address: str) -> Caller | None:
        """None for what is no key in force. Raises NotAuthenticated while its tenant or reseller
        is suspended."""
        key = self._by_hash.get(hash_of(token)) if token.startswith(PREFIX) else None
        now = self._control.clock.wall()
        if key is None or key.state(now) is not ApiKeyState.ACTIVE or not self._there(key):
            return None
        if not self._active(key):
            raise NotAuthenticated(NOT_ACTIVE, "not_active")
        self._used[key.key] = now
        return Caller(
            key.tier,
            f"key:{key.public_id}",
            key.label,
            reseller=key.reseller,
            tenant=key.tenant,
            rights=_known_rights(key.rights),
            address=address,
        )

    def last_used(self, key: ApiKey) -> datetime | None:
        """As memory knows it, which the disk follows."""
        return self._used.get(key.key, key.last_used_at)

    async def run(self) -> None:
        """Write down now and then when keys were used last; until cancelled."""
        while True:
            await asyncio.sleep(USES_WRITTEN_EVERY)
            try:
                await self.write_uses()
            except Exception:
                log.exception("the last uses of keys were not written")

    async def write_uses(self) -> None:
        """Put on the disk when keys were used last; at the end of the box too."""
        used, self._used = self._used, {}
        if not used:
            return
        for key in self._by_hash.values():
            if key.key in used:
                self._by_hash[key.secret_hash] = replace(key, last_used_at=used[key.key])

        def write(transaction: Transaction) -> None:
            api_keys.note_use(transaction, used)

        control = self._control
        await control.store.change(write, control.clock.wall(), control.events.publish)

    def _on_change(self, changed: ApiKeyChanged) -> None:
        self._by_hash.pop(changed.before, None)
        if changed.key.revoked_at is None:
            self._by_hash[changed.key.secret_hash] = changed.key

    def _keep(self, stays: Callable[[ApiKey], bool]) -> None:
        """A deleted owner's keys went with it."""
        self._by_hash = {code: key for code, key in self._by_hash.items() if stays(key)}

    def _there(self, key: ApiKey) -> bool:
        """Its tenant or reseller may have been deleted."""
        snapshot = self._control.store.snapshot
        if key.tenant is not None:
            return snapshot.tenant(key.tenant) is not None
        return key.reseller is None or snapshot.reseller(key.reseller) is not None

    def _active(self, key: ApiKey) -> bool:
        snapshot = self._control.store.snapshot
        tenant = snapshot.tenant(key.tenant) if key.tenant is not None else None
        of_reseller = tenant.reseller if tenant else key.reseller
        reseller = snapshot.reseller(of_reseller) if of_reseller is not None else None
        return (tenant is None or tenant.status is TenantStatus.ACTIVE) and (
            reseller is None or reseller.status is ResellerStatus.ACTIVE
        )


def _rights(caller: Caller, wanted: Iterable[str]) -> frozenset[Right]:
    """Raises Invalid for unknown ones and for none, Forbidden for what the caller has not."""
    try:
        rights = frozenset(map(Right, wanted))
    except ValueError:
        raise Invalid.of(scopes=f"Of these: {', '.join(sorted(Right))}.") from None
    if not rights:
        raise Invalid.of(scopes="At least one.")
    if not all(caller.may(right) for right in rights):
        raise Forbidden("A key has no more rights than who makes it.", "broader_than_own")
    return rights


def _known_rights(words: Iterable[str]) -> frozenset[Right]:
    """Those that this version knows."""
    return frozenset(Right(word) for word in words if word in set(Right))


def _expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is None:
        return None
    if expires_at.tzinfo is None or not now < expires_at < now + timedelta(days=36_525):
        raise Invalid.of(expires_at="A moment to come, with its zone.")
    return expires_at


def _require_room(change: Change, whose: Owner) -> None:
    wanted = Condition(
        "tier = ? AND reseller_id IS ? AND tenant_id IS ? AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > ?)",
        whose.tier.value,
        whose.reseller.key if whose.reseller else None,
        whose.tenant.key if whose.tenant else None,
        to_number(change.now),
    )
    if api_keys.count(change.database, wanted) >= MOST_OF_ONE_OWNER:
        raise Conflict("API key limit reached.", "limit_reached")


def _owner_of(database: Database, key: ApiKey) -> Owner:
    tenant = rows.tenant_by_key(database, key.tenant) if key.tenant is not None else None
    found = rows.load_resellers(database, "WHERE key = ?", key.reseller or 0)
    return Owner(key.tier, found[0] if found else None, tenant)


def _record(change: Change, action: str, key: ApiKey, **detail: object) -> None:
    whose = _owner_of(change.database, key)
    change.record(
        "api_key",
        action,
        f"API key {key.label}",
        tenant=whose.tenant,
        reseller=whose.reseller,
        detail={"id": key.public_id, **detail},
    )
