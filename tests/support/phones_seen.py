"""The telephone side as control sees it, without a phone: it says what a test has it say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from appliance.control.feed import Feed
from appliance.control.live import BoxFacts, Component, Live
from appliance.control.news import BlockLifted, DevicesSignedOff, StateChanged
from appliance.control.registrations import StateCounts
from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.registrations import Registration
from appliance.model.tenants import TenantKey
from tests.support.api import World

IDLE = RegistrationState.IDLE
SEEN_AT = datetime(2026, 11, 23, 11, 59, 48, tzinfo=UTC)


class PhonesSeen:
    """Fills Edge and Switchboard; `register` a device by its username."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[DeviceKey, RegistrationState] = {}
        self.blocked: list[Block] = []
        self.going_on: list[CallRecord] = []
        self.health = "up"
        world.events.listen(DevicesSignedOff, self._sign_off)
        world.events.listen(BlockLifted, self._lift)
        counts = StateCounts(world.events)
        facts = BoxFacts("ByondVoice", "1.0.0", "2026.06", "192.0.2.1", lambda: {"sips": 5061})
        live = Live(self, self, self.components, facts)
        self.feed = Feed(world.events, live, counts, world.store.snapshot, world.people.caller)
        world.parts[1:] = [live, counts, self.feed]

    def register(
        self, username: str, state: RegistrationState = RegistrationState.REGISTERED
    ) -> None:
        subscriber = self.world.store.snapshot.subscriber(username)
        assert subscriber is not None, username
        key = subscriber.device.key
        old, self.known[key] = self.known.get(key, IDLE), state
        self.world.events.publish(
            StateChanged(
                key, subscriber.tenant.key, subscriber.extension.number, username, old, state
            )
        )

    # -- what control asks

    def registration(self, device: DeviceKey) -> Registration | None:
        subscriber = self.world.store.snapshot.device(device)
        if subscriber is None:
            return None
        state = self.known.get(device, IDLE)
        found = Registration(
            subscriber.tenant.slug,
            subscriber.extension.number,
            subscriber.device.username,
            subscriber.device.type,
            state,
        )
        if state is IDLE:
            return found
        return replace(found, address="203.0.113.24:5060", transport="tls", last_seen=SEEN_AT)

    def states(self) -> Mapping[DeviceKey, RegistrationState]:
        return dict(self.known)

    def blocks(self) -> Sequence[Block]:
        return list(self.blocked)

    def calls(self, tenant: TenantKey | None = None) -> Sequence[CallRecord]:
        return [one for one in self.going_on if tenant in (None, one.tenant)]

    def count(self, tenant: TenantKey | None = None) -> int:
        return len(self.calls(tenant))

    def components(self) -> Sequence[Component]:
        return (Component("edge", "ByondSBC · edge / registrar", "46 bindings", self.health, "A"),)

    # -- what control tells

    def _sign_off(self, gone: DevicesSignedOff) -> None:
        for device in gone.devices:
            self.known.pop(device, None)

    def _lift(self, lifted: BlockLifted) -> None:
        where = (lifted.username, lifted.address)
        self.blocked = [one for one in self.blocked if (one.username, one.address) != where]
