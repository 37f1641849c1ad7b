"""A box's registrar on paper, and phones that register with it; time stands still unless moved."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from appliance.model.bindings import RegistrationState, StoredBinding
from appliance.model.blocks import Block
from appliance.model.devices import Device, DeviceKey, DeviceType
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.numbering import Destination, Nobody
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import Tenant, TenantKey, TenantStatus
from appliance.telephony.access import Gate
from appliance.telephony.bindings import Bindings
from appliance.telephony.blocks import Blocks, BlockSettings
from appliance.telephony.keepalives import Keepalives, KeepaliveSettings
from appliance.telephony.registrar import Registrar, RegistrarSettings
from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.digest import Nonces
from appliance.telephony.sip.digest_hash import ha1
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response, parse

REALM = "box.example"
SECRET = "b7Qz-9pK2-mW4t-Xa1r"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_calls = count()

BOX = ("192.0.2.10", 5060)
AT_HOME = Flow("udp", BOX, ("203.0.113.24", 5060))


def tcp(connection: int, port: int = 40000) -> Flow:
    return Flow("tcp", BOX, ("203.0.113.24", port), connection)


class FakeDirectory:
    """Acme with 1001-desk, 1002-desk and the browser 1001-web; all have one secret."""

    def __init__(self) -> None:
        self.subscribers: dict[str, Subscriber] = {}
        self.add(1, "1001-desk", "1001")
        self.add(2, "1002-desk", "1002")
        self.add(3, "1001-web", "1001", DeviceType.BROWSER)

    def add(
        self,
        key: int,
        username: str,
        number: str,
        kind: DeviceType = DeviceType.DESK,
        *,
        enabled: bool = True,
        md5_only: bool = False,
        suspended: bool = False,
    ) -> DeviceKey:
        status = TenantStatus.SUSPENDED if suspended else TenantStatus.ACTIVE
        tenant = Tenant(TenantKey(1), "acme", "Acme Corp", status)
        extension = Extension(ExtensionKey(int(number)), tenant.key, number, number, enabled)
        device = Device(
            DeviceKey(key), tenant.key, extension.key, username, kind, username, md5_only=md5_only
        )
        self.subscribers[username] = Subscriber(
            device,
            extension,
            tenant,
            ha1("MD5", username, REALM, SECRET),
            ha1("SHA-256", username, REALM, SECRET),
        )
        return device.key

    def subscriber(self, username: str) -> Subscriber | None:
        return self.subscribers.get(username)

    def device(self, device: DeviceKey) -> Subscriber | None:
        return next((s for s in self.subscribers.values() if s.device.key == device), None)

    def devices(self, extension: ExtensionKey) -> Sequence[Device]:
        return [s.device for s in self.subscribers.values() if s.device.extension == extension]

    def destination(self, tenant: TenantKey, number: str) -> Destination:
        return Nobody(number)


class FakeBindingStore:
    """Rows by their key, as the table has them."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, str, str, int], StoredBinding] = {}
        self.writes = 0

    def added(self, binding: StoredBinding) -> None:
        assert _key(binding) not in self.rows
        self._put(binding)

    def fetch_refreshed(self, refreshed: Callable[[int], Sequence[StoredBinding]]) -> None:
        for binding in refreshed(1000):
            assert _key(binding) in self.rows
            self._put(binding)

    def removed(self, binding: StoredBinding) -> None:
        del self.rows[_key(binding)]

    def _put(self, binding: StoredBinding) -> None:
        self.rows[_key(binding)] = binding
        self.writes += 1


def _key(row: StoredBinding) -> tuple[int, str, str, int]:
    return row.device, row.contact, row.instance, row.reg_id


class FakeBlockStore:
    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def blocked(self, block: Block) -> None:
        self.blocks.append(block)

    def lifted(self, block: Block) -> None:
        self.blocks.remove(block)


