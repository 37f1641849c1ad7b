"""What telephony must know of stored truth; `main` fills it from the store's snapshot.

Every method answers from memory, at once: no call waits for a query.
"""

from collections.abc import Sequence
from typing import Protocol

from appliance.model.devices import Device, DeviceKey
from appliance.model.extensions import ExtensionKey
from appliance.model.numbering import Destination
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import TenantKey


class Directory(Protocol):
    def subscriber(self, username: str) -> Subscriber | None:
        """The device whose SIP authentication name this is, on the whole box."""

    def device(self, device: DeviceKey) -> Subscriber | None: ...

    def devices(self, extension: ExtensionKey) -> Sequence[Device]:
        """The devices of an extension, in a stable order."""

    def destination(self, tenant: TenantKey, number: str) -> Destination:
        """What the number means when somebody of this tenant dials it."""
