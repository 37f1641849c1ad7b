"""The call engine on a wire of strings, in virtual time: a test is a dialogue of what phones send
and what they must receive. Everything between the sockets and the media core is the real thing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from appliance.model.calls import CallRecord
from appliance.model.devices import Device, DeviceKey, DeviceType
from appliance.model.extensions import Extension, ExtensionKey
from appliance.model.subscribers import Subscriber
from appliance.model.tenants import Tenant, TenantKey
from appliance.store.snapshot import Snapshot
from appliance.telephony.calls.equipment import Contact, Equipment
from appliance.telephony.calls.exchange import Exchange
from appliance.telephony.flow.arrive import arrive
from appliance.telephony.sip.core_events import Event
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response, parse
from appliance.telephony.sip.uri import Uri
from appliance.telephony.switch import Switch
from appliance.telephony.transport.driver import Driver
from tests.support.fake_media import FakeMedia
from tests.support.virtual_time import VirtualClock, run_virtually

BOX = ("10.0.0.1", 5060)
ACME = Tenant(TenantKey(1), "acme", "Acme Corp")
HELIOS = Tenant(TenantKey(2), "helios", "Helios Ltd")

Message = Request | Response


@dataclass(frozen=True, slots=True)
class Place:
    """A contact of a phone."""

    uri: Uri
    flow: Flow
    path: Sequence[str] = ()
    instance: str = ""


@dataclass
class Records:
    """What the store was told."""

    begun: list[CallRecord] = field(default_factory=list)
    finished: list[CallRecord] = field(default_factory=list)

    def begin(self, record: CallRecord) -> None:
        self.begun.append(record)

    def finish(self, record: CallRecord) -> None:
        self.finished.append(record)


class WireDriver(Driver):
    """Sends to phones of the test instead of sockets."""

    phones: dict[tuple[str, int], "Phone"]

    def _send(self, out: Sequence[tuple[Flow, bytes]]) -> None:
        for flow, data in out:
            phone = self.phones.get(flow.remote)
            if phone is not None and not phone.dead:
                phone.inbox.append(parse(data))


class Office:
    """The box with its phones. `ring_seconds` of every extension is 25."""

    def __init__(self) -> None:
        self.media = FakeMedia()
        self.records = Records()
        self.snapshot = Snapshot([ACME, HELIOS])
        self.driver = WireDriver(self._on_event)
        self.driver.phones = {}
        self.equipment = Equipment(
            driver=self.driver,
            media=self.media,
            directory=self.snapshot,
            records=self.records,
            contacts=self._contacts,
            clock=VirtualClock(),
        )
        self.exchange = Exchange(self.equipment, arrive)
        self.switch = Switch(
            self.driver, Doorkeeper(self), NoRegistrar(), self.exchange, self.equipment.clock
        )

    def phone(self, number: str, name: str = "desk", tenant: Tenant = ACME) -> "Phone":
        """A registered phone on the tenant's extension; the first one makes the extension."""
        extension = self.snapshot.destination(tenant.key, number)
        if not isinstance(extension, Extension):
            key = ExtensionKey(tenant.key * 10_000 + int(number))
            extension = Extension(key, tenant.key, number, f"User {number}")
            self.snapshot.put_extensions([extension])
        place = len(self.driver.phones) + 1
        username = f"{tenant.slug}-{number}-{name}"
        device = Device(
            DeviceKey(place), tenant.key, extension.key, username, DeviceType.DESK, username
        )
        self.snapshot.put_subscribers([Subscriber(device, extension, tenant, "", "")])
        phone = Phone(self, device, number, ("10.0.1.1", 5060 + place))
        self.driver.phones[phone.address] = phone
        return phone

    @property
    def record(self) -> CallRecord:
        """The one finished record."""
        (record,) = self.records.finished
        return record

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(30):
            await asyncio.sleep(0)

    def _contacts(self, device: Device) -> Sequence[Contact]:
        return [
            Place(Uri("sip", device.username, *phone.address), phone.home, instance=phone.instance)
            for phone in self.driver.phones.values()
            if phone.device.key == device.key and phone.registered
        ]

    def _on_event(self, event: Event) -> None:
        self.switch.receive(event)


