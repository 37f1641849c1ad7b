"""The table of bindings: where each device can be reached, until when, and how it stands.

It knows nothing of REGISTER (`registrar.py`) nor of passwords (`access.py`). A binding that is
over stays in the table for a while as its device's last known whereabouts (manual § 9.6.1).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

from appliance.model.bindings import RegistrationState, StoredBinding
from appliance.model.devices import DeviceKey
from appliance.telephony.binding import (
    Binding,
    Contact,
    Reach,
    address,
    contact,
    restored,
    stored,
)
from appliance.telephony.sip.flow import Flow
from appliance.telephony.wheel import Wheel

REJECTIONS_KEPT: Final = 10
KNOWN_SECONDS: Final = 86400.0
"""How long after its expiry a binding still says where its device was; then it reads idle."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An attempt to register that was refused: `at` in UTC, `address` with port, and why."""

    at: datetime
    address: str
    transport: str
    user_agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """What an operator sees of a device (manual § 9.6, § 23.2). The fields after `state` are of the
    binding that was heard from last; "" and None when there is none."""

    state: RegistrationState
    address: str = ""
    transport: str = ""
    user_agent: str = ""
    last_seen: datetime | None = None
    expires_at: datetime | None = None
    contacts: int = 0
    rejections: tuple[Rejection, ...] = ()


Refreshed = Callable[[int], Sequence[StoredBinding]]
"""The next bindings that were refreshed, as they now are, so many at most; each is given once.
They have the same device, contact, instance and reg-id as before."""


class BindingStore(Protocol):
    """Where bindings are kept over a restart; nothing here waits. A new or removed one is to be
    committed within 250 ms, refreshes within 5 s."""

    def added(self, binding: StoredBinding) -> None: ...
    def removed(self, binding: StoredBinding) -> None: ...
    def fetch_refreshed(self, refreshed: Refreshed) -> None:
        """There are some: ask for them until there are no more, soon but at leisure. A refresh is
        the most frequent thing of all, so that it does no more than be noted."""


StateChange = Callable[[DeviceKey, RegistrationState, RegistrationState], None]


@dataclass(slots=True)
class _Entry:
    """What is known of one device."""

    bindings: list[Binding] = field(default_factory=list)
    state: RegistrationState = RegistrationState.IDLE
    rejected_at: float = 0.0
    rejections: deque[Rejection] | None = None


