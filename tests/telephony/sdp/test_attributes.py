from appliance.telephony.sdp import attributes
from appliance.telephony.sdp.attributes import every, first, parse


def test_an_attribute_that_is_not_there_is_none_and_not_empty() -> None:
    assert first((("rtcp-mux", ""),), "crypto") is None
    assert first((("rtcp-mux", ""),), "rtcp-mux") == ""


def test_a_value_may_hold_colons() -> None:
    assert parse("fingerprint:sha-256 AB:CD") == ("fingerprint", "sha-256 AB:CD")


def test_all_of_a_name_come_in_order() -> None:
    found = (("crypto", "1"), ("rtpmap", "0"), ("crypto", "2"))
    assert list(every(found, "crypto")) == ["1", "2"]


def test_a_property_is_printed_without_a_colon() -> None:
    assert attributes.line("rtcp-mux", "") == "a=rtcp-mux"
    assert attributes.line("ptime", "20") == "a=ptime:20"
