"""The rows of transport over IPv6: a box and its phones on ::1."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calls.test_hearing import hear_each_other, talk
from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.raw import can_bind

HOST = "::1"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not can_bind(HOST), reason="this machine has no ::1"),
]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One box on ::1 for the tests of this module."""
    made = Box.demo(tmp_path_factory.mktemp("box6"), host=HOST).start()
    yield made
    made.close()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_interop_02_two_phones_register_and_hear_each_other_over_ipv6(
    box: Box, tmp_path: Path, transport: str
) -> None:
    lines = [box.line(name, transport=transport) for name in ("1001-desk", "1002-desk")]
    async with phones(tmp_path, *lines, speak=(440, 620), host=HOST) as (alice, ben):
        outgoing, incoming = await talk(alice, ben, "1002")
        await hear_each_other(outgoing, incoming, caller=440, callee=620)
        await incoming.hang_up()
        await outgoing.closed()
    record = await box.record(caller_number="1001", dialled="1002", disposition="answered")
    assert {leg["transport"] for leg in record["legs"]} == {transport}
    assert all(leg["remote_address"].startswith("[::1]:") for leg in record["legs"])
