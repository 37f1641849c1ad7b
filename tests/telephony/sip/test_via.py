import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.via import MAX_VIAS, Via, read_vias


@pytest.mark.parametrize(
    "text",
    ["", "SIP/2.0/UDP", "SIP/2.0 192.0.2.1", "SIP/7.0/UDP 192.0.2.1",
     "SIP/2.0/UDP 192.0.2.15;;,;,,",
     "SIP/2.0/UDP h;", "SIP/2.0/UDP h;branch=1;branch=2", "SIP/2.0/UDP 2001:db8::1;branch=1",
     "SIP/2.0/UDP h i;branch=1", 'SIP/2.0/UDP h;x="1', "SIP/2.0/UDP h:x"],
)  # fmt: skip
def test_no_via(text: str) -> None:
    with pytest.raises(Malformed):
        Via.parse(text)


def test_white_space_wherever_the_grammar_lets_it_stand() -> None:
    via = Via.parse("SIP  / 2.0  / TCP     spindle.example.com   ; branch  =   z9hG4bK9ikj8  ")
    assert via == Via("TCP", "spindle.example.com", None, {"branch": "z9hG4bK9ikj8"})


@pytest.mark.parametrize(
    "text",
    [
        "SIP/2.0/UDP Phone.local:5060;branch=z9hG4bK{1/2}=;rport;alias",
        'SIP/2.0/TLS [2001:db8::9:1]:6050;received=[2001:db8::9:255];branch=z9;x="a;b"',
        "SIP/2.0/UNKNOWN h",
    ],
)
def test_a_via_goes_back_octet_by_octet(text: str) -> None:
    assert str(Via.parse(text)) == text


@pytest.mark.parametrize("value", ["[2001:db8::9:255]", "2001:db8::9:255"])
def test_rfc_5118_received_with_and_without_brackets(value: str) -> None:
    assert Via.parse(f"SIP/2.0/UDP h;received={value}").received == "2001:db8::9:255"


def test_interop_1_rport_is_filled_where_it_was_asked_for() -> None:
    via = Via.parse("SIP/2.0/UDP 192.168.1.2:5060;rport;branch=z9hG4bK1").seen_from(
        "192.0.2.9", 4444
    )
    assert str(via) == (
        "SIP/2.0/UDP 192.168.1.2:5060;rport=4444;branch=z9hG4bK1;received=192.0.2.9"
    )
    assert (via.rport, via.received, via.wants_rport) == (4444, "192.0.2.9", True)


def test_interop_1_rport_is_not_added_where_it_was_not_asked_for() -> None:
    via = Via.parse("SIP/2.0/UDP 192.168.1.2:5060;branch=z9hG4bK1").seen_from("192.0.2.9", 4444)
    assert str(via) == "SIP/2.0/UDP 192.168.1.2:5060;branch=z9hG4bK1;received=192.0.2.9"
    assert via.rport is None


def test_a_sender_who_names_its_own_address_needs_no_received() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1")
    assert via.seen_from("192.0.2.9", 5060) == via


def test_what_the_sender_claims_about_its_source_is_removed() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.9;received=10.0.0.1;rport=1;branch=z9hG4bK1")
    assert str(via.seen_from("192.0.2.9", 4444)) == (
        "SIP/2.0/UDP 192.0.2.9;rport=4444;branch=z9hG4bK1;received=192.0.2.9"
    )


@pytest.mark.parametrize(
    ("text", "port"), [("", None), ("x", None), ("9" * 5000, 65535), ("5060", 5060)]
)
def test_a_nonsense_rport_does_no_harm(text: str, port: int | None) -> None:
    assert Via.parse(f"SIP/2.0/UDP h;rport={text}").rport == port


def test_no_branch_is_an_empty_branch() -> None:
    assert Via.parse("SIP/2.0/UDP h").branch == ""


def test_vias_over_lines_and_commas_and_no_more_than_hops() -> None:
    one = "SIP/2.0/UDP h;branch=1"
    assert len(read_vias([f"{one},{one}", one])) == 3
    with pytest.raises(Malformed):
        read_vias([",".join([one] * (MAX_VIAS + 1))])
    with pytest.raises(Malformed):
        read_vias([f"{one},,{one}"])
