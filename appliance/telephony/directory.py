"""What telephony must know of stored truth; `main` fills it from the store's snapshot.

Every method answers from memory, at once: no call waits for a query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.model.devices import Device, DeviceKey
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.numbering import Destination
from appliance.model.tenants import Tenant, TenantKey


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A device with all that authenticating it needs. `ha1_…` are lower-case hex of
    H(username:realm:secret) (RFC 7616 § 3.4.2)."""

    device: Device
    extension: Extension
    tenant: Tenant
    ha1_md5: str
    ha1_sha256: str


class Directory(Protocol):
    def subscriber(self, username: str) -> Subscriber | None:
        """The device whose SIP authentication name this is, on the whole box."""

    def device(self, device: DeviceKey) -> Subscriber | None: ...

    def devices(self, extension: ExtensionKey) -> Sequence[Device]:
        """The devices of an extension, in a stable order."""

    def destination(self, tenant: TenantKey, number: str) -> Destination:
        """What the number means when somebody of this tenant dials it."""