class Bindings:
    """`on_state` hears every change of a device's state: device, old, new. `wall` is UTC now."""

    def __init__(
        self, store: BindingStore, wall: Callable[[], datetime], on_state: StateChange
    ) -> None:
        self._store = store
        self._wall = wall
        self._on_state = on_state
        self._entries: dict[DeviceKey, _Entry] = {}
        self._connections: dict[int, set[Binding]] = {}
        self._expiries: Wheel[Binding] = Wheel()
        self._refreshed: dict[Binding, None] = {}
        self._refreshed_since = (0.0, wall())
        """One moment in both clocks: about when the first of them was refreshed."""
        self._registered = 0

    @property
    def registered(self) -> int:
        """How many devices are registered."""
        return self._registered

    def devices(self) -> list[DeviceKey]:
        """The devices of which anything is known."""
        return list(self._entries)

    # -- asking ----------------------------------------------------------------------------------

    def of(self, device: DeviceKey) -> list[Binding]:
        """All bindings of the device, those that are over as well."""
        entry = self._entries.get(device)
        return entry.bindings if entry else []

    def contacts(self, device: DeviceKey) -> tuple[Contact, ...]:
        """Where the device can be reached now, the oldest binding first."""
        return tuple(contact(b) for b in self.of(device) if b.reach is Reach.LIVE)

    def state(self, device: DeviceKey) -> RegistrationState:
        entry = self._entries.get(device)
        return entry.state if entry else RegistrationState.IDLE

    def registered_from(self, device: DeviceKey, host: str) -> bool:
        """Whether the device holds a live registration from that address."""
        return any(b.reach is Reach.LIVE and b.flow.remote[0] == host for b in self.of(device))

    def status(self, device: DeviceKey, now: float) -> DeviceStatus:
        entry = self._entries.get(device) or _Entry()
        rejections = tuple(entry.rejections or ())
        if not entry.bindings:
            return DeviceStatus(entry.state, rejections=rejections)
        last = _latest(entry.bindings)
        return DeviceStatus(
            entry.state,
            address(last.flow),
            last.flow.transport,
            last.user_agent,
            self._moment(last.seen_at, now),
            self._moment(last.expires_at, now),
            sum(b.reach is Reach.LIVE for b in entry.bindings),
            rejections,
        )

    # -- changing --------------------------------------------------------------------------------

    def add(self, binding: Binding, now: float) -> None:
        """A new binding. What was over of its device is history now, and goes."""
        entry = self._entries.setdefault(binding.device, _Entry())
        for old in [b for b in entry.bindings if not b.current]:
            self._drop(entry, old, now)
        self._place(entry, binding)
        self._store.added(stored(binding, now, self._wall()))
        self._settle(binding.device, entry)

    def refresh(self, binding: Binding, now: float) -> None:
        """The binding's own fields were renewed by its phone."""
        self._expiries.wake(binding, binding.expires_at)
        if self._refreshed:
            self._refreshed[binding] = None
        else:
            self._refreshed_since = (now, self._wall())
            self._refreshed[binding] = None
            self._store.fetch_refreshed(self._take_refreshed)
        if binding.reach is not Reach.LIVE:
            self.reached(binding)

    def move(self, binding: Binding, flow: Flow) -> None:
        """The phone speaks from another flow now."""
        if binding.flow != flow:
            self._unplug(binding)
            binding.flow = flow
            self._plug(binding)

    def remove(self, binding: Binding, now: float) -> None:
        entry = self._entries[binding.device]
        self._drop(entry, binding, now)
        self._settle(binding.device, entry)

    def reached(self, binding: Binding) -> None:
        """The phone was heard from: it can be rung again."""
        binding.reach = Reach.LIVE
        binding.unanswered = 0
        self._settle(binding.device, self._entries[binding.device])

    def fell_silent(self, binding: Binding) -> None:
        """The phone no longer answers; its binding waits for it until it expires."""
        if binding.reach is Reach.LIVE:
            binding.reach = Reach.SILENT
            self._settle(binding.device, self._entries[binding.device])

    def flow_closed(self, flow: Flow) -> None:
        """A connection ended: what was reached by it no longer is (interop 5)."""
        for binding in self._connections.pop(flow.connection, ()):
            if binding.current:
                binding.reach = Reach.CLOSED
                self._settle(binding.device, self._entries[binding.device])

    def rejected(self, device: DeviceKey, rejection: Rejection, now: float) -> None:
        """Remember an attempt that was refused."""
        entry = self._entries.setdefault(device, _Entry())
        if entry.rejections is None:
            entry.rejections = deque(maxlen=REJECTIONS_KEPT)
        entry.rejections.append(rejection)
        entry.rejected_at = now
        self._settle(device, entry)

    def forget(self, device: DeviceKey, now: float) -> None:
        """The device was deleted, or its secret replaced: everything of it goes."""
        entry = self._entries.get(device)
        if entry is None:
            return
        for binding in list(entry.bindings):
            self._drop(entry, binding, now)
        entry.rejections = None
        self._settle(device, entry)
        del self._entries[device]

    # -- time ------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        """When `handle_timer` is wanted next."""
        return self._expiries.next()

    def handle_timer(self, now: float) -> None:
        """End what has expired, and forget what did so long ago."""
        for binding in self._expiries.due(now):
            entry = self._entries[binding.device]
            if binding.expires_at > now:
                self._expiries.wake(binding, binding.expires_at)
            elif binding.expires_at + KNOWN_SECONDS <= now:
                self._drop(entry, binding, now)
            else:
                binding.reach = Reach.EXPIRED
                self._expiries.wake(binding, binding.expires_at + KNOWN_SECONDS)
            self._settle(binding.device, entry)

    # -- over a restart --------------------------------------------------------------------------

    def restore(self, kept: Iterable[StoredBinding], now: float) -> list[Binding]:
        """Take back what was kept: UDP bindings as they were, those of connections as closed.
        Returns the bindings that are live."""
        wall, live = self._wall(), []
        for row in kept:
            binding = restored(row, now, wall)
            entry = self._entries.setdefault(binding.device, _Entry())
            entry.bindings.append(binding)
            self._expiries.wake(binding, binding.expires_at)
            self._settle(binding.device, entry)
            if binding.reach is Reach.LIVE:
                live.append(binding)
        return live

    # -- within ----------------------------------------------------------------------------------

    def _take_refreshed(self, most: int) -> Sequence[StoredBinding]:
        taken = list(islice(self._refreshed, most))
        for binding in taken:
            del self._refreshed[binding]
        return [stored(binding, *self._refreshed_since) for binding in taken]

    def _place(self, entry: _Entry, binding: Binding) -> None:
        entry.bindings.append(binding)
        self._expiries.wake(binding, binding.expires_at)
        self._plug(binding)

    def _drop(self, entry: _Entry, binding: Binding, now: float) -> None:
        entry.bindings.remove(binding)
        self._refreshed.pop(binding, None)
        binding.reach = Reach.EXPIRED
        self._expiries.forget(binding)
        self._unplug(binding)
        self._store.removed(stored(binding, now, self._wall()))

    def _plug(self, binding: Binding) -> None:
        if binding.flow.connection:
            self._connections.setdefault(binding.flow.connection, set()).add(binding)

    def _unplug(self, binding: Binding) -> None:
        there = self._connections.get(binding.flow.connection)
        if there is not None:
            there.discard(binding)
            if not there:
                del self._connections[binding.flow.connection]

    def _settle(self, device: DeviceKey, entry: _Entry) -> None:
        """Work the device's state out anew, and tell when it changed."""
        new, old = _state(entry), entry.state
        if new is old:
            return
        entry.state = new
        self._registered += (new is RegistrationState.REGISTERED) - (
            old is RegistrationState.REGISTERED
        )
        self._on_state(device, old, new)

    def _moment(self, at: float, now: float) -> datetime:
        return self._wall() + timedelta(seconds=at - now)


def _latest(bindings: list[Binding]) -> Binding:
    return max(bindings, key=lambda b: (b.reach is Reach.LIVE, b.seen_at))


def _state(entry: _Entry) -> RegistrationState:
    """Manual § 9.6.1 and § 22.2.1. A browser whose tab is closed is idle, not unreachable."""
    last = _latest(entry.bindings) if entry.bindings else None
    if last is not None and last.reach is Reach.LIVE:
        return RegistrationState.REGISTERED
    if entry.rejections and (last is None or entry.rejected_at >= last.seen_at):
        return RegistrationState.REJECTED
    if last is None or last.flow.transport in ("ws", "wss"):
        return RegistrationState.IDLE
    if last.reach is Reach.EXPIRED:
        return RegistrationState.EXPIRED
    return RegistrationState.UNREACHABLE
