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
from appliance.model.resellers import Reseller, ResellerKey
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import Tenant, TenantKey


class Snapshot:
    """Fills telephony's Directory."""

    def __init__(
        self,
        tenants: Iterable[Tenant] = (),
        extensions: Iterable[Extension] = (),
        subscribers: Iterable[Subscriber] = (),
        resellers: Iterable[Reseller] = (),
    ) -> None:
        self._resellers: Mapping[ResellerKey, Reseller] = {one.key: one for one in resellers}
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

    def reseller(self, reseller: ResellerKey) -> Reseller | None:
        return self._resellers.get(reseller)

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

    def put_reseller(self, reseller: Reseller) -> None:
        """Add a reseller, or put it in place of what it was."""
        self._resellers = {**self._resellers, reseller.key: reseller}

    def remove_reseller(self, reseller: ResellerKey) -> None:
        self._resellers = {k: one for k, one in self._resellers.items() if k != reseller}

    def remove_tenant(self, tenant: TenantKey) -> None:
        """The tenant with its extensions and devices."""
        self.remove_extensions([one.key for one in self._extensions.get(tenant, {}).values()])
        self._extensions = {k: them for k, them in self._extensions.items() if k != tenant}
        self._tenants = {k: one for k, one in self._tenants.items() if k != tenant}

    def remove_extensions(self, extensions: Collection[ExtensionKey]) -> None:
        """The extensions with their devices."""
        gone = set(extensions)
        self.remove_devices([device.key for key in gone for device in self.devices(key)])
        numbers: dict[TenantKey, dict[str, Extension]] = {}
        for key in gone:
            one = self._extensions_by_key[key]
            known = numbers.setdefault(one.tenant, dict(self._extensions[one.tenant]))
            known.pop(one.number, None)
        self._extensions = {**self._extensions, **numbers}
        self._extensions_by_key = {
            k: one for k, one in self._extensions_by_key.items() if k not in gone
        }

    def remove_devices(self, devices: Collection[DeviceKey]) -> None:
        gone = {key: self._by_device[key] for key in devices}
        names = {one.device.username for one in gone.values()}
        self._by_device = {k: one for k, one in self._by_device.items() if k not in gone}
        self._by_username = {n: one for n, one in self._by_username.items() if n not in names}
        for extension in {one.extension.key for one in gone.values()}:
            left = tuple(d for d in self.devices(extension) if d.key not in gone)
            self._devices = {**self._devices, extension: left}

    def replace_subscribers(self, subscribers: Collection[Subscriber]) -> None:
        """Devices that were here already, as they are now."""
        self._replace(subscribers)
        for one in subscribers:
            line = one.extension.key
            devices = tuple(
                one.device if d.key == one.device.key else d for d in self.devices(line)
            )
            self._devices = {**self._devices, line: devices}

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
