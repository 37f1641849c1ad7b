"""The demo box: the manual's cast, made as operators would make it, with secrets that are shown
this once (contract: `byondvoice demo`)."""

from dataclasses import dataclass
from typing import Final

from appliance.clock import Clock
from appliance.control import (
    devices,
    extensions,
    operators,
    passwords,
    people,
    policy,
    resellers,
    tenants,
    users,
)
from appliance.control.caller import SYSTEM
from appliance.control.cast import ACME, HELIOS, NIMBUS, PLATFORM, CastTenant, CastUser
from appliance.control.changes import Change, Control
from appliance.control.devices import Made, Wanted, local_names, new_secret
from appliance.control.hashing import hashed
from appliance.control.operators import NewOperator
from appliance.control.passwords import NewPassword, Temporary, new_temporary
from appliance.control.people import Person
from appliance.control.resellers import NewReseller
from appliance.control.tenants import NewTenant
from appliance.control.users import NewUser, WantedLink
from appliance.events import Events
from appliance.model.devices import DeviceType
from appliance.model.policy import Policy
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.store.rows import NewDevice, NewExtension

FIRST_BULK_NUMBER: Final = 20000
FRIENDLY: Final = {DeviceType.DESK: "Desk phone", DeviceType.BROWSER: "Web softphone"}

Credentials = dict[str, object]
"""What `byondvoice demo` prints."""


class FolderNotEmpty(Exception):
    """The demo fills an empty folder only."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A password that people sign in with, and its hash."""

    password: str
    hash: str

    @classmethod
    def new(cls) -> "Secret":
        password = new_temporary()
        return cls(password, hashed(password))

    @property
    def chosen(self) -> NewPassword:
        return NewPassword(self.hash)


def is_empty(folder: DataFolder) -> bool:
    """Whether the demo may fill the folder: it is not there, or nothing is in it."""
    return not folder.path.exists() or not any(folder.path.iterdir())


async def make_demo(folder: DataFolder, clock: Clock, bulk_extensions: int = 0) -> Credentials:
    """Fill the folder, which must be empty, and tell the only readable copies of the secrets.

    `bulk_extensions` more extensions of Acme start at 20000, with one desk device each. Raises
    FolderNotEmpty, StoreError.
    """
    if not is_empty(folder):
        raise FolderNotEmpty(f"data folder {folder.path} is not empty")
    store = Store.open(folder, clock)
    try:
        control = Control(store, clock, Events())
        await control.change(SYSTEM, _save_policy)
        return {
            "platform": await _add_operator(control),
            "resellers": {NIMBUS.code.lower(): await _add_reseller(control, bulk_extensions)},
            "tenants": {
                ACME.slug: await _add_tenant(control, ACME, bulk_extensions),
                HELIOS.slug: await _add_tenant(control, HELIOS),
            },
        }
    finally:
        await store.close()


def _save_policy(change: Change) -> None:
    """Without second factors for admins, of which the console says so for as long as it lasts."""
    policy.save_floor(change, Policy(admin_second_factor=False))


async def _add_operator(control: Control) -> Credentials:
    secret = Secret.new()

    def make(change: Change) -> None:
        new = NewOperator(
            PLATFORM.username, PLATFORM.name, PLATFORM.email, temporary=_given(secret)
        )
        _let_in(change, operators.create(change, new), secret)

    await control.change(SYSTEM, make)
    return {"username": PLATFORM.username, "password": secret.password}


async def _add_reseller(control: Control, bulk_extensions: int) -> Credentials:
    """Its plan's cap on extensions would stand in the way of many more."""
    secret = Secret.new()

    def make(change: Change) -> str:
        new = NewReseller(
            NIMBUS.name,
            NIMBUS.code,
            NIMBUS.admin_email,
            NIMBUS.admin_name,
            caps={"extensions": None} if bulk_extensions else {},
        )
        admin = resellers.create(change, new, invited=False).admin
        assert admin is not None
        passwords.put(change, admin, secret.chosen)
        return admin.username

    return {"username": await control.change(SYSTEM, make), "password": secret.password}


async def _add_tenant(control: Control, cast: CastTenant, bulk_extensions: int = 0) -> Credentials:
    owner, secrets = Secret.new(), [(user, Secret.new()) for user in cast.users]

    def make(change: Change) -> dict[str, Made]:
        tenants.create(change, _tenant(cast, owner))
        for number, name in cast.extensions.items():
            new = NewExtension(number, name, shared=number in cast.shared)
            extensions.create(change, cast.slug, new)
        for user, secret in secrets:
            _add_user(change, cast, user, secret)
        made: dict[str, Made] = {}
        for number in cast.extensions:
            made |= _phones(change, cast, number)
        return made | _add_bulk(change, cast.slug, bulk_extensions)

    made = await control.change(SYSTEM, make)
    return {
        "owner": {"username": cast.slug, "password": owner.password},
        "users": {
            user.username: {"password": secret.password, "extension": user.extensions[0]}
            for user, secret in secrets
        },
        "devices": {name: _shown(name, one) for name, one in made.items()},
    }


def _tenant(cast: CastTenant, owner: Secret) -> NewTenant:
    return NewTenant(
        cast.name,
        cast.slug,
        cast.reseller,
        owner_email=f"owner@{cast.domain}",
        owner_name=f"{cast.name} Owner",
        owner_password=owner.chosen,
    )


def _add_user(change: Change, cast: CastTenant, user: CastUser, secret: Secret) -> None:
    email = f"{user.username}@{cast.domain}"
    new = NewUser(user.username, user.name, email, temporary=_given(secret))
    person = users.create(change, cast.slug, new)
    wanted = [WantedLink(number) for number in user.extensions]
    _let_in(change, users.save_links(change, person, None, wanted), secret)


def _phones(change: Change, cast: CastTenant, number: str) -> dict[str, Made]:
    """The extension's devices by their local names, the desk phone first."""
    types = [DeviceType.DESK, *([DeviceType.BROWSER] if number in cast.browsers else [])]
    names = [next(local_names(number, type_)) for type_ in types]
    made = [
        devices.create(change, cast.slug, number, _wanted(cast.extensions[number], type_))
        for type_ in types
    ]
    return dict(zip(names, made, strict=True))


def _wanted(owner: str, type_: DeviceType) -> Wanted:
    return Wanted(type_, f"{owner} — {FRIENDLY[type_]}")


def _add_bulk(change: Change, slug: str, count: int) -> dict[str, Made]:
    """Many extensions with a desk phone each, whose names nobody else has."""
    if not count:
        return {}
    numbers = [str(FIRST_BULK_NUMBER + position) for position in range(count)]
    new = [NewExtension(number, f"Extension {number}") for number in numbers]
    lines = extensions.create_many(change, slug, new)
    names = [next(local_names(number, DeviceType.DESK)) for number in numbers]
    made = devices.create_many(
        change,
        slug,
        [
            NewDevice(line, name, DeviceType.DESK, f"{line.name} — Desk phone", new_secret())
            for line, name in zip(lines, names, strict=True)
        ],
    )
    return dict(zip(names, made, strict=True))


def _given(secret: Secret) -> Temporary:
    return Temporary(secret.password, secret.hash)


def _let_in(change: Change, person: Person, secret: Secret) -> None:
    """The password is the person's own: nobody asks for another at the first sign-in."""
    passwords.put(change, people.now(change, person).account, secret.chosen)


def _shown(name: str, made: Made) -> Credentials:
    return {
        "extension": name.partition("-")[0],
        "username": made.device.username,
        "password": made.secret,
    }
