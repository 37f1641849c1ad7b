import pytest

from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.origin import Origin


def test_too_few_fields_are_refused() -> None:
    with pytest.raises(SdpError):
        Origin.parse("- 1 1 IN IP4")


def test_a_version_beyond_64_bits_is_raised_all_the_same() -> None:
    origin = Origin.parse("- 1 18446744073709551615 IN IP4 192.0.2.1")
    assert origin.raised().version == "18446744073709551616"


def test_a_version_that_is_no_number_starts_anew() -> None:
    assert Origin("-", "1", "first", "192.0.2.1").raised().version == "1"


def test_an_ipv6_address_is_written_as_such() -> None:
    assert str(Origin("-", "1", "2", "2001:db8::1")) == "- 1 2 IN IP6 2001:db8::1"


def test_what_is_printed_is_read_again() -> None:
    origin = Origin.new("192.0.2.1")
    assert Origin.parse(str(origin)) == origin


def test_two_sessions_of_ours_have_different_ids() -> None:
    assert Origin.new("192.0.2.1").key != Origin.new("192.0.2.1").key
