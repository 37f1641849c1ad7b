"""Where webhooks may go (SSRF): public addresses, and nowhere else unless it was allowed."""

import ipaddress
import socket
import ssl

import httpx2
import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from appliance.control import outward
from appliance.control.api_settings import ApiSettings
from appliance.control.outward import (
    Answered,
    NotAllowed,
    Outward,
    Unanswered,
    check_address,
    check_url,
)
from appliance.web.server import WebServer
from tests.support.receiver import receiver

NOTHING_ALLOWED = ApiSettings()
LOOPBACK = ApiSettings(webhook_networks=("127.0.0.0/8",), webhook_plain_http=True)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("2002:7f00:1::", "2002:a00:1::", "2001:0:0:0:0:0:80ff:fffe"),
    ],
)
def test_private_and_odd_addresses_are_refused(address: str) -> None:
    with pytest.raises(NotAllowed):
        check_address(ipaddress.ip_address(address), NOTHING_ALLOWED)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9"])
def test_public_addresses_are_not(address: str) -> None:
    assert check_address(ipaddress.ip_address(address), NOTHING_ALLOWED)


def test_the_boxs_own_public_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "_own", lambda address: str(address) == "9.9.9.9")
    with pytest.raises(NotAllowed):
        check_address(ipaddress.ip_address("9.9.9.9"), NOTHING_ALLOWED)


def test_an_allowed_network_is_that_network_only() -> None:
    settings = ApiSettings(webhook_networks=("10.1.2.0/24", "0.0.0.0/8"))
    assert not check_address(ipaddress.ip_address("10.1.2.3"), settings)
    for address in ("10.1.3.3", "127.0.0.1", "0.0.0.0", "::ffff:10.1.3.3"):
        with pytest.raises(NotAllowed):
            check_address(ipaddress.ip_address(address), settings)


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "https://", "//a.example", "http://a.example/", "ftp://a.example/"),
        *("file:///etc/passwd", "gopher://a.example/", "javascript:alert(1)"),
        *("https://user:pw@a.example/", "https://a.example/#x", "https://a.example:0/"),
        *("https://a.example:99999/", "https://a.example/ x", "https://a.example/\r\nx"),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/"),
        "https://a.example/" + "x" * 1000,
    ],
)
def test_urls_that_are_none_for_us_are_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        check_url(url, NOTHING_ALLOWED)


async def test_a_name_that_leads_to_a_private_address_is_refused() -> None:
    out = Outward(lambda: NOTHING_ALLOWED)
    with pytest.raises(NotAllowed):
        await out.check("https://localhost/")
    answer = await out.post("https://localhost/", b"", {})
    assert answer == Unanswered("Private addresses, and the box's own, are refused.")


@pytest.mark.parametrize("number", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
async def test_loopback_in_disguise_is_refused(number: str) -> None:
    answer = await Outward(lambda: NOTHING_ALLOWED).post(f"https://{number}/", b"", {})
    assert isinstance(answer, Unanswered)


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    out = Outward(lambda: NOTHING_ALLOWED, resolve=Names("9.9.9.9", "10.0.0.1"))
    with pytest.raises(NotAllowed):
        await out.check("https://a.example/")


async def test_the_name_is_looked_up_once_and_its_checked_address_connected_to() -> None:
    """DNS rebinding: a second look-up would lead elsewhere."""
    async with receiver() as one:
        names = Names("127.0.0.1")
        out = Outward(lambda: LOOPBACK, resolve=names)
        answer = await out.post(f"http://rebind.example:{one.port}/x", b"{}", {})
        await out.close()
        assert answer == Answered(200, "")
        assert names.asked == ["rebind.example"]
        assert one.headers[0]["host"] == f"rebind.example:{one.port}"


async def test_redirects_are_not_followed() -> None:
    async with receiver() as one:
        one.answers, one.location = [302], f"http://127.0.0.1:{one.port}/elsewhere"
        out = Outward(lambda: LOOPBACK)
        assert await out.post(one.url, b"{}", {}) == Answered(302, "")
        await out.close()
        assert len(one.bodies) == 1


async def test_the_environments_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    async with receiver() as one:
        out = Outward(lambda: LOOPBACK)
        assert isinstance(await out.post(one.url, b"{}", {}), Answered)
        await out.close()


async def test_nothing_is_told_of_what_a_private_address_answers() -> None:
    async with receiver() as one:
        out = Outward(lambda: LOOPBACK)
        assert await out.post(one.url, b"{}", {}) == Answered(200, "")
        await out.close()


async def test_who_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "SECONDS", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        out = Outward(lambda: LOOPBACK)
        answer = await out.post(url, b"{}", {})
        await out.close()
    assert isinstance(answer, Unanswered)


@pytest.mark.parametrize(("name", "well"), [("hooks.example", True), ("other.example", False)])
async def test_tls_is_checked_against_the_name_not_the_address(name: str, well: bool) -> None:
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def hook(request: Request) -> Response:
        return PlainTextResponse("fine")

    app = Starlette(routes=[Route("/", hook, methods=["POST"])])
    server = WebServer(app, ["127.0.0.1"], 0, serving)
    await server.start()
    out = Outward(lambda: LOOPBACK, trusting, Names("127.0.0.1"))
    answer = await out.post(f"https://{name}:{server.port}/", b"{}", {})
    await out.close()
    await server.stop()
    assert isinstance(answer, Answered) is well


class Names:
    """Every name has these addresses; the names asked for are remembered."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return list(self.addresses)


def test_httpx2_reads_hosts_as_we_do() -> None:
    """What is checked is what would be connected to."""
    assert httpx2.URL("https://[::ffff:7f00:1]/").host == "::ffff:7f00:1"
