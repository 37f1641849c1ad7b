"""Datagrams by the batch, in and out, on real sockets."""

import errno
import socket
from collections.abc import Iterator

import pytest

from appliance.telephony.transport._datagrams import BATCH, receive, send
from appliance.telephony.transport.udp import _address, _name

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as one,
        socket.socket(family, socket.SOCK_DGRAM) as other,
    ):
        for each in (one, other):
            each.bind((request.param, 0))
            each.setblocking(False)
        yield one, other


def name_of(bound: socket.socket) -> bytes:
    return _name(bound.family, bound.getsockname()[:2])


def test_what_is_sent_arrives_in_order_with_its_source(pair: Pair) -> None:
    one, other = pair
    datagrams = [(b"%d" % number * number, name_of(other)) for number in range(5)]
    assert send(one.fileno(), datagrams) == (5, 0)
    came = receive(other.fileno())
    assert [data for data, _ in came] == [data for data, _ in datagrams]
    assert {_address(name) for _, name in came} == {one.getsockname()[:2]}


def test_a_batch_is_the_most_that_one_call_reads_or_takes(pair: Pair) -> None:
    one, other = pair
    batch = [(b"x", name_of(other))] * BATCH
    assert send(one.fileno(), batch) == (BATCH, 0)
    assert send(one.fileno(), batch[:3]) == (3, 0)
    assert len(receive(other.fileno())) == BATCH
    assert len(receive(other.fileno())) == 3
    with pytest.raises(TypeError):
        send(one.fileno(), [*batch, *batch])


def test_nothing_to_read_does_not_wait(pair: Pair) -> None:
    with pytest.raises(BlockingIOError):
        receive(pair[0].fileno())


def test_the_largest_datagram_is_whole() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        other.bind(("127.0.0.1", 0))
        one.sendto(b"y" * 65_507, other.getsockname())
        assert receive(other.fileno())[0][0] == b"y" * 65_507


def test_one_that_the_kernel_refuses_is_told_with_its_place(pair: Pair) -> None:
    one, other = pair
    good = (b"x", name_of(other))
    sent, refused = send(one.fileno(), [good, (b"y" * 70_000, name_of(other)), good])
    assert (sent, refused) == (1, errno.EMSGSIZE)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%7"])
def test_socket_addresses_come_back_as_they_were_written(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    assert _address(_name(family, (host, 5061))) == (host, 5061)


def test_a_host_name_is_no_socket_address() -> None:
    with pytest.raises(OSError, match="illegal IP"):
        _name(socket.AF_INET, ("localhost", 5060))
    with pytest.raises((OSError, ValueError)):
        _name(socket.AF_INET6, ("fe80::1%eth0", 5060))
