from collections.abc import Callable

from appliance.telephony.sip.headers import Headers


def test_bad_lines_are_left_out_and_complained_about() -> None:
    headers = Headers()
    assert headers.read(["Foobar roobar", "Via: a", "Bad name: b", ": c"])
    assert list(headers) == [("Via", "a")]


def test_names_in_any_case_and_form_are_one_header() -> None:
    headers = Headers()
    assert headers.read(["v: 1", "VIA :2", "via:  3\t", "x-own: a:b"]) == ""
    assert headers.all("Via") == ["1", "2", "3"]
    assert headers.get("V") == "1"
    assert headers.get("X-OWN") == "a:b"
    assert "v" in headers


def test_an_absent_header() -> None:
    headers = Headers()
    assert headers.get("Via") is None
    assert headers.all("Via") == []
    assert "Via" not in headers
    headers.remove("Via")


def test_lines_are_added_below_and_put_above() -> None:
    headers = Headers([("From", "f"), ("Via", "2")])
    headers.prepend("v", "1")
    headers.add("Via", "3")
    headers.prepend("Route", "r")
    assert list(headers) == [
        ("Route", "r"),
        ("From", "f"),
        ("Via", "1"),
        ("Via", "2"),
        ("Via", "3"),
    ]


def test_a_header_is_replaced_and_removed() -> None:
    headers = Headers([("Via", "1"), ("Via", "2"), ("To", "t")])
    headers.set("v", "3")
    headers.remove("t")
    assert list(headers) == [("Via", "3")]


CHANGES: tuple[Callable[[Headers], None], ...] = (
    lambda headers: headers.add("Via", "x"),
    lambda headers: headers.prepend("Via", "x"),
    lambda headers: headers.set("Via", "x"),
    lambda headers: headers.remove("Via"),
)


def test_a_change_forgets_what_was_read_of_that_header_only() -> None:
    for change in CHANGES:
        headers = Headers([("Via", "1"), ("To", "t")])
        headers.typed = {"Via": 1, "To": 2}
        change(headers)
        assert headers.typed == {"To": 2}


def test_the_list_given_out_is_no_way_in() -> None:
    headers = Headers([("Via", "1")])
    headers.all("Via").append("2")
    assert headers.all("Via") == ["1"]
