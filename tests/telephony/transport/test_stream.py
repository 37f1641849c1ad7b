import asyncio
import ssl
import warnings
from typing import Any

import pytest
import trustme

from appliance.telephony.sip.core_events import RequestReceived, TransportFailed
from appliance.telephony.transport.limits import Limits
from tests.telephony.sip.requests import make
from tests.telephony.transport.phone import StreamPhone, box, options


class Certificates:
    """A certificate per server name, from a CA that the phone trusts."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.made: dict[str, ssl.SSLContext] = {}
        for name in ("pbx.example", "other.example"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            self.made[name] = context
        self.trusting = ssl.create_default_context()
        authority.configure_trust(self.trusting)

    def __call__(self, name: str | None) -> ssl.SSLContext:
        return self.made.get(name or "", self.made["pbx.example"])


async def test_one_connection_too_many_from_one_source_is_shut() -> None:
    async with box("tcp", limits=Limits(connections_per_source=1)) as served:
        async with await StreamPhone.connect(served.address("tcp")) as first:
            first.send(options())
            await first.hear()
            async with await StreamPhone.connect(served.address("tcp")) as second:
                assert await second.hear() == b""
            first.send(options(2))
            assert (await first.hear()).startswith(b"SIP/2.0 200 ")
        assert served.driver.counters()["dropped_connections"] == 1


async def test_interop_5_a_closed_connection_ends_its_flow_at_once() -> None:
    async with box("tcp") as served:
        async with await StreamPhone.connect(served.address("tcp")) as phone:
            phone.send(options())
            await phone.hear()
            flow = served.events[0].transaction.flow
            served.news.clear()
            served.driver.request(make("OPTIONS"), flow)
        await served.something()
        assert served.closed == [flow]
        assert isinstance(served.events[-1], TransportFailed)
        assert not served.driver.alive(flow)
        assert served.driver.counters()["connections"] == 0


async def test_a_request_on_a_flow_that_is_gone_fails_soon() -> None:
    async with box("tcp") as served:
        async with await StreamPhone.connect(served.address("tcp")) as phone:
            phone.send(options())
            await phone.hear()
        flow = served.events[0].transaction.flow
        while served.driver.alive(flow):
            await served.something()
        served.driver.request(make("OPTIONS"), flow)
        await served.something()
        assert isinstance(served.events[-1], TransportFailed)


async def test_interop_2_a_request_to_the_phone_takes_the_phones_connection() -> None:
    async with box("tcp") as served, await StreamPhone.connect(served.address("tcp")) as phone:
        phone.send(options())
        await phone.hear()
        served.driver.request(make("OPTIONS", cseq=9), served.events[0].transaction.flow)
        assert (await phone.hear()).startswith(b"OPTIONS ")


async def test_two_messages_in_pieces_are_two_messages() -> None:
    async with box("tcp") as served, await StreamPhone.connect(served.address("tcp")) as phone:
        both = options(1) + options(2)
        phone.send(both[:100])
        await asyncio.sleep(0)
        phone.send(both[100:])
        await phone.hear()
        await phone.hear()
        assert len(served.events) == 2


@pytest.mark.parametrize("name", ["pbx.example", "other.example"])
async def test_interop_5_the_certificate_is_the_one_of_the_name(name: str) -> None:
    certificates = Certificates()
    async with box("tls", certificate=certificates) as served:
        to = served.address("tls")
        async with await StreamPhone.connect(to, certificates.trusting, name) as phone:
            phone.send(options(via="SIP/2.0/TLS 10.0.0.9:5062"))
            assert (await phone.hear()).startswith(b"SIP/2.0 200 ")
        assert served.events[0].transaction.flow.secure


async def test_tls_before_1_2_is_refused() -> None:
    certificates = Certificates()
    old = certificates.trusting
    old.set_ciphers("DEFAULT@SECLEVEL=0")  # else this phone itself refuses to
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with box("tls", certificate=certificates) as served:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await StreamPhone.connect(served.address("tls"), old, "pbx.example")


async def test_ipv6() -> None:
    async with box("tcp", host="::1") as served:
        async with await StreamPhone.connect(served.address("tcp")) as phone:
            phone.send(options())
            assert (await phone.hear()).startswith(b"SIP/2.0 200 ")
        assert served.events[0].transaction.flow.local[0] == "::1"


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_connection_of_ours_serves_both_directions_and_is_made_once(transport: str) -> None:
    certificates = Certificates()
    settings: dict[str, Any] = {"certificate": certificates, "connecting": certificates.trusting}
    async with box(transport, **settings) as carrier, box(transport, **settings) as ours:
        to = carrier.address(transport)
        flow = await ours.driver.open_flow(transport, to, "pbx.example")
        assert await ours.driver.open_flow(transport, to, "pbx.example") == flow
        ours.driver.request(make("OPTIONS"), flow)
        await ours.something()
        back = carrier.events[0].transaction.flow
        carrier.driver.request(make("OPTIONS", call_id="back"), back)
        await carrier.something() if len(carrier.events) < 2 else None
        assert any(isinstance(event, RequestReceived) for event in ours.events)
        assert carrier.driver.counters()["connections"] == 1


async def test_nobody_listening_is_an_os_error() -> None:
    async with box("tcp") as served:
        address = served.address("tcp")
        await served.driver.stop()
        with pytest.raises(OSError):
            await served.driver.open_flow("tcp", address)
