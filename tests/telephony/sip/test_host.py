import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.host import print_host_port, read_host_port


@pytest.mark.parametrize(
    "text",
    ["", "a b", "2001:db8::1", "[2001:db8::1", "[]", "[a.example]", "a:", "a:65536", "a:1x", "-a",
     "a:123456", "a,b", "[::1]x", "é.example"],
)  # fmt: skip
def test_no_host(text: str) -> None:
    with pytest.raises(Malformed):
        read_host_port(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("pbx_1.Example.com", "pbx_1.Example.com", None),
        ("192.0.2.1:5060", "192.0.2.1", 5060),
        ("192.0.2.1 : 5060", "192.0.2.1", 5060),
        ("[2001:db8::10]:5070", "2001:db8::10", 5070),
        ("[2001:db8::10:5070]", "2001:db8::10:5070", None),
        ("[2001:db8:::192.0.2.1]", "2001:db8:::192.0.2.1", None),
    ],
)
def test_hosts_and_ports(text: str, host: str, port: int | None) -> None:
    assert read_host_port(text) == (host, port)
    assert print_host_port(host, port) == text.replace(" ", "")


def test_brackets_are_never_doubled() -> None:
    assert print_host_port("[::1]", 5060) == "[::1]:5060"
