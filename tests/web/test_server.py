import errno
import socket
import ssl

import httpx2
import pytest
import trustme
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from appliance.web.server import WebServer

LOOPBACK = ("127.0.0.1",)


def app() -> Starlette:
    async def home(_request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/", home)])


def test_port_in_use_is_named_and_leaves_nothing_bound() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1 port {port}") as refused:
            WebServer(app(), ("::1", "127.0.0.1"), port)
    assert refused.value.errno == errno.EADDRINUSE
    with socket.socket(socket.AF_INET6) as again:
        again.bind(("::1", port))


async def test_serves_between_start_and_stop() -> None:
    server = WebServer(app(), LOOPBACK, 0)
    port = server.port
    await server.start()
    async with httpx2.AsyncClient() as ask:
        assert (await ask.get(f"http://127.0.0.1:{port}/")).text == "hello"
    await server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


async def test_serves_tls_with_the_context_that_it_was_given() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = WebServer(app(), LOOPBACK, 0, context)
    await server.start()
    async with httpx2.AsyncClient(verify=trusting) as ask:
        assert (await ask.get(f"https://127.0.0.1:{server.port}/")).text == "hello"
    await server.stop()
