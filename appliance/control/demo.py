"""The demo box: the manual's cast, with secrets that are shown this once."""

from dataclasses import dataclass
from typing import Final

from appliance.clock import Clock
from appliance.control.devices import local_names, new_secret, username
from appliance.model.devices import DeviceType
from appliance.model.extensions import Extension
from appliance.model.tenants import Tenant
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.store.rows import NewDevice, NewExtension

FIRST_BULK_NUMBER: Final = 20000

Credentials = dict[str, object]
"""What `byondvoice demo` prints."""


class FolderNotEmpty(Exception):
    """The demo fills an empty folder only."""


@dataclass(frozen=True, slots=True)
class CastTenant:
    """`extensions`: number to name. `browsers`: the extensions that have a browser device too."""

    slug: str
    name: str
    extensions: dict[str, str]
    browsers: frozenset[str] = frozenset()


ACME: Final = CastTenant(
    "acme",
    "Acme Corp",
    {
        "1001": "Alice Tan",
        "1002": "Ben Ong",
        "1003": "Carmen Lim",
        "1004": "Dev Kumar",
        "1006": "Priya Nair",
        "1050": "Sales",
        "1090": "Reception",
    },
    frozenset({"1001"}),
)
HELIOS: Final = CastTenant(
    "helios",
    "Helios Care",
    {"1001": "Farah Aziz", "1002": "Gita Rao", "1003": "Hugo Weber"},
)


def is_empty(folder: DataFolder) -> bool:
    """Whether the demo may fill the folder: it is not there, or nothing is in it."""
    return not folder.path.exists() or not any(folder.path.iterdir())


async def make_demo(folder: DataFolder, clock: Clock, bulk_extensions: int = 0) -> Credentials:
    """Fill an empty folder; `bulk_extensions` more for Acme, from 20000, a desk device each.

    Raises FolderNotEmpty, StoreError.
    """
    if not is_empty(folder):
        raise FolderNotEmpty(f"data folder {folder.path} is not empty")
    store = Store.open(folder, clock)
    try:
        bulk = [str(FIRST_BULK_NUMBER + position) for position in range(bulk_extensions)]
        acme = await _add_tenant(store, ACME, {number: f"Extension {number}" for number in bulk})
        helios = await _add_tenant(store, HELIOS, {})
        return {"tenants": {ACME.slug: acme, HELIOS.slug: helios}}
    finally:
        await store.close()


async def _add_tenant(store: Store, cast: CastTenant, more: dict[str, str]) -> Credentials:
    tenant = await store.add_tenant(cast.slug, cast.name)
    names = {**cast.extensions, **more}
    extensions = await store.add_extensions(
        tenant, [NewExtension(number, name) for number, name in names.items()]
    )
    devices: dict[str, NewDevice] = {}
    for extension in extensions:
        types = [DeviceType.DESK]
        if extension.number in cast.browsers:
            types.append(DeviceType.BROWSER)
        for type_ in types:
            local_name = next(local_names(extension.number, type_))
            devices[local_name] = _device(store, tenant, extension, type_, local_name)
    await store.add_devices(list(devices.values()))
    return {"devices": {name: _shown(device) for name, device in devices.items()}}


def _device(
    store: Store, tenant: Tenant, extension: Extension, type_: DeviceType, local_name: str
) -> NewDevice:
    def taken(name: str) -> bool:
        return store.snapshot.subscriber(name) is not None

    return NewDevice(
        extension,
        username(local_name, tenant.slug, taken),
        type_,
        f"{extension.name} — {'Web softphone' if type_ is DeviceType.BROWSER else 'Desk phone'}",
        new_secret(),
    )


def _shown(device: NewDevice) -> Credentials:
    return {
        "extension": device.extension.number,
        "username": device.username,
        "password": device.secret,
    }
