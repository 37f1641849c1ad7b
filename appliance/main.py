"""The composition root of a box: builds every part, starts and stops them in order.

Set-up and teardown stand together: each part enters the exit stack as it starts, so that the last
to start is the first to stop.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Final

import uvloop

from appliance import __version__, garbage
from appliance.box.certificates import Certificates
from appliance.box.names import chief_address, names_of_box
from appliance.box.notify import notify
from appliance.box.ready import Ready
from appliance.box.running import Running
from appliance.clock import SystemClock
from appliance.control.live import BoxFacts, Live
from appliance.control_plane import ControlPlane
from appliance.events import Events
from appliance.files import read_key
from appliance.model.bindings import RegistrationState
from appliance.model.devices import Device, DeviceKey
from appliance.operations import Operations
from appliance.settings import Settings
from appliance.store import Store
from appliance.telephone_side import TelephoneSide, ToldRecords
from appliance.telephony.access import Gate
from appliance.telephony.binding import Contact
from appliance.telephony.bindings import Bindings
from appliance.telephony.blocks import Blocks
from appliance.telephony.calls.equipment import Equipment
from appliance.telephony.calls.exchange import Exchange
from appliance.telephony.flow.arrive import arrive
from appliance.telephony.keepalive_sender import KeepaliveSender
from appliance.telephony.media.native import NativeMedia
from appliance.telephony.registrar import Registrar
from appliance.telephony.sip.core_events import Event
from appliance.telephony.sip.digest import Nonces
from appliance.telephony.switch import Switch
from appliance.telephony.transport.driver import Driver, Listen
from appliance.web.app import PublicFacts, plain_app, public_app
from appliance.web.control import control_app
from appliance.web.server import WebServer
from appliance.web.static import console_routes

log = logging.getLogger(__name__)

BRAND: Final = "ByondVoice"
BUILD: Final = "2026.11"
"""The dated tag of this build (manual § 22.6.1)."""
DRAIN_SECONDS: Final = 10.0
NONCE_SECONDS: Final = 120.0
DAY_SECONDS: Final = 86_400.0
LOOPBACK: Final = ("127.0.0.1",)


def run(settings: Settings, announce: Callable[[Ready], None]) -> None:
    """Run a box until SIGTERM or SIGINT; `announce` is called once everything listens.

    Raises StoreError, CertificateError, or OSError naming a port that is taken.
    """
    store = Store.open(settings.data, SystemClock())
    uvloop.run(Box(settings, store).run(announce))


class Box:
    """Every part of a running box, built whole and then started."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.clock = SystemClock()
        self.started_at = self.clock.now()
        self.brand = BRAND
        self.events = Events()
        self.side = TelephoneSide(self)
        self.operations = Operations(self)
        self.certificates = Certificates(settings.data.tls, names_of_box(settings.bind), self.clock)
        self.media = NativeMedia((settings.rtp_ports.first, settings.rtp_ports.last))
        self._build_edge()
        self._build_switch()
        self._build_control_plane()

    def _build_edge(self) -> None:
        """Transports, and who may use them."""
        sip_tls = self.certificates.context()
        self.driver = Driver(self._on_event, certificate=lambda _name: sip_tls)
        self.bindings = Bindings(self.store.bindings, self.clock.wall, self._on_state)
        self.blocks = Blocks(
            self.store.blocks,
            self.clock.wall,
            self._registered_from,
            kept=self.store.blocks.stored,
        )
        self.gate = Gate(
            self.store.snapshot,
            Nonces(secrets.token_bytes(32), NONCE_SECONDS),
            self.store.realm,
            self.bindings,
            self.blocks,
            self.clock.wall,
        )
        self.registrar = Registrar(self.gate, self.store.snapshot, self.bindings)
        self.keepalives = KeepaliveSender(self.registrar, self.driver)
        self.driver.on_flow_closed.append(self.bindings.flow_closed)

    def _build_switch(self) -> None:
        """The call engine, and the table that brings requests to it."""
        self.equipment = Equipment(
            driver=self.driver,
            media=self.media,
            directory=self.store.snapshot,
            records=ToldRecords(self.store.calls, self.events),
            contacts=self._contacts,
            clock=self.clock,
            answered=self.side.tell_answered,
        )
        self.exchange = Exchange(self.equipment, arrive)
        self.switch = Switch(self.driver, self.gate, self.registrar, self.exchange, self.clock)

    def _build_control_plane(self) -> None:
        """What operators and users may do, and what their changes mean for phones."""
        side = self.side
        facts = BoxFacts(
            self.brand,
            __version__,
            BUILD,
            chief_address(self.settings.bind),
            lambda: asdict(self.ready()),
        )
        live = Live(side, side, side.components, facts)
        self.control_plane = ControlPlane(self.store, self.clock, self.events, live)
        side.obey(self.events)

    async def run(self, announce: Callable[[Ready], None]) -> None:
        """Start every part, announce the box, and stop in reverse order when told to."""
        stopped = stop_signal()
        async with AsyncExitStack() as parts:
            parts.push_async_callback(self.store.close)
            self.media.start()
            parts.callback(self.media.stop)
            self.registrar.restore(self.store.bindings.stored, self.clock.now())
            await self.driver.start(listeners(self.settings))
            parts.push_async_callback(self.driver.stop)
            await self._start_web(parts)
            tasks = await parts.enter_async_context(asyncio.TaskGroup())
            self._start_tasks(tasks, parts)
            garbage.settle()
            self._say_setup_code()
            announce(self.ready())
            notify("READY=1")
            await stopped.wait()
            notify("STOPPING=1")
            await self.exchange.drain(DRAIN_SECONDS)

    def _say_setup_code(self) -> None:
        """To whoever reads the box's own words, until there is a platform operator."""
        notice = self.control_plane.people.first_run.notice()
        if notice:
            sys.stderr.write(f"{notice}\n")
            sys.stderr.flush()

    async def _start_web(self, parts: AsyncExitStack) -> None:
        """HTTPS and HTTP for everybody, and a loopback port for the box's own command line."""
        settings, operations = self.settings, self.operations
        facts = PublicFacts(
            BRAND,
            __version__,
            operations.health,
            operations.metrics,
            lambda: read_key(settings.data.metrics_key),
        )
        await self.control_plane.start(parts)
        console = console_routes(lambda: self.brand)
        app = public_app(facts, [*self.control_plane.routes(), *console])
        token = secrets.token_urlsafe(32)
        tls = self.certificates.context(alpn=("http/1.1",))
        self.https = WebServer(app, settings.bind, settings.ports.https, tls)
        plain = plain_app(facts, lambda: self.https.port)
        self.http = WebServer(plain, settings.bind, settings.ports.http)
        control = WebServer(control_app(operations, token), LOOPBACK, 0)
        servers = (self.https, self.http, control)
        for server in servers:
            await server.start()
        parts.push_async_callback(stop_together, servers)
        # Feeds would go on for ever: they end first, so that the servers need not wait for them.
        parts.callback(self.control_plane.feed.close)
        Running.of_this_process(control.port, token).announce(settings.data.running)
        parts.callback(settings.data.running.unlink, missing_ok=True)

    def _start_tasks(self, tasks: asyncio.TaskGroup, parts: AsyncExitStack) -> None:
        self.exchange.open(tasks)
        own = (self.keepalives.run(), self._renew_certificates(), garbage.give_back())
        for work in (*own, *self.control_plane.tasks()):
            parts.callback(tasks.create_task(work).cancel)

    async def _renew_certificates(self) -> None:
        while True:
            await asyncio.sleep(DAY_SECONDS)
            self.certificates.renew()

    def ready(self) -> Ready:
        """Where the box listens (contract: serve)."""
        bound = {name: places[0][1] for name, places in self.driver.local_addresses.items()}
        return Ready(
            https=self.https.port,
            http=self.http.port,
            sip=bound["udp"],
            sips=bound["tls"],
            turn=0,
            turns=0,
            rtc=0,
            version=__version__,
        )

    def _on_event(self, event: Event) -> None:
        self.switch.receive(event)

    def _contacts(self, device: Device) -> Sequence[Contact]:
        return self.bindings.contacts(device.key)

    def _registered_from(self, username: str, address: str) -> bool:
        subscriber = self.store.snapshot.subscriber(username)
        return subscriber is not None and self.bindings.registered_from(
            subscriber.device.key, address
        )

    def _on_state(self, device: DeviceKey, old: RegistrationState, new: RegistrationState) -> None:
        subscriber = self.store.snapshot.device(device)
        name = subscriber.device.username if subscriber else device
        log.info("registration", extra={"device": name, "was": old, "is": new})
        self.side.tell_state(device, old, new)


def listeners(settings: Settings) -> list[Listen]:
    """Every SIP socket: UDP and TCP on the SIP port, TLS on the SIPS port, on each address."""
    return [
        Listen(transport, host, port)
        for host in settings.bind
        for transport, port in (
            ("udp", settings.ports.sip),
            ("tcp", settings.ports.sip),
            ("tls", settings.ports.sips),
        )
    ]


async def stop_together(servers: Sequence[WebServer]) -> None:
    """Each waits a moment for what is under way: they wait at the same time."""
    await asyncio.gather(*(server.stop() for server in servers))


def stop_signal() -> asyncio.Event:
    """Set when SIGTERM or SIGINT arrives."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
