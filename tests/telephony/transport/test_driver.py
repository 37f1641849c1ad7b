import pytest

from appliance.telephony.sip.core_events import Event, RequestReceived, ResponseReceived, TimedOut
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.timers import Timers
from appliance.telephony.transport.driver import Driver, Listen
from tests.telephony.sip.requests import make
from tests.telephony.transport.phone import Box, UdpPhone, box, options

FAR = Flow("tls", ("192.0.2.1", 5061), ("198.51.100.7", 40_000), 3)
FAST = Timers(t1=0.01, t2=0.04, trying=0.005)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_taken_port_is_named_and_nothing_stays_open(transport: str) -> None:
    async with box(transport) as served:
        host, port = served.address(transport)
        other = Box()
        with pytest.raises(OSError, match=f"{transport} {host}:{port}"):
            await other.driver.start([Listen("udp", host, 0), Listen(transport, host, port)])
        assert other.driver.local_addresses == {}


async def test_tls_without_a_certificate_is_an_error() -> None:
    with pytest.raises(ValueError, match="certificate"):
        await Box().driver.start([Listen("tls", "127.0.0.1", 0)])


async def test_a_handler_that_breaks_costs_its_request_a_500_and_nothing_else() -> None:
    def broken(_event: Event) -> None:
        raise RuntimeError("a bug")

    driver = Driver(broken)
    await driver.start([Listen("udp", "127.0.0.1", 0)])
    with UdpPhone(driver.local_addresses["udp"][0]) as phone:
        for number in (1, 2):
            phone.send(options(number))
            assert (await phone.hear()).startswith(b"SIP/2.0 500 ")
    await driver.stop()


async def test_the_one_timer_ends_a_request_that_nobody_answers() -> None:
    async with box("udp", timers=FAST) as served:
        with UdpPhone(served.address("udp")) as phone:
            flow = served.driver.flow_to("udp", phone.address)
            assert flow is not None
            served.driver.request(make("OPTIONS"), flow)
            first = await phone.hear()
            assert await phone.hear() == first
            await served.something()
        assert [type(event) for event in served.events] == [TimedOut]


async def test_an_owner_hears_its_own_events() -> None:
    heard: list[Event] = []
    async with box("udp") as one, box("udp") as other:

        def owner(event: Event) -> None:
            heard.append(event)
            one.news.set()

        flow = one.driver.flow_to("udp", other.address("udp"))
        assert flow is not None
        one.driver.request(make("OPTIONS"), flow, owner)
        await one.something()
        assert one.events == []
        assert [type(event) for event in heard] == [ResponseReceived]


async def test_a_request_that_is_half_read_is_answered_with_400() -> None:
    async with box("udp") as served:
        with UdpPhone(served.address("udp")) as phone:
            phone.send(options().replace(b"CSeq: 1 OPTIONS", b"CSeq: x OPTIONS"))
            assert (await phone.hear()).startswith(b"SIP/2.0 400 ")
        assert served.events == []


async def test_a_socket_of_each_family_is_chosen_by_the_remote() -> None:
    driver = Driver(lambda event: None)
    await driver.start([Listen("udp", "127.0.0.1", 0), Listen("udp", "::1", 0)])
    four = driver.flow_to("udp", ("127.0.0.1", 9))
    six = driver.flow_to("udp", ("::1", 9))
    assert four is not None
    assert six is not None
    assert (four.local[0], six.local[0]) == ("127.0.0.1", "::1")
    assert driver.flow_to("tcp", ("127.0.0.1", 9)) is None
    await driver.stop()


def test_the_contact_names_transport_and_advertised_address() -> None:
    driver = Driver(lambda event: None, advertised=lambda flow: ("203.0.113.5", flow.local[1]))
    assert str(driver.contact_uri(FAR, "1001")) == "sip:1001@203.0.113.5:5061;transport=tls"
    udp = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.7", 5060))
    assert str(Driver(lambda event: None).contact_uri(udp, "*98")) == "sip:*98@192.0.2.1:5060"


def test_interop_8_a_large_request_prefers_a_stream() -> None:
    driver = Driver(lambda event: None)
    udp = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.7", 5060))
    large = make("INVITE", ("Subject", "x" * 1200))
    assert driver.prefers_stream(large, udp)
    assert not driver.prefers_stream(large, FAR)
    assert not driver.prefers_stream(make("INVITE"), udp)


async def test_an_answer_from_elsewhere_reaches_its_owner_only_by_its_branch() -> None:
    async with box("udp") as served, box("udp") as stranger:
        with UdpPhone(served.address("udp")) as phone:
            flow = served.driver.flow_to("udp", phone.address)
            assert flow is not None
            served.driver.request(make("OPTIONS"), flow)
            await phone.hear()
        assert not any(isinstance(event, RequestReceived) for event in stranger.events)
        assert served.events == []
