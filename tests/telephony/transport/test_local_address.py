import socket

from appliance.telephony.transport.local_address import LocalAddresses, is_wildcard


def test_without_a_route_the_wildcard_is_the_answer() -> None:
    assert LocalAddresses().toward(socket.AF_INET, "not an address", now=1.0) == "0.0.0.0"


def test_loopback_is_reached_from_loopback() -> None:
    assert LocalAddresses().toward(socket.AF_INET, "127.0.0.9", now=1.0) == "127.0.0.1"
    assert LocalAddresses().toward(socket.AF_INET6, "::1", now=1.0) == "::1"


def test_which_binds_are_wildcards() -> None:
    assert [is_wildcard(host) for host in ("", "0.0.0.0", "::", "127.0.0.1")] == [1, 1, 1, 0]
