"""uvicorn as one part of the box: in the box's own event loop, on sockets bound beforehand."""

import asyncio
import socket
import ssl
from collections.abc import Sequence

from starlette.types import ASGIApp
from uvicorn import Config, Server

BACKLOG = 512
GRACE_SECONDS = 2


class WebServer:
    """Bound once made, serving between `start` and `stop`. Raises OSError for a port in use.

    Port 0 has the kernel choose one, the same for every host.
    """

    def __init__(
        self, app: ASGIApp, hosts: Sequence[str], port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._sockets = _bind(hosts, port)
        self._server = Server(_config(app, tls))
        self._turning: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self._sockets[0].getsockname()[1])

    async def start(self) -> None:
        # uvicorn's own `serve` would take the process's signals, which are the box's.
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=self._sockets)
        self._turning = asyncio.create_task(self._server.main_loop(), name="web server")

    async def stop(self) -> None:
        """Stop listening, let requests under way finish for two seconds, close the rest."""
        self._server.should_exit = True
        if self._turning is not None:
            await self._turning
            await self._server.shutdown(sockets=self._sockets)
        for listener in self._sockets:
            listener.close()


def _config(app: ASGIApp, tls: ssl.SSLContext | None) -> Config:
    return Config(
        app,
        loop="none",
        http="httptools",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        # The box stands behind no proxy that it would believe an address from.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )


def _bind(hosts: Sequence[str], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            bound = _bind_one(host, port)
            if bound is not None:
                sockets.append(bound)
                port = bound.getsockname()[1]
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def _bind_one(host: str, port: int) -> socket.socket | None:
    """A listener; None where `host` is every IPv6 address of a machine that has no IPv6."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        if host == "::":
            return None
        raise
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno, f"cannot listen on {host} port {port}: {error.strerror}"
        ) from None
    listener.setblocking(False)
    return listener
