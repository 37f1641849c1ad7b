"""The composition root of a box: builds every part, starts and stops them in order.

Set-up and teardown stand together: each part enters the exit stack as it starts, so that the last
to start is the first to stop.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

from appliance import __version__
from appliance.box.certificates import Certificates
from appliance.clock import SystemClock
from appliance.model.bindings import RegistrationState
from appliance.model.devices import Device, DeviceKey
from appliance.settings import ANY, Settings
from appliance.store import Store
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
from appliance.telephony.sip.digest import Nonces
from appliance.telephony.switch import Switch
from appliance.telephony.transport.driver import Driver, Listen

log = logging.getLogger(__name__)

DRAIN_SECONDS: Final = 10.0
NONCE_SECONDS: Final = 120.0


class Box:
    """Every part of a running box. Built whole, then started; `run` returns when it is told to
    stop."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.clock = SystemClock()
        self.certificates = Certificates(settings.data.tls, own_names(settings.bind), self.clock)
        self.media = NativeMedia((settings.rtp_ports.first, settings.rtp_ports.last))
        self.bindings = Bindings(store.bindings, self.clock.wall, self._on_state)
        self.blocks = Blocks(
            store.blocks, self.clock.wall, self._registered_from, kept=store.blocks.stored
        )
        self.gate = Gate(
            store.snapshot,
            Nonces(secrets.token_bytes(32), NONCE_SECONDS),
            store.realm,
            self.bindings,
            self.blocks,
            self.clock.wall,
        )
        self.registrar = Registrar(self.gate, store.snapshot, self.bindings)
        sip_tls = self.certificates.context()
        self.driver = Driver(
            lambda event: self.switch.receive(event),
            certificate=lambda name: sip_tls,
        )
        self.equipment = Equipment(
            driver=self.driver,
            media=self.media,
            directory=store.snapshot,
            records=store.calls,
            contacts=self._contacts,
            clock=self.clock,
        )
        self.exchange = Exchange(self.equipment, arrive)
        self.keepalives = KeepaliveSender(self.registrar, self.driver)
        self.switch = Switch(self.driver, self.gate, self.registrar, self.exchange, self.clock)
        self.driver.on_flow_closed.append(self.bindings.flow_closed)

    async def run(self, announce: Callable[[dict[str, object]], None]) -> None:
        """Start every part, announce that the box is ready, and stop in reverse order once
        SIGTERM or SIGINT arrives. Raises OSError naming a port that is taken."""
        async with AsyncExitStack() as parts:
            parts.push_async_callback(self.store.close)
            self.media.start()
            parts.callback(self.media.stop)
            self.registrar.restore(self.store.bindings.stored, self.clock.now())
            await self.driver.start(listeners(self.settings))
            parts.push_async_callback(self.driver.stop)
            tasks = await parts.enter_async_context(asyncio.TaskGroup())
            self.exchange.open(tasks)
            keepalives = tasks.create_task(self.keepalives.run(), name="keepalives")
            parts.callback(keepalives.cancel)
            announce(self.ready_line())
            await stop_signal()
            await self.exchange.drain(DRAIN_SECONDS)

    def ready_line(self) -> dict[str, object]:
        """What `serve` prints once everything listens (contract: serve)."""
        bound = {name: places[0][1] for name, places in self.driver.local_addresses.items()}
        return {
            "ready": True,
            "sip": bound.get("udp"),
            "sips": bound.get("tls"),
            "version": __version__,
        }

    def _contacts(self, device: Device) -> Sequence[Contact]:
        return self.bindings.contacts(device.key)

    def _registered_from(self, username: str, address: str) -> bool:
        subscriber = self.store.snapshot.subscriber(username)
        return subscriber is not None and self.bindings.registered_from(
            subscriber.device.key, address
        )

    def _on_state(self, device: DeviceKey, old: RegistrationState, new: RegistrationState) -> None:
        log.info("registration", extra={"device": device, "was": old, "is": new})


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


async def stop_signal() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def own_names(bind: Sequence[str]) -> list[str]:
    """The host names and addresses that the box answers for, the chief one first."""
    return [
        socket.gethostname(),
        *(host for host in bind if host not in ANY),
        "127.0.0.1",
        "::1",
        "localhost",
    ]
