"""RFC 4475 and RFC 5118 on the wire: every message sent to a running box, one by one."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import fixtures
from tests.support.box import Box
from tests.support.raw import RawTcp, RawUdp, options_answered
from tests.support.wire import WireMessage

pytestmark = pytest.mark.interop

box, unharmed = fixtures.box, fixtures.unharmed

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NEEDS_DATA = pytest.mark.skipif(not DATA.exists(), reason=f"there is no {DATA}")
SILENCE = 0.4
"""Seconds after which no answer counts as silence."""
PARSED = [200, 202, 401, 403, 404, 405, 407, 415, 420, 423, 480, 481, 486, 488, 501, "1xx"]
"""What may follow a message that was understood."""


@dataclass(frozen=True)
class Case:
    """One message; `acceptable` are statuses, None for silence, `1xx` for any provisional."""

    name: str
    path: Path
    transport: str
    acceptable: tuple[Any, ...]
    title: str

    def accepts(self, status: int | None) -> bool:
        if "any" in self.acceptable or status in self.acceptable:
            return True
        return status is not None and status < 200 and "1xx" in self.acceptable


def rfc4475() -> Iterator[Case]:
    for each in cases_of("rfc4475"):
        transport = each["top_via_transport"] or "UDP"
        acceptable = tuple(each["acceptable_from_a_pbx"])
        path = DATA / "rfc4475" / each["name"]
        yield Case(each["name"], path, transport, acceptable, each["title"])


def rfc5118() -> Iterator[Case]:
    for each in cases_of("rfc5118"):
        acceptable = tuple(PARSED) if each["rfc_class"] == "valid" else (400, None)
        path = DATA / "rfc5118" / each["wire_file"]
        yield Case(each["name"], path, "UDP", acceptable, each["title"])


def cases_of(name: str) -> list[dict[str, Any]]:
    index = DATA / name / "index.json"
    return list(json.loads(index.read_text())["cases"]) if index.exists() else []


def named(cases: Iterator[Case]) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in cases]


async def statuses_by_udp(box: Box, data: bytes) -> list[int]:
    udp = await RawUdp.open()
    udp.send(data, box.sip_address)
    try:
        await udp.received.wait(lambda m: m.status >= 200, "final", seconds=SILENCE)
    except AssertionError:
        pass
    finally:
        udp.close()
    return [m.status for m in udp.received if m.status]


async def statuses_by_stream(box: Box, data: bytes, transport: str) -> list[int]:
    if transport == "TLS":
        context = ssl.create_default_context(cafile=str(box.ca_file))
        stream = RawTcp(*await asyncio.open_connection("127.0.0.1", box.ready["sips"], ssl=context))
    else:
        stream = await RawTcp.open(box.sip_address)
    await stream.send(data)
    text = (await stream.read(SILENCE)).decode(errors="replace")
    await stream.close()
    parts = [f"SIP/2.0 {part}" for part in text.split("SIP/2.0 ")[1:] if part[:3].isdigit()]
    return [WireMessage.parse(part).status for part in parts]


async def outcome(box: Box, case: Case) -> int | None:
    """The last status that came, a final one if there was any; None for silence."""
    data = case.path.read_bytes()
    if case.transport == "UDP":
        statuses = await statuses_by_udp(box, data)
    else:
        statuses = await statuses_by_stream(box, data, case.transport)
    finals = [status for status in statuses if status >= 200]
    return next(iter([*finals, *statuses]), None)


@NEEDS_DATA
@pytest.mark.parametrize("case", named(rfc4475()))
async def test_rfc_4475_message_on_the_wire(box: Box, case: Case) -> None:
    status = await outcome(box, case)
    assert case.accepts(status), f"{case.title}: {status}, not one of {case.acceptable}"
    await options_answered(box.sip_address)


@NEEDS_DATA
@pytest.mark.parametrize("case", named(rfc5118()))
async def test_rfc_5118_message_on_the_wire(box: Box, case: Case) -> None:
    status = await outcome(box, case)
    assert case.accepts(status), f"{case.title}: {status}, not one of {case.acceptable}"
    await options_answered(box.sip_address)


@NEEDS_DATA
async def test_no_torture_message_made_a_binding_or_a_call(box: Box) -> None:
    for case in [*rfc4475(), *rfc5118()]:
        await outcome(box, case)
    assert all(each["contacts"] == 0 for each in box.registrations())
    assert box.calls() == []