class Box:
    """The parts as `main` puts them together. `now` is 0 at START; `chance` is fixed."""

    def __init__(
        self,
        settings: RegistrarSettings | None = None,
        blocks: BlockSettings | None = None,
        *,
        chance: float = 0.0,
        binding_store: FakeBindingStore | None = None,
        block_store: FakeBlockStore | None = None,
        start: datetime = START,
    ) -> None:
        self.now = 0.0
        self.start = start
        self.chance = chance
        self.directory = FakeDirectory()
        self.binding_store = binding_store or FakeBindingStore()
        self.block_store = block_store or FakeBlockStore()
        self.changes: list[tuple[DeviceKey, RegistrationState, RegistrationState]] = []
        self.bindings = Bindings(
            self.binding_store, self.wall, lambda *change: self.changes.append(change)
        )
        self.blocks = Blocks(
            self.block_store, self.wall, self._spared, blocks or BlockSettings(),
            tuple(self.block_store.blocks),
        )  # fmt: skip
        self.gate = Gate(
            self.directory, Nonces(b"secret", 300), REALM, self.bindings, self.blocks, self.wall
        )
        self.registrar = Registrar(
            self.gate,
            self.directory,
            self.bindings,
            settings or RegistrarSettings(),
            KeepaliveSettings(),
            lambda: self.chance,
        )

    @property
    def keepalives(self) -> Keepalives:
        return self.registrar.keepalives

    def wall(self) -> datetime:
        return self.start + timedelta(seconds=self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.registrar.handle_timer(self.now)

    def restarted(self, after: float = 10.0) -> "Box":
        """Another process on the same store, whose clock began anew."""
        box = Box(
            binding_store=self.binding_store,
            block_store=self.block_store,
            start=self.wall() + timedelta(seconds=after),
        )
        box.registrar.restore(list(self.binding_store.rows.values()), box.now)
        return box

    def state(self, device: int = 1) -> str:
        return self.bindings.state(DeviceKey(device)).value

    def contacts(self, device: int = 1) -> list[str]:
        return [str(contact.uri) for contact in self.bindings.contacts(DeviceKey(device))]

    def _spared(self, username: str, address: str) -> bool:
        subscriber = self.directory.subscriber(username)
        return subscriber is not None and self.bindings.registered_from(
            subscriber.device.key, address
        )


class Phone:
    """One phone: registers over `flow`, answers challenges with `secret`."""

    def __init__(
        self,
        box: Box,
        username: str = "1001-desk",
        flow: Flow = AT_HOME,
        *,
        secret: str = SECRET,
        call_id: str = "",
        algorithm: str = "SHA-256",
        agent: str = "Yealink SIP-T54W 96.86.0.23",
    ) -> None:
        self.box = box
        self.username = username
        self.flow = flow
        self.secret = secret
        self.call_id = call_id or f"call-{next(_calls)}"
        self.algorithm = algorithm
        self.agent = agent
        self.cseq = 0
        self.contact = f"<sip:{username}@{flow.remote[0]}:{flow.remote[1]}>"

    def request(
        self, *headers: str, method: str = "REGISTER", name: str = "", uri: str = "sip:box.example"
    ) -> Request:
        """A request with these header lines besides those that all have."""
        self.cseq += 1
        name = name or self.username
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.flow.transport.upper()} 10.0.0.9:5060;branch=z9hG4bK{self.cseq}",
            f"From: <sip:{name}@box.example>;tag=1",
            f"To: <sip:{name}@box.example>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
            "Max-Forwards: 70",
            f"User-Agent: {self.agent}",
            *headers,
            "Content-Length: 0",
        ]
        message = parse("\r\n".join([*lines, "", ""]).encode())
        assert isinstance(message, Request)
        return message

    def challenge(self) -> Challenge:
        """What the box asks of a request without credentials."""
        answer = self.box.registrar.register(self.request(), self.flow, self.box.now)
        assert answer.status == 401
        values = [Challenge.parse(value) for value in answer.all("WWW-Authenticate")]
        return next(value for value in values if value.algorithm == self.algorithm)

    def authorization(
        self, challenge: Challenge, *, method: str = "REGISTER", uri: str = "sip:box.example"
    ) -> str:
        return "Authorization: " + str(
            Credentials.answer(
                challenge, method=method, uri=uri, username=self.username, password=self.secret
            )
        )

    def register(self, *headers: str, contact: str | None = None, name: str = "") -> Response:
        """REGISTER with credentials; `contact` "" leaves the Contact out."""
        text = self.contact if contact is None else contact
        lines = [f"Contact: {text}"] if text else []
        authorization = self.authorization(self.challenge())
        request = self.request(*lines, *headers, authorization, name=name)
        return self.box.registrar.register(request, self.flow, self.box.now)


def granted(response: Response) -> list[int]:
    """The expiry of each contact in a 200."""
    assert response.status == 200, response.status
    return [int(value.rpartition("expires=")[2]) for value in response.all("Contact")]
