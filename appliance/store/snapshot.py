"""What calls and registrations read: the stored truth in memory, answering at once.

The maps are never changed in place: a change puts a new map for the noun that it touches, with the
untouched objects in it. Only the event loop's thread reads and changes a snapshot.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from appliance.model.devices import Device, DeviceKey
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.numbering import Destination, destination
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import Tenant, TenantKey


class Snapshot:
    """Fills telephony's Directory."""

    def __init__(
        self,
        tenants: Iterable[Tenant] = (),
        extensions: Iterable[Extension] = (),
        subscribers: Iterable[Subscriber] = (),
    ) -> None:
        self._tenants: Mapping[TenantKey, Tenant] = {}
        self._extensions: Mapping[TenantKey, Mapping[str, Extension]] = {}
        self._extensions_by_key: Mapping[ExtensionKey, Extension] = {}
        self._by_device: Mapping[DeviceKey, Subscriber] = {}
        self._by_username: Mapping[str, Subscriber] = {}
        self._devices: Mapping[ExtensionKey, tuple[Device, ...]] = {}
        for tenant in tenants:
            self.put_tenant(tenant)
        self._put_numbers(extensions)
        self.put_subscribers(subscribers)

    # -- what telephony asks ---------------------------------------------------------------------

    def subscriber(self, username: str) -> Subscriber | None:
        return self._by_username.get(username)

    def device(self, device: DeviceKey) -> Subscriber | None:
        return self._by_device.get(device)

    def devices(self, extension: ExtensionKey) -> Sequence[Device]:
        """In the order in which they were made."""
        return self._devices.get(extension, ())

    def destination(self, tenant: TenantKey, number: str) -> Destination:
        return destination(number, self._extensions.get(tenant, {}))

    # -- what everybody else asks ----------------------------------------------------------------

    def tenants(self) -> Collection[Tenant]:
        return self._tenants.values()

    def tenant(self, tenant: TenantKey) -> Tenant | None:
        return self._tenants.get(tenant)

    def extension(self, extension: ExtensionKey) -> Extension | None:
        return self._extensions_by_key.get(extension)

    def subscribers(self) -> Collection[Subscriber]:
        """Every device of the box, in the order in which they were made."""
        return self._by_device.values()

    # -- changes, once they are committed --------------------------------------------------------

    def put_tenant(self, tenant: Tenant) -> None:
        """Add a tenant, or put it in place of what it was, in its subscribers too."""
        known = tenant.key in self._tenants
        self._tenants = {**self._tenants, tenant.key: tenant}
        if known:
            self._replace(
                [
                    replace(subscriber, tenant=tenant)
                    for subscriber in self._by_device.values()
                    if subscriber.tenant.key == tenant.key
                ]
            )

    def put_extensions(self, extensions: Collection[Extension]) -> None:
        """Add extensions, or put them in place of what they were, in their subscribers too."""
        self._put_numbers(extensions)
        self._replace(
            [
                replace(self._by_device[device.key], extension=extension)
                for extension in extensions
                for device in self._devices.get(extension.key, ())
            ]
        )

    def put_subscribers(self, subscribers: Iterable[Subscriber]) -> None:
        """Add devices; their extensions are here already."""
        devices: dict[ExtensionKey, list[Device]] = defaultdict(list)
        added = list(subscribers)
        for subscriber in added:
            devices[subscriber.extension.key].append(subscriber.device)
        self._replace(added)
        grown = {key: (*self.devices(key), *new) for key, new in devices.items()}
        self._devices = {**self._devices, **grown}

    def _put_numbers(self, extensions: Iterable[Extension]) -> None:
        by_tenant: dict[TenantKey, dict[str, Extension]] = {}
        by_key = dict(self._extensions_by_key)
        for extension in extensions:
            key = extension.tenant
            numbers = by_tenant.setdefault(key, dict(self._extensions.get(key, {})))
            before = by_key.get(extension.key)
            if before is not None and before.number != extension.number:
                del numbers[before.number]
            numbers[extension.number] = by_key[extension.key] = extension
        self._extensions = {**self._extensions, **by_tenant}
        self._extensions_by_key = by_key

    def _replace(self, subscribers: Collection[Subscriber]) -> None:
        self._by_device = {**self._by_device, **{s.device.key: s for s in subscribers}}
        self._by_username = {**self._by_username, **{s.device.username: s for s in subscribers}}
