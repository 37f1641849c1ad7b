from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.model.bindings import StoredBinding
from appliance.model.devices import DeviceKey
from appliance.telephony.binding import Reach, address, behind_nat, restored, stored
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.uri import Uri

WALL = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FLOW = Flow("udp", ("192.0.2.10", 5060), ("203.0.113.24", 5060))
ROW = StoredBinding(
    DeviceKey(1),
    '<sip:1001-desk@10.0.0.9>;+sip.instance="<urn:uuid:1>"',
    "<urn:uuid:1>",
    2,
    "udp",
    "203.0.113.24",
    5060,
    "192.0.2.10",
    5060,
    "<sip:edge.example;lr>, <sip:a,b@inner.example;lr>",
    "Yealink",
    "call-1",
    7,
    datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
)


@pytest.mark.parametrize("transport", ["tcp", "tls", "ws", "wss"])
def test_the_connection_of_a_restored_binding_is_gone(transport: str) -> None:
    assert restored(replace(ROW, transport=transport), 0, WALL).reach is Reach.CLOSED


def test_what_expired_meanwhile_is_restored_as_expired() -> None:
    late = datetime(2026, 11, 23, 9, 31, tzinfo=UTC)
    assert restored(ROW, 0, late).reach is Reach.EXPIRED


def test_what_is_kept_is_restored_in_another_processs_time() -> None:
    binding = restored(ROW, 5000.0, WALL)
    assert binding.expires_at == 5000 + 1800
    assert binding.path == ("<sip:edge.example;lr>", "<sip:a,b@inner.example;lr>")
    assert stored(binding, 5000.0, WALL) == ROW


@pytest.mark.parametrize(
    ("uri", "flow", "path", "expected"),
    [
        ("sip:x@203.0.113.24", FLOW, (), False),
        ("sip:x@203.0.113.24:5060;transport=udp", FLOW, (), False),
        ("sip:x@203.0.113.24:5062", FLOW, (), True),
        ("sip:x@10.0.0.9:5060", FLOW, (), True),
        ("sip:x@phone.example", FLOW, (), True),
        ("sip:x@10.0.0.9:5060", FLOW, ("<sip:edge.example;lr>",), False),
        ("sip:x@10.0.0.9:5060", replace(FLOW, transport="tcp", connection=1), (), False),
        ("sip:x@[2001:db8::9]", replace(FLOW, remote=("2001:db8::9", 5060)), (), False),
    ],
)
def test_nat_shows_in_a_contact_that_is_not_where_its_packets_come_from(
    uri: str, flow: Flow, path: tuple[str, ...], expected: bool
) -> None:
    assert behind_nat(Uri.parse(uri), flow, path) is expected


def test_addresses_are_written_as_people_do() -> None:
    assert address(FLOW) == "203.0.113.24:5060"
    assert address(replace(FLOW, remote=("2001:db8::9", 5060))) == "[2001:db8::9]:5060"
