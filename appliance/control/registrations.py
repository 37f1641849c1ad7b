"""Registrations as operators see them: how many devices stand how, and the blocks that keep some
out (manual § 22.2, § 23.2)."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from appliance.control import scope
from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.control.errors import NOT_HERE, NotFound
from appliance.control.live import Edge
from appliance.control.news import BlockLifted, DevicesSignedOff, StateChanged
from appliance.events import Events
from appliance.model.accounts import Tier
from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.devices import DeviceKey
from appliance.model.tenants import Tenant, TenantKey
from appliance.store.snapshot import Snapshot

IDLE: Final = RegistrationState.IDLE


class StateCounts:
    """How many devices of each tenant are in which state, counted as the news comes. Idle ones are
    all the others."""

    def __init__(self, events: Events) -> None:
        self._known: dict[DeviceKey, tuple[TenantKey, RegistrationState]] = {}
        self._counts: dict[TenantKey, Counter[RegistrationState]] = {}
        events.listen(StateChanged, self._changed)
        events.listen(DevicesSignedOff, self._signed_off)

    def of(self, tenant: TenantKey) -> Mapping[RegistrationState, int]:
        return self._counts.get(tenant) or {}

    def registered(self, tenant: TenantKey) -> int:
        return self.of(tenant).get(RegistrationState.REGISTERED, 0)

    def _changed(self, news: StateChanged) -> None:
        self._forget(news.device)
        if news.new is not IDLE:
            self._known[news.device] = news.tenant, news.new
            self._counts.setdefault(news.tenant, Counter())[news.new] += 1

    def _signed_off(self, gone: DevicesSignedOff) -> None:
        for device in gone.devices:
            self._forget(device)

    def _forget(self, device: DeviceKey) -> None:
        known = self._known.pop(device, None)
        if known is not None:
            tenant, state = known
            self._counts[tenant][state] -= 1


def blocks_seen(
    caller: Caller, edge: Edge, snapshot: Snapshot, tenant: Tenant | None = None
) -> list[Block]:
    """The blocks in the caller's scope, of one tenant or all, the oldest first. A name that nobody
    has belongs to the platform alone."""
    return [block for block in edge.blocks() if _sees(caller, snapshot, block, tenant)]


def _sees(caller: Caller, snapshot: Snapshot, block: Block, tenant: Tenant | None) -> bool:
    owner = owner_of(snapshot, block)
    if owner is None:
        return tenant is None and caller.tier is Tier.PLATFORM
    if tenant is not None and owner.key != tenant.key:
        return False
    return scope.sees(caller, owner.key, owner.reseller)


def owner_of(snapshot: Snapshot, block: Block) -> Tenant | None:
    """The tenant whose device has the blocked name; None where nobody has it."""
    subscriber = snapshot.subscriber(block.username)
    return None if subscriber is None else subscriber.tenant


def find_block(blocks: list[Block], username: str, address: str) -> Block:
    """Raises NotFound."""
    for block in blocks:
        if (block.username, block.address) == (username, address):
            return block
    raise NotFound(NOT_HERE)


def lift(change: Change, block: Block, tenant: Tenant | None) -> None:
    """Put in the log that the block is lifted, and have the telephone side do it. The caller was
    found to see it."""
    change.transaction.tell(BlockLifted(block.username, block.address))
    target = f"device {block.username} from {block.address}"
    change.record("block", "Lifted block", target, tenant=tenant)
