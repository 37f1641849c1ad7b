"""RFC 5118 (IPv6), message by message, as the parser sees it."""

from typing import Any

import pytest

from appliance.telephony.sip.message import ParseError, Request, parse
from tests.conformance.torture import DATA, cases, octets

CASES = cases("rfc5118")

pytestmark = pytest.mark.skipif(
    not (DATA / "rfc5118").is_dir(), reason="the torture messages are in the shared data"
)

# Host and port of the Request-URI, and host, port and `received` of each Via.
EXPECTED: dict[str, tuple[tuple[str, int | None], list[tuple[str, int | None, str | None]]]] = {
    "ipv6-good": (("2001:db8::10", None), [("2001:db8::9:1", None, None)]),
    "port-ambiguous": (("2001:db8::10:5070", None), [("2001:db8::9:1", None, None)]),
    "port-unambiguous": (("2001:db8::10", 5070), [("2001:db8::9:1", None, None)]),
    "via-received-param-with-delim": (
        ("2001:db8::10", None),
        [("2001:db8::9:1", None, "2001:db8::9:255")],
    ),
    "via-received-param-no-delim": (
        ("2001:db8::10", None),
        [("2001:db8::9:1", None, "2001:db8::9:255")],
    ),
    "ipv6-in-sdp": (("2001:db8::10", None), [("2001:db8::20", None, None)]),
    "mult-ip-in-header": (
        ("host.example.net", None),
        [
            ("2001:db8::9:1", 6050, None),
            ("192.0.2.1", None, None),
            ("2001:db8::9:255", None, "192.0.2.200"),
        ],
    ),
    "mult-ip-in-sdp": (("2001:db8::10", None), [("2001:db8::9:1", None, None)]),
    "ipv4-mapped-ipv6": (
        ("example.com", None),
        [("::ffff:192.0.2.10", 19823, None), ("::ffff:192.0.2.2", None, None)],
    ),
    "ipv6-bug-abnf-3-colons": (
        ("2001:db8:::192.0.2.1", None),
        [("lab1.east.example.com", None, None)],
    ),
    "ipv6-correct-abnf-2-colons": (
        ("2001:db8::192.0.2.1", None),
        [("lab1.east.example.com", None, None)],
    ),
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_message(case: dict[str, Any]) -> None:
    data = octets("rfc5118", case["wire_file"])
    if case["rfc_class"] == "invalid":
        with pytest.raises(ParseError) as caught:
            parse(data)
        assert caught.value.status == 400
        assert caught.value.request is not None
        return
    request = parse(data)
    assert isinstance(request, Request)
    place, vias = EXPECTED[case["name"]]
    assert (request.uri.host, request.uri.port) == place
    assert [(via.host, via.port, via.received) for via in request.vias] == vias
    assert f"{request.method} {request.uri} SIP/2.0" == case["start_line"]
    assert [str(via) for via in parse(bytes(request)).vias] == [str(via) for via in request.vias]


def test_every_message_of_the_index_has_its_verdict() -> None:
    assert {case["name"] for case in CASES} == {*EXPECTED, "ipv6-bad"}
