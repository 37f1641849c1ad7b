import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from appliance.telephony.sip.flow import Address
from appliance.telephony.transport.limits import Limits
from tests.telephony.transport.phone import UdpPhone, box, options

FEW = Limits(messages_per_second=1, burst=50, backlog_seconds=0.005)


@contextmanager
def sender(host: str, to: Address) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.bind((host, 0))
        sending.connect(to)
        yield sending


async def test_a_flood_from_one_address_leaves_another_one_heard() -> None:
    async with box("udp", limits=FEW) as served:
        with sender("127.0.0.66", served.address("udp")) as flooding:
            for number in range(2000):
                flooding.send(options(number))
            with UdpPhone(served.address("udp")) as phone:
                phone.send(options(5000))
                assert (await phone.hear()).startswith(b"SIP/2.0 200 ")
        counters = served.driver.counters()
        assert counters["backlogs"] == 1
        assert counters["dropped_rate"] >= 500


async def test_an_honest_phone_is_heard_each_time_while_a_flood_goes_on() -> None:
    async with box("udp", limits=FEW) as served:
        to = served.address("udp")
        with sender("127.0.0.66", to) as flooding, UdpPhone(to) as phone:
            for number in range(20):
                for again in range(1500):
                    flooding.send(options(number * 1500 + again))
                phone.send(options(100_000 + number))
                assert (await phone.hear()).startswith(b"SIP/2.0 200 ")
        assert served.driver.counters()["dropped_rate"] > 0


async def test_a_source_over_its_rate_is_heard_while_the_box_has_time() -> None:
    async with box("udp", limits=FEW) as served:
        with UdpPhone(served.address("udp")) as site:
            for number in range(500):
                site.send(options(number))
                assert (await site.hear()).startswith(b"SIP/2.0 200 ")
        counters = served.driver.counters()
        assert counters["backlogs"] == 0
        assert "dropped_rate" not in counters


async def test_keep_alives_are_ignored() -> None:
    async with box("udp") as served:
        with UdpPhone(served.address("udp")) as phone:
            for keep_alive in (b"\r\n\r\n", b"\0\0\0\0", b"", b"\r\n"):
                phone.send(keep_alive)
            phone.send(options())
            assert (await phone.hear()).startswith(b"SIP/2.0 200 ")
        assert served.driver.counters()["received"] == 1
        assert "dropped_malformed" not in served.driver.counters()


async def test_rubbish_is_counted_and_not_answered() -> None:
    async with box("udp") as served:
        with UdpPhone(served.address("udp")) as phone:
            phone.send(b"\x80\x00\x01\x02" * 50)
            phone.send(options())
            assert (await phone.hear()).startswith(b"SIP/2.0 200 ")
        assert served.driver.counters()["dropped_malformed"] == 1


async def test_interop_1_the_answer_goes_to_the_source_whatever_the_via_says() -> None:
    async with box("udp") as served:
        with UdpPhone(served.address("udp")) as phone:
            phone.send(options(via="SIP/2.0/UDP 10.9.9.9:1"))
            answer = await phone.hear()
            assert b"received=127.0.0.1" in answer
            assert f"rport={phone.address[1]}".encode() in answer


async def test_a_wildcard_socket_knows_which_of_its_addresses_a_phone_sees() -> None:
    async with box("udp", host="0.0.0.0") as served:
        port = served.address("udp")[1]
        with UdpPhone(("127.0.0.1", port)) as phone:
            phone.send(options())
            await phone.hear()
        assert served.events[0].transaction.flow.local == ("127.0.0.1", port)


async def test_ipv6() -> None:
    async with box("udp", host="::1") as served:
        with UdpPhone(served.address("udp")) as phone:
            phone.send(options())
            assert b"received=::1" in await phone.hear()


async def test_the_flow_of_one_phone_is_the_same_each_time() -> None:
    async with box("udp") as served:
        with UdpPhone(served.address("udp")) as phone:
            for number in (1, 2):
                phone.send(options(number))
                await phone.hear()
            flows = {event.transaction.flow for event in served.events}
            assert flows == {served.driver.flow_to("udp", phone.address)}


async def test_one_datagram_that_cannot_leave_costs_the_others_nothing() -> None:
    async with box("udp") as served:
        with UdpPhone(served.address("udp")) as phone:
            udp = served.driver._udp[0]
            good = served.driver.flow_to("udp", phone.address)
            assert good is not None
            nowhere = replace(good, remote=("no.such.address", 5060))
            too_large = replace(good, connection=0)
            data = [(b"first", good), (b"x", nowhere), (b"y" * 70_000, too_large), (b"last", good)]
            assert udp.send(data) == [nowhere, too_large]
            assert [await phone.hear(), await phone.hear()] == [b"first", b"last"]
