from dataclasses import replace

import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.uri import Uri


@pytest.mark.parametrize(
    "text",
    ["", "sip", "sip:", ":x", "alan@example.com", "sip:@host", "sip:a@", "sip:a@b@c", "sip:a b@c",
     "<sip:a@b>", 'sip:"a"@b', "sip:a@b\r\nVia: x", "sip:2001:db8::10", "sip:a@b:99999", "1x:y",
     "sip:a@b?x=1@2", "sip: a@b", "sip:a@b ", "sip:a@b\x00"],
)  # fmt: skip
def test_no_uri(text: str) -> None:
    with pytest.raises(Malformed):
        Uri.parse(text)


def test_all_parts_of_a_sip_uri() -> None:
    text = "SIPS:alice:secret@PBX.example.com:5061;transport=TCP;lr?Replaces=a%40b%3Bto-tag%3D1&x=y"
    uri = Uri.parse(text)
    assert uri == Uri(
        "sips",
        "alice",
        "pbx.example.com",
        5061,
        {"transport": "TCP", "lr": None},
        (("Replaces", "a@b;to-tag=1"), ("x", "y")),
        "secret",
    )
    assert str(uri) == text


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("sip:*98@h", "*98"),
        ("sip:%23@h", "#"),
        ("sip:%2398@h", "#98"),
        ("sip:+4930123@h", "+4930123"),
        ("sip:1001;phone-context=x@h", "1001;phone-context=x"),
        ("sip:sips%3Auser%40example.com@h", "sips:user@example.com"),
        ("sip:null-%00-null@h", "null-\x00-null"),
        ("sip:%25%34%31@h", "%41"),
        ("sip:%Z%45@h", "%ZE"),
        ("sip:M%C3%BCller@h", "Müller"),
        ("sip:M%FCller@h", "Müller"),
        ("sip:h", ""),
    ],
)
def test_users_are_unescaped_once(text: str, user: str) -> None:
    uri = Uri.parse(text)
    assert uri.user == user
    assert uri.host == "h"
    assert str(uri) == text


def test_a_made_uri_escapes_what_it_must_and_no_more() -> None:
    uri = Uri("sip", "#98 *;a@b", "2001:db8::1", 5060, {"x": "a;b", "lr": None}, (("A", "b&c"),))
    assert str(uri) == "sip:%2398%20*;a%40b@[2001:db8::1]:5060;x=a%3Bb;lr?A=b%26c"
    assert Uri.parse(str(uri)) == uri


def test_a_changed_uri_does_not_print_as_it_came() -> None:
    assert str(replace(Uri.parse("sip:%61@h;lr"), port=5070)) == "sip:a@h:5070;lr"


def test_line_breaks_cannot_leave_a_uri() -> None:
    assert str(Uri("sip", "a\r\nb", "h", params={"x": "\r\n"})) == "sip:a%0D%0Ab@h;x=%0D%0A"


def test_escaped_parameter_names_and_values_are_read() -> None:
    assert Uri.parse("sip:h;%6C%72;n%61me=v%61lue%25%34%31").params == {
        "lr": None,
        "name": "value%41",
    }


def test_of_a_repeated_parameter_the_first_counts() -> None:
    assert Uri.parse("sip:h;Transport=tls;transport=udp;").params == {"transport": "tls"}


def test_tel_is_a_number_with_parameters() -> None:
    uri = Uri.parse("tel:+1-201-555-0123;phone-context=example.com")
    assert (uri.scheme, uri.user, uri.host) == ("tel", "+1-201-555-0123", "")
    assert uri.params == {"phone-context": "example.com"}
    assert str(replace(uri, params={})) == "tel:+1-201-555-0123"


def test_other_schemes_are_kept_as_they_are() -> None:
    uri = Uri.parse("soap.beep://192.0.2.103:3002;x?y@z")
    assert uri == Uri("soap.beep", "//192.0.2.103:3002;x?y@z")
    assert str(uri) == "soap.beep://192.0.2.103:3002;x?y@z"


def test_equal_uris_have_equal_hashes_however_they_are_spelled() -> None:
    one, two = Uri.parse("sip:%61@H;lr"), Uri.parse("SIP:a@h;LR")
    assert one == two
    assert hash(one) == hash(two)
    assert one != Uri.parse("sip:a@h")
