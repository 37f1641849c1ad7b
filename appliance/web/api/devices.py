"""`/v1/tenants/{slug}/extensions/{number}/devices`: the phones of a line (manual § 9.4–9.8)."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from appliance.control import devices, registrar_info
from appliance.control.caller import Right
from appliance.control.devices import Made, Wanted
from appliance.control.live import Edge, Live
from appliance.control.registrar_info import RegistrarInfo
from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.devices import Device, DeviceType, MediaSecurity
from appliance.model.extensions import Extension
from appliance.store import rows
from appliance.store.database import Database
from appliance.web.api.extensions import Name, found
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageInfo

family = Family("Devices")

LIST = "/v1/tenants/{slug}/extensions/{number}/devices"
ONE = "/v1/tenants/{slug}/extensions/{number}/devices/{username}"
SECRET = "/v1/tenants/{slug}/extensions/{number}/devices/{username}/secret"  # noqa: S105
REGISTRAR = "/v1/tenants/{slug}/extensions/{number}/devices/{username}/registrar"

TRANSPORTS: Final = {DeviceType.BROWSER: "wss", DeviceType.DESK: "tls", DeviceType.MOBILE: "tls"}
"""What a device of that type is expected to use (manual § 23.2)."""
HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]")
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


class BlockedView(msgspec.Struct):
    """From where the device is blocked, why, and since when."""

    address: str
    reason: str
    since: datetime


class DeviceView(msgspec.Struct):
    """`name` is the friendly one. `address` (`host:port` as the box sees it) and what follows are
    of the registration that was heard from last; `rejection` why the last attempt was refused."""

    username: str
    type: DeviceType
    name: str
    extension: str
    media_security: MediaSecurity
    md5_only: bool
    status: RegistrationState
    address: str
    transport: str
    expected_transport: str
    user_agent: str
    last_seen: datetime | None
    expires_at: datetime | None
    contacts: int
    rejection: str
    blocked: list[BlockedView]
    version: int


class MadeDeviceView(DeviceView):
    """The device with its secret, which is shown this once."""

    secret: str


class DeviceBody(msgspec.Struct, forbid_unknown_fields=True):
    type: DeviceType
    name: Name
    media_security: MediaSecurity = MediaSecurity.OPTIONAL
    md5_only: bool = False


class DeviceEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    media_security: MediaSecurity | None = None
    md5_only: bool | None = None


def shown(device: Device, number: str, edge: Edge) -> DeviceView:
    """For the event loop."""
    return DeviceView(**_facts(device, number, edge))


def _facts(device: Device, number: str, edge: Edge) -> dict[str, Any]:
    now = edge.registration(device.key)
    return {
        "username": device.username,
        "type": device.type,
        "name": device.name,
        "extension": number,
        "media_security": device.media_security,
        "md5_only": device.md5_only,
        "status": now.state if now else RegistrationState.IDLE,
        "address": now.address if now else "",
        "transport": now.transport if now else "",
        "expected_transport": TRANSPORTS[device.type],
        "user_agent": now.user_agent if now else "",
        "last_seen": now.last_seen if now else None,
        "expires_at": now.expires_at if now else None,
        "contacts": now.contacts if now else 0,
        "rejection": now.rejection if now else "",
        "blocked": [_blocked(one) for one in edge.blocks() if one.username == device.username],
        "version": device.version,
    }


def _blocked(block: Block) -> BlockedView:
    return BlockedView(block.address, block.reason, block.since)


@family.get(
    LIST,
    "The devices of an extension",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=Page[DeviceView],
    errors=(404,),
)
async def listed(call: Call) -> Answer:
    def ask(database: Database) -> list[Device]:
        extension = found(call, database)
        return rows.find_devices(database, "WHERE extension_id = ?", extension.key)

    known, edge = await call.control.read(ask), call.part(Live).edge
    views = [shown(device, call.path["number"], edge) for device in known]
    return Answer(Page(views, PageInfo(None, len(views))))


@family.post(
    LIST,
    "Add a device; its secret is in the answer, this once",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=DeviceBody,
    answer=MadeDeviceView,
    status=201,
    errors=(404, 409),
)
async def create(call: Call) -> Answer:
    body: DeviceBody = call.body
    wanted = Wanted(body.type, body.name, body.media_security, body.md5_only)
    slug, number = call.path["slug"], call.path["number"]
    made = await call.control.change(
        call.caller, lambda change: devices.create(change, slug, number, wanted)
    )
    return _made(call, made, 201)


@family.get(
    ONE,
    "A device",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=DeviceView,
    errors=(404,),
)
async def one(call: Call) -> Answer:
    _, device = await call.control.read(lambda database: _found(call, database))
    return _shown(call, device)


@family.patch(
    ONE,
    "Change a device",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    body=DeviceEdit,
    answer=DeviceView,
    errors=(404, 412),
)
async def edit(call: Call) -> Answer:
    wanted = msgspec.structs.asdict(call.body)
    place = (call.path["slug"], call.path["number"], call.path["username"])
    made = await call.control.change(
        call.caller, lambda change: devices.edit(change, place, call.if_match, **wanted)
    )
    return _shown(call, made)


@family.delete(
    ONE,
    "Delete a device: it is signed off now",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    errors=(404, 412),
)
async def delete(call: Call) -> Answer:
    place = (call.path["slug"], call.path["number"], call.path["username"])
    await call.control.change(
        call.caller, lambda change: devices.delete(change, place, call.if_match)
    )
    return Answer(status=204)


@family.post(
    SECRET,
    "Rotate the secret: the new one is in the answer, this once; the old one stops working now",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    answer=MadeDeviceView,
    errors=(404,),
)
async def rotate(call: Call) -> Answer:
    slug, number, name = call.path["slug"], call.path["number"], call.path["username"]
    made = await call.control.change(
        call.caller, lambda change: devices.rotate(change, slug, number, name)
    )
    return _made(call, made, 200)


@family.get(
    REGISTRAR,
    "What to enter into the phone (manual § 9.7); without the secret",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=RegistrarInfo,
    errors=(404,),
)
async def registrar(call: Call) -> Answer:
    extension, device = await call.control.read(lambda database: _found(call, database))
    facts = call.part(Live).facts
    return Answer(registrar_info.of(device, extension, facts, _host(call, facts.sip_host)))


def _found(call: Call, database: Database) -> tuple[Extension, Device]:
    """What the path names. Raises Forbidden, NotFound."""
    extension = found(call, database)
    return extension, devices.of_name(database, extension, call.path["username"])


def _shown(call: Call, device: Device) -> Answer:
    view = shown(device, call.path["number"], call.part(Live).edge)
    return Answer(view, version=device.version)


def _made(call: Call, made: Made, status: int) -> Answer:
    facts = _facts(made.device, call.path["number"], call.part(Live).edge)
    return Answer(MadeDeviceView(**facts, secret=made.secret), status, made.device.version)


def _host(call: Call, known: str) -> str:
    """The name by which whoever asks found the box: phones of the same network will find it by
    that too. A name of the machine itself is of no use to them."""
    host = call.request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name if HOST.fullmatch(name) and name not in LOOPBACK else known
