"""Requests that the box makes to addresses which its users name: to public ones alone.

A name is resolved, every address of it is checked, and the connection goes to one that was checked,
so that no second look-up can lead elsewhere. Nothing of the environment (proxies), no redirects, no
connection kept.
"""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx2

from appliance.control.api_settings import ApiSettings

SECONDS: Final = 10.0
POSSIBLE_PORTS: Final = frozenset({None, *range(1, 65536)})
LONGEST_URL: Final = 1000
LONGEST_ANSWER: Final = 200
READ_AT_MOST: Final = 4096

# It would log every URL, and people put secrets into them.
logging.getLogger("httpx2").setLevel(logging.WARNING)

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolve = Callable[[str], Awaitable[list[str]]]
"""The addresses of a name. Raises OSError."""


class NotAllowed(Exception):
    """The URL leads where none may; the message says why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """`text` is the beginning of the answer, "" from a private address."""

    status: int
    text: str

    @property
    def well(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Unanswered:
    reason: str


def check_url(text: str, settings: ApiSettings) -> httpx2.URL:
    """What can be seen without asking anybody. Raises NotAllowed."""
    try:
        url = httpx2.URL(text)
        port = url.port
    except (httpx2.InvalidURL, ValueError):
        raise NotAllowed("This is no URL.") from None
    if len(text) > LONGEST_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise NotAllowed(f"At most {LONGEST_URL} printable ASCII characters.")
    if url.scheme != "https" and not (url.scheme == "http" and settings.webhook_plain_http):
        raise NotAllowed("It begins with https://.")
    if not url.host or url.userinfo or url.fragment or port not in POSSIBLE_PORTS:
        raise NotAllowed("A host, perhaps a port and a path; no login, no fragment.")
    with suppress(ValueError):
        check_address(ipaddress.ip_address(url.host), settings)
    return url


def check_address(address: Address, settings: ApiSettings) -> bool:
    """Whether it is a public one; a private one may be allowed by the settings. Raises
    NotAllowed."""
    real = _real(address)
    never = real.is_multicast or real.is_unspecified or real.is_reserved
    if not never and real.is_global and not _own(real):
        return True
    allowed = any(
        real.version == network.version and real in network
        for network in map(ipaddress.ip_network, settings.webhook_networks)
    )
    if never or not allowed:
        raise NotAllowed("Private addresses, and the box's own, are refused.")
    return False


class Outward:
    """Open until `close`. `settings` is asked each time."""

    def __init__(
        self,
        settings: Callable[[], ApiSettings],
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings = settings
        self._resolve = resolve or _addresses
        self._tls = tls
        self._client: httpx2.AsyncClient | None = None

    async def check(self, text: str) -> None:
        """As far as can be said now: a name that nobody knows yet is let pass. Raises
        NotAllowed."""
        url = check_url(text, self._settings())
        with suppress(OSError):
            await self._place(url)

    async def post(
        self, text: str, body: bytes, headers: Mapping[str, str]
    ) -> Answered | Unanswered:
        """Within ten seconds in all."""
        try:
            async with asyncio.timeout(SECONDS):
                url = check_url(text, self._settings())
                address, public = await self._place(url)
                return await self._post(url, address, public, body, headers)
        except NotAllowed as error:
            return Unanswered(str(error))
        except TimeoutError:
            return Unanswered(f"No answer within {SECONDS:.0f} seconds.")
        except (OSError, UnicodeError, httpx2.HTTPError) as error:
            return Unanswered(_line(str(error) or type(error).__name__))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _place(self, url: httpx2.URL) -> tuple[str, bool]:
        """The address to connect to, and whether it is public. Raises NotAllowed where any address
        of the name is refused, OSError where it has none."""
        addresses = await self._resolve(url.host)
        if not addresses:
            raise OSError("the name has no address")
        settings = self._settings()
        public = [check_address(ipaddress.ip_address(each), settings) for each in addresses]
        return addresses[0], all(public)

    async def _post(
        self,
        url: httpx2.URL,
        address: str,
        public: bool,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answered:
        request = self._opened().build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        )
        response = await self._opened().send(request, stream=True)
        try:
            text = await _beginning(response) if public else ""
        finally:
            await response.aclose()
        return Answered(response.status_code, text)

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            verify = self._tls or ssl.create_default_context()
            # A kept connection would be found again by its address, whatever name it was for.
            limits = httpx2.Limits(max_keepalive_connections=0)
            transport = httpx2.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)
            self._client = httpx2.AsyncClient(
                transport=transport, trust_env=False, timeout=SECONDS, follow_redirects=False
            )
        return self._client


async def _addresses(host: str) -> list[str]:
    """Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


async def _beginning(response: httpx2.Response) -> str:
    """Of the answer as it came: it is not unpacked."""
    read = bytearray()
    async for part in response.aiter_raw():
        read += part
        if len(read) >= READ_AT_MOST:
            break
    return _line(bytes(read[:READ_AT_MOST]).decode(errors="replace"))


def _line(text: str) -> str:
    kept = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(kept.split())[:LONGEST_ANSWER]


def _real(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _own(address: Address) -> bool:
    """Whether this machine has it: then the way there begins at itself. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((str(address), 9))
        return str(probe.getsockname()[0]) == str(address)
    return False
