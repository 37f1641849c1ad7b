import pytest

from appliance.telephony.sip import typed
from appliance.telephony.sip.address import Address
from appliance.telephony.sip.errors import Malformed


@pytest.mark.parametrize("lines", [[], ["1", "1"]])
def test_a_header_that_must_be_there_once(lines: list[str]) -> None:
    with pytest.raises(Malformed):
        typed.required(str)(lines)
    assert typed.required(str)(["1"]) == "1"


def test_a_header_that_may_be_there_once() -> None:
    assert typed.optional(typed.max_forwards)([]) is None
    with pytest.raises(Malformed):
        typed.optional(typed.max_forwards)(["70", "5"])
    with pytest.raises(Malformed):
        typed.optional(typed.max_forwards)(["256"])


def test_what_is_malformed_in_a_lenient_header_counts_as_absent() -> None:
    read = typed.lenient(Address.parse)
    assert [read(lines) for lines in ([], ["<sip:a"], ["<sip:a>", "<sip:b>"])] == [None] * 3
    assert read(["<sip:a>"]) == Address.parse("<sip:a>")


def test_bad_values_of_a_lenient_list_are_left_out() -> None:
    assert [str(each) for each in typed.reasons(["SIP;cause=200, Q.850", ";", 'SIP;text="a'])] == [
        "SIP;cause=200",
        "Q.850",
    ]
    assert len(typed.credentials(["Basic x", "Digest x"])) == 0


def test_option_tags_in_any_case_and_methods_as_they_are() -> None:
    assert typed.tokens(["100rel,Timer , ", "path"]) == {"100rel", "timer", "path"}
    assert typed.methods(["INVITE,ack"]) == {"INVITE", "ack"}
    assert typed.tokens([]) == frozenset()


@pytest.mark.parametrize("text", ["", "a b", "a\tb"])
def test_no_call_id(text: str) -> None:
    with pytest.raises(Malformed):
        typed.call_id(text)


def test_an_overlarge_expires_is_the_longest_and_a_bad_one_none() -> None:
    assert typed.seconds("1" + "0" * 100) == 2**32 - 1
    assert typed.seconds("soon") is None


def test_min_se_with_parameters() -> None:
    assert typed.min_se("90 ;x=y") == 90
    with pytest.raises(Malformed):
        typed.min_se("soon")


def test_all_mandatory_headers_are_checked() -> None:
    assert typed.CHECKED.keys() >= typed.MANDATORY