class Doorkeeper:
    """Knows phones by their address; elsewhere they name their device, in place of a digest."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def admit(self, request: Request, flow: Flow, _now: float) -> Subscriber | Response:
        phone = self._office.driver.phones[flow.remote]
        named = request.get("Authorization")
        if named is None and phone.moved:
            return request.reply(401)
        subscriber = self._office.snapshot.subscriber(named or phone.device.username)
        assert subscriber is not None
        return subscriber


class NoRegistrar:
    def register(self, request: Request, _flow: Flow, _now: float) -> Response:
        return request.reply(501)


class Phone:
    """A phone of strings. `inbox` holds what it received and was not asked about yet."""

    def __init__(
        self, office: Office, device: Device, number: str, address: tuple[str, int]
    ) -> None:
        self.office = office
        self.device = device
        self.number = number
        self.address = address
        self.flow = Flow("udp", BOX, address)
        self.home = self.flow
        """Where it is registered."""
        self.instance = ""
        self.moved = False
        self.inbox: list[Message] = []
        self.registered = True
        self.dead = False
        self._branches = 0
        self._cseq = 0

    def sdp(self, *, direction: str = "sendrecv", codecs: str = "0 8 101") -> bytes:
        lines = [
            "v=0",
            f"o=- 1 1 IN IP4 {self.address[0]}",
            "s=-",
            f"c=IN IP4 {self.address[0]}",
            "t=0 0",
            f"m=audio {self.address[1] + 10000} RTP/AVP {codecs}",
            "a=rtpmap:101 telephone-event/8000",
            f"a={direction}",
        ]
        return "\r\n".join(lines).encode()

    def elsewhere(self, address: tuple[str, int], transport: str = "udp") -> "Phone":
        """The same phone, or who pretends to be it, at an address where nobody is registered."""
        there = Phone(self.office, self.device, self.number, address)
        there.flow = Flow(transport, BOX, address, 0 if transport == "udp" else address[1])
        there.home = there.flow
        there.moved, there.registered = True, False
        self.office.driver.phones[address] = there
        return there

    # -- sending --------------------------------------------------------------------------------

    async def invite(self, number: str, *, sdp: bytes | None = None, more: str = "") -> "Line":
        """Dial; the answer is a line whose messages can be expected."""
        call_id = f"{self.number}-{self.office.driver.now()}-{self._branches}"
        line = Line(self, call_id, f"tag-{call_id}", f"sip:{number}@10.0.0.1")
        await line.request("INVITE", self.sdp() if sdp is None else sdp, more)
        return line

    def send(self, text: str, body: bytes = b"") -> None:
        data = f"{text}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self.office.driver.receive(parse(data), self.flow)

    # -- receiving --------------------------------------------------------------------------------

    async def expect(self, what: str | int) -> Message:
        """The next message of that method or status; what came before it is skipped."""
        await self.office.settle()
        while self.inbox:
            message = self.inbox.pop(0)
            if what == (message.method if isinstance(message, Request) else message.status):
                return message
        raise AssertionError(f"{self.number} did not receive {what}")

    async def expect_request(self, method: str) -> Request:
        message = await self.expect(method)
        assert isinstance(message, Request)
        return message

    async def expect_nothing(self, method: str) -> None:
        """No request of that method has come."""
        await self.office.settle()
        assert not [m for m in self.inbox if isinstance(m, Request) and m.method == method]

    async def answer(
        self, request: Request, status: int, *, sdp: bytes = b"", more: str = ""
    ) -> "Line":
        """Answer a request; a 2xx or ringing to an INVITE makes a line."""
        headers = [tuple(h.split(": ", 1)) for h in more.split("\r\n") if h]
        headers.append(("Contact", f"<sip:{self.number}@{self.address[0]}:{self.address[1]}>"))
        reply = request.reply(
            status,
            headers=[(h[0], h[1]) for h in headers],
            body=sdp,
            content_type="application/sdp" if sdp else None,
            to_tag=f"callee-{self.address[1]}",
        )
        self.office.driver.receive(parse(bytes(reply)), self.flow)
        await self.office.settle()
        return Line.of(self, request)

    async def accept(self, *, sdp: bytes | None = None, more: str = "") -> "Line":
        """Take the next INVITE: 180, 200, and expect the ACK."""
        invite = await self.expect_request("INVITE")
        await self.answer(invite, 180)
        line = await self.answer(invite, 200, sdp=sdp or self.sdp(codecs="0 101"), more=more)
        await self.expect("ACK")
        return line

    def next_branch(self) -> str:
        self._branches += 1
        return f"z9hG4bK-{self.address[1]}-{self._branches}"


@dataclass
class Line:
    """One dialog as the phone sees it."""

    phone: Phone
    call_id: str
    tag: str
    target: str
    remote_tag: str = ""
    cseq: int = 0

    @classmethod
    def of(cls, phone: Phone, invite: Request) -> "Line":
        contacts = invite.contacts
        assert isinstance(contacts, tuple)
        return cls(
            phone,
            invite.call_id,
            f"callee-{phone.address[1]}",
            str(contacts[0].uri),
            invite.from_.tag or "",
        )

    def at(self, phone: Phone) -> "Line":
        """This dialog, spoken from another place."""
        return replace(self, phone=phone)

    async def request(self, method: str, body: bytes = b"", more: str = "") -> None:
        """Send a request in the dialog, or the one that begins it."""
        if method not in ("ACK", "CANCEL"):
            self.cseq += 1
        branch = f"{self._invite_branch}" if method == "CANCEL" else self.phone.next_branch()
        if method == "INVITE":
            self._invite_branch = branch
        host, port = self.phone.address
        to_tag = f";tag={self.remote_tag}" if self.remote_tag else ""
        kind = "Content-Type: application/sdp\r\n" if body.startswith(b"v=") else ""
        self.phone.send(
            f"{method} {self.target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch={branch}\r\n"
            f"From: <sip:{self.phone.number}@10.0.0.1>;tag={self.tag}\r\n"
            f"To: <sip:x@10.0.0.1>{to_tag}\r\n"
            f"Call-ID: {self.call_id}\r\n"
            f"CSeq: {self.cseq} {method}\r\n"
            f"Contact: <sip:{self.phone.number}@{host}:{port}>\r\n"
            f"Max-Forwards: 70\r\n{more}{kind}",
            body,
        )
        await self.phone.office.settle()

    async def answered(self) -> Response:
        """Expect the 200 to our INVITE and acknowledge it."""
        response = await self.phone.expect(200)
        assert isinstance(response, Response)
        self.remote_tag = response.to.tag or ""
        await self.request("ACK")
        return response

    async def refused(self, status: int) -> Response:
        """Expect that final answer to our INVITE; the core needs the ACK of a failure."""
        response = await self.phone.expect(status)
        assert isinstance(response, Response)
        return response

    _invite_branch: str = ""


def in_the_office(story: Callable[[Office], Awaitable[None]]) -> None:
    """Run a story to its end in virtual time; afterwards nothing may be left over."""

    async def run() -> None:
        office = Office()
        await office.driver.start([])
        try:
            async with asyncio.TaskGroup() as tasks:
                office.exchange.open(tasks)
                await story(office)
                await office.settle()
                left = list(office.exchange.calls.values())
                await office.exchange.drain(0)
            assert not left, f"calls without an end: {left}"
            assert not office.equipment.dialogs
            assert not office.media.open_streams
        finally:
            await office.driver.stop()

    run_virtually(run())
