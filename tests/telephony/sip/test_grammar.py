import time
from contextlib import suppress

import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import (
    clamped,
    integer,
    is_token,
    print_params,
    quote,
    read_params,
    split_list,
    unescape,
)


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1 2", "0x10", "１", "9" * 21, "101"])
def test_what_is_no_number_or_too_large_a_one_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        integer(text, 100)


def test_leading_zeros_are_allowed() -> None:
    assert integer("0068", 255) == 68


def test_an_overlarge_scalar_is_clamped_and_an_unreadable_one_absent() -> None:
    assert clamped("1" + "0" * 5000, 3600) == 3600
    assert clamped("7200", 3600) == 3600
    assert clamped(" 60 ", 3600) == 60
    assert clamped("-1", 3600) is None


@pytest.mark.parametrize("text", ['"abc', "<sip:a@b", 'a,"b\\"', 'a,<b,"c'])
def test_an_unterminated_quote_or_bracket_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        split_list(text)


def test_commas_in_quotes_and_brackets_do_not_separate() -> None:
    text = '"Bell, A. \\", <" <sip:a,b@c;x=1>;q="1,2", <sip:d>,sip:e'
    assert [part.strip() for part in split_list(text)] == [
        '"Bell, A. \\", <" <sip:a,b@c;x=1>;q="1,2"',
        "<sip:d>",
        "sip:e",
    ]


@pytest.mark.parametrize("text", [";", "a;;b", "=1", "a=1;A=2", 'a="b', 'a="b"c', "a b", ";a"])
def test_bad_parameters_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_params(text)


def test_parameters_with_white_space_quotes_and_no_value() -> None:
    text = ' tag = 1 ;lr; X="a\\"b;,c" ; y="" ;z=;host=[::1]:5'
    assert read_params(text) == {
        "tag": "1",
        "lr": None,
        "x": 'a"b;,c',
        "y": "",
        "z": "",
        "host": "[::1]:5",
    }


def test_one_semicolon_too_many_at_the_end_is_forgiven() -> None:
    assert read_params("tag=1;") == {"tag": "1"}


def test_values_that_are_no_tokens_are_printed_in_quotes() -> None:
    params = {"tag": "1", "lr": None, "i": "<urn:x>", "e": "", "h": "[::1]:5"}
    assert print_params(params) == ';tag=1;lr;i="<urn:x>";e="";h=[::1]:5'


def test_quoting_keeps_line_breaks_out_of_headers() -> None:
    assert quote('a"b\\c\r\nVia: x') == '"a\\"b\\\\c  Via: x"'


def test_unescaping_undoes_quoting() -> None:
    assert unescape(quote('a"b\\c')[1:-1]) == 'a"b\\c'


@pytest.mark.parametrize(("text", "token"), [("INVITE", True), ("a%b*'`~", True), ("", False)])
def test_tokens(text: str, token: bool) -> None:
    assert is_token(text) is token
    assert not is_token(text + " ")
    assert not is_token(text + "é")


@pytest.mark.parametrize(
    "text",
    ['a="' + '\\"' * 30000, "a" * 60000, "a=" + " " * 60000, ";" * 60000, '"' * 60001],
    ids=["escapes", "name", "spaces", "semicolons", "quotes"],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    """Quadratic reading of such a line would take minutes."""
    began = time.process_time()
    for read in (read_params, split_list):
        with suppress(Malformed):
            read(text + '"')
    assert time.process_time() - began < 0.5
