from dataclasses import replace

import pytest

from appliance.telephony.sip.address import (
    MAX_ADDRESSES,
    STAR,
    Address,
    read_addresses,
    read_contacts,
)
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.uri import Uri


@pytest.mark.parametrize(
    "text",
    ["", "<>", "<sip:a@b", "sip:a@b>", '"Mr. J. User <sip:j@b>', '"a" sip:a@b', "Bell, A <sip:a@b>",
     "< sip:a@b >", "<sip:a@b> tag=1", "<sip:a@b>;tag=1;tag=2", "<sip:a@b>;;;;", "alan@b",
     "sip:a@b?Route=%3Csip:c%3E", "sip:a,b@c", 'a "b" <sip:c>', "<<sip:a@b>>"],
)  # fmt: skip
def test_no_address(text: str) -> None:
    with pytest.raises(Malformed):
        Address.parse(text)


def test_without_brackets_the_parameters_are_the_headers() -> None:
    address = Address.parse("sip:+19725552222@gw1.example.net;unknownparam")
    assert address.params == {"unknownparam": None}
    assert address.uri.params == {}


def test_within_brackets_the_parameters_are_the_uris() -> None:
    address = Address.parse("<sip:+19725552222@gw1.example.net;unknownparam>;tag=1")
    assert address.params == {"tag": "1"}
    assert address.uri.params == {"unknownparam": None}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"J Rosenberg \\\\\\""       <sip:j@b>\t;tag = 98asjd8', 'J Rosenberg \\"'),
        ("caller<sip:j@b>;tag=98asjd8", "caller"),
        ("Jürgen (Büro) <sip:j@b>;tag=98asjd8", "Jürgen (Büro)"),
        ('"Bell, <A>;"<sip:j@b>;tag=98asjd8', "Bell, <A>;"),
        ("<sip:j@b>;tag=98asjd8", ""),
    ],
)
def test_display_names(text: str, name: str) -> None:
    address = Address.parse(text)
    assert (address.display_name, address.tag) == (name, "98asjd8")
    assert address.uri == Uri("sip", "j", "b")
    assert str(address) == text


def test_a_contact_with_its_parameters() -> None:
    text = '<sip:d@192.0.2.1:5060;transport=tcp>;expires=3600;q=0.5;+sip.instance="<urn:uuid:1>"'
    address = Address.parse(text)
    assert address.expires == 3600
    assert address.params["+sip.instance"] == "<urn:uuid:1>"
    assert str(replace(address, params={**address.params, "expires": "60"})) == text.replace(
        "3600", "60"
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("280297596632815", 2**32 - 1), ("soon", None), ("-1", None), ("0", 0)]
)
def test_sloppy_expires(text: str, seconds: int | None) -> None:
    assert Address.parse(f"<sip:a@b>;expires={text}").expires == seconds


def test_a_made_address_quotes_its_name_and_keeps_line_breaks_out() -> None:
    address = Address('Al "X"\r\nVia: y', Uri("sip", "1001", "b"), {"tag": "1"})
    assert str(address) == '"Al \\"X\\"  Via: y" <sip:1001@b>;tag=1'


def test_a_tag_is_added_and_the_rest_prints_as_it_came() -> None:
    tagged = Address.parse("sip:%61@b ;x=1").with_tag("77")
    assert (tagged.tag, str(tagged)) == ("77", "sip:%61@b ;x=1;tag=77")
    assert str(Address("", Uri("sip", "a", "b")).with_tag("77")) == "<sip:a@b>;tag=77"


def test_a_peer_of_rfc_2543s_time_has_no_tag() -> None:
    assert Address.parse("<sip:a@b>;tag").tag == ""


def test_a_list_over_lines_and_commas() -> None:
    found = read_addresses(['"A, B" <sip:a@b;x=1,2>;q=1, <sip:c@d>', "<sip:e@f>"])
    assert [address.uri.user for address in found] == ["a", "c", "e"]


@pytest.mark.parametrize("line", ["<sip:a>,", ",<sip:a>", "<sip:a>,,<sip:b>"])
def test_an_empty_place_in_a_list_is_refused(line: str) -> None:
    with pytest.raises(Malformed):
        read_addresses([line])


def test_a_list_that_asks_for_too_much_work_is_refused() -> None:
    assert len(read_addresses([", ".join(["<sip:a>"] * MAX_ADDRESSES)])) == MAX_ADDRESSES
    with pytest.raises(Malformed):
        read_addresses([", ".join(["<sip:a>"] * (MAX_ADDRESSES + 1))])


def test_contact_star_stands_alone() -> None:
    assert read_contacts(["*"]) is STAR
    assert read_contacts([]) == ()
    with pytest.raises(Malformed):
        read_contacts(["*", "<sip:a@b>"])
    with pytest.raises(Malformed):
        read_contacts(["*, <sip:a@b>"])
