"""The telephone side of a running box as its control plane sees it, and what it tells.

Fills `control/live.py`'s protocols from the parts of a box, and turns what happens on the wire into
`control/news.py`'s events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from appliance.control.live import Component
from appliance.control.news import (
    BlockLifted,
    CallAnswered,
    CallBegan,
    CallEnded,
    DevicesSignedOff,
    StateChanged,
)
from appliance.events import Events
from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.registrations import Registration
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import TenantKey
from appliance.store.bindings import BindingRepository
from appliance.store.calls import CallRepository
from appliance.telephony.binding import address
from appliance.telephony.calls.call import Call
from appliance.telephony.calls.equipment import Records

if TYPE_CHECKING:
    from appliance.main import Box

GROUP_EDGE = "Edge & PBX"
GROUP_CONTROL = "Control plane & carrier"


class TelephoneSide:
    """Fills Edge and Switchboard; everything here answers from memory."""

    def __init__(self, box: Box) -> None:
        self._box = box

    # -- the edge --------------------------------------------------------------------------------

    def registration(self, device: DeviceKey) -> Registration | None:
        subscriber = self._box.store.snapshot.device(device)
        return None if subscriber is None else self.registration_of(subscriber)

    def registration_of(self, subscriber: Subscriber) -> Registration:
        device = subscriber.device
        status = self._box.bindings.status(device.key, self._box.clock.now())
        rejection = status.rejections[-1].reason if status.rejections else ""
        return Registration(
            tenant=subscriber.tenant.slug,
            extension=subscriber.extension.number,
            username=device.username,
            type=device.type,
            state=status.state,
            address=status.address,
            transport=status.transport,
            user_agent=status.user_agent,
            last_seen=status.last_seen,
            expires_at=status.expires_at,
            contacts=status.contacts,
            rejection=rejection,
        )

    def states(self) -> Mapping[DeviceKey, RegistrationState]:
        bindings = self._box.bindings
        return {device: bindings.state(device) for device in bindings.devices()}

    def blocks(self) -> Sequence[Block]:
        return self._box.blocks.list()

    # -- the switch ------------------------------------------------------------------------------

    def calls(self, tenant: TenantKey | None = None) -> Sequence[CallRecord]:
        calls = self._box.exchange.calls.values()
        return [call.record(None) for call in calls if tenant in (None, call.tenant)]

    def count(self, tenant: TenantKey | None = None) -> int:
        return self._box.exchange.count(tenant)

    # -- what every call depends on (manual § 22.4) ----------------------------------------------

    def components(self) -> Sequence[Component]:
        """The names carry the brand (decisions: the manual's component names)."""
        box = self._box
        house = box.brand.removesuffix("Voice")
        bindings = f"{box.bindings.registered} bindings"
        calls = f"{len(box.exchange.calls)} live calls"
        edge, switch = f"{house}SBC · edge / registrar", f"Hosted PBX · {house}Switch"
        edge_state, switch_state = _state(box.store.bindings), _state(box.store.calls)
        relay = "Media relay · RTP / TURN"
        return (
            Component("edge", edge, bindings, edge_state, GROUP_EDGE),
            Component("switch", switch, calls, switch_state, GROUP_EDGE),
            Component("media", relay, "relaying", "up", GROUP_EDGE),
            Component("api", "Control plane · API", "auth + config", "up", GROUP_CONTROL),
        )

    # -- what control tells the telephone side ---------------------------------------------------

    def obey(self, events: Events) -> None:
        """Hear what changes of the configuration mean for phones."""
        events.listen(DevicesSignedOff, self._sign_off)
        events.listen(BlockLifted, lambda lifted: self._lift(lifted.username, lifted.address))

    def _sign_off(self, gone: DevicesSignedOff) -> None:
        now = self._box.clock.now()
        for device in gone.devices:
            self._box.bindings.forget(device, now)

    def _lift(self, username: str, address: str) -> None:
        self._box.blocks.lift(username, address)

    # -- what the wire tells ---------------------------------------------------------------------

    def tell_state(self, device: DeviceKey, old: RegistrationState, new: RegistrationState) -> None:
        subscriber = self._box.store.snapshot.device(device)
        if subscriber is None:
            return
        bindings = self._box.bindings.of(device)
        self._box.events.publish(
            StateChanged(
                device,
                subscriber.tenant.key,
                subscriber.extension.number,
                subscriber.device.username,
                old,
                new,
                address(bindings[-1].flow) if bindings else "",
            )
        )

    def tell_answered(self, call: Call) -> None:
        self._box.events.publish(CallAnswered(call.record(None)))


def _state(kept: CallRepository | BindingRepository) -> str:
    """Up, or degraded while the disk refuses what it has to keep."""
    return "degraded" if kept.failing else "up"


class ToldRecords:
    """Fills telephony's Records: what the store keeps is told as well."""

    def __init__(self, kept: Records, events: Events) -> None:
        self._kept = kept
        self._events = events

    def begin(self, record: CallRecord) -> None:
        self._kept.begin(record)
        self._events.publish(CallBegan(record))

    def finish(self, record: CallRecord) -> None:
        self._kept.finish(record)
        self._events.publish(CallEnded(record))
