import errno
import socket

import pytest

from appliance.box.ports import BOTH, free_port, require_free

LOOPBACK = ("127.0.0.1",)


@pytest.mark.parametrize("kind", BOTH)
def test_port_taken_for_either_protocol_is_passed_over(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        assert free_port(port, LOOPBACK) > port
        with pytest.raises(OSError, match=f"127.0.0.1 port {port}") as refused:
            require_free(port, LOOPBACK, (kind,))
    assert refused.value.errno == errno.EADDRINUSE


def test_port_already_chosen_is_passed_over() -> None:
    port = free_port(20000, LOOPBACK)
    assert free_port(port, LOOPBACK, (port,)) > port


def test_any_port_will_do() -> None:
    require_free(0, LOOPBACK, BOTH)
