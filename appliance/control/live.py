"""What control asks of the running telephone side, at once and from memory; `main` fills it.

For the event loop's thread alone: reader threads are handed what was asked here beforehand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.registrations import Registration
from appliance.model.tenants import TenantKey


class Edge(Protocol):
    """The registrar's side."""

    def registration(self, device: DeviceKey) -> Registration | None:
        """How the device stands; None where there is no such device."""

    def states(self) -> Mapping[DeviceKey, RegistrationState]:
        """The devices of which anything is known; every other one is idle."""

    def blocks(self) -> Sequence[Block]:
        """Those in force, the oldest first."""


class Switchboard(Protocol):
    """The calls in progress."""

    def calls(self, tenant: TenantKey | None = None) -> Sequence[CallRecord]:
        """Their records as they stand, the oldest first; of one tenant, or all."""

    def count(self, tenant: TenantKey | None = None) -> int: ...


@dataclass(frozen=True, slots=True)
class Component:
    """One line of service health (manual § 22.4). `state` is `up`, `degraded` or `down`."""

    key: str
    name: str
    note: str
    state: str
    group: str


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """What this box is. `sip_host` is where phones find it if nothing better is known; `ports` are
    those that it listens on, by the names of the ready line."""

    brand: str
    version: str
    build: str
    sip_host: str
    ports: Callable[[], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Live:
    """The running box, as far as control asks it."""

    edge: Edge
    switch: Switchboard
    components: Callable[[], Sequence[Component]]
    facts: BoxFacts
