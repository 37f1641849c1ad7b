from appliance.telephony.transport.admission import Admission, source_of
from appliance.telephony.transport.limits import Limits


def test_a_flood_is_cut_to_its_rate_and_the_neighbour_is_heard() -> None:
    admission = Admission(Limits(messages_per_second=10, burst=20))
    heard = sum(admission.admits("192.0.2.66", now=number / 1000) for number in range(10_000))
    assert 118 <= heard <= 122  # the burst and ten seconds' worth
    assert admission.admits("192.0.2.10", now=10.0)


def test_who_is_over_its_rate_is_heard_while_rates_do_not_bind_and_owes_nothing() -> None:
    admission = Admission(Limits(messages_per_second=10, burst=20))
    assert all(
        admission.admits("192.0.2.7", now=number / 8000, rates_bind=False)
        for number in range(16_000)
    )
    assert not admission.admits("192.0.2.7", now=2.0)
    assert admission.admits("192.0.2.7", now=2.2)


def test_500_phones_behind_one_address_start_at_once_at_the_defaults() -> None:
    admission = Admission(Limits())
    assert all(admission.admits("198.51.100.7", now=1.0) for _ in range(500 * 7))


def test_a_source_that_waits_is_heard_again() -> None:
    admission = Admission(Limits(messages_per_second=10, burst=1))
    while admission.admits("192.0.2.66", now=1.0):
        pass
    wait = admission.wait("192.0.2.66", now=1.0)
    assert 0 < wait <= 0.11
    assert admission.admits("192.0.2.66", now=1.001 + wait)


def test_an_exempt_source_has_no_rate() -> None:
    admission = Admission(Limits(messages_per_second=1, burst=1, exempt=lambda host: host == "::1"))
    assert all(admission.admits("::1", now=1.0) for _ in range(1000))


def test_spoofed_sources_do_not_grow_the_table() -> None:
    admission = Admission(Limits(sources=100))
    for number in range(10_000):
        admission.admits(f"10.{number >> 8}.{number & 255}.1", now=1.0)
    assert len(admission._full_at) <= 100


def test_an_ipv6_host_is_its_whole_subnet() -> None:
    assert source_of("2001:db8:1:2:3::9") == source_of("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert source_of("fe80::1%3") == "fe80::"
    assert source_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert source_of("192.0.2.1") == "192.0.2.1"
