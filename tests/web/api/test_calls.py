"""Call records over the API: found, read, exported, and never another tenant's (manual § 22.5)."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from appliance.model.calls import (
    CallRecord,
    Disposition,
    EndedBy,
    LegRecord,
    MediaFigures,
    TimelineEntry,
)
from appliance.model.devices import DeviceKey
from appliance.model.tenants import TenantKey
from tests.support.api import World
from tests.support.phones_seen import PhonesSeen

LIST = "/v1/tenants/acme/calls"
HEARD = MediaFigures(packets=100)


@pytest.fixture
def phones(world: World) -> PhonesSeen:
    return PhonesSeen(world)


def record(world: World, number: int, slug: str = "acme", **more: Any) -> CallRecord:
    at = world.clock.wall() + timedelta(minutes=number)
    facts: dict[str, Any] = {
        "caller_number": "1001",
        "caller_name": "Alice Tan",
        "dialled": "1002",
        "answered_at": at + timedelta(seconds=4),
        "ended_at": at + timedelta(seconds=146),
        "disposition": Disposition.ANSWERED,
        "ended_by": EndedBy.CALLER,
        "answered_number": "1002",
        "legs": (leg(at, "in", "1001"), leg(at, "out", "1002"), leg(at, "out", "1050")),
        "timeline": (TimelineEntry(0.0, "Arrived", "1002"), TimelineEntry(4.0, "Answered")),
        **more,
    }
    tenant = TenantKey(world.tenants[slug].key)
    return CallRecord(f"{number:032x}", tenant, started_at=at, **facts)


def leg(at: Any, direction: str, number: str) -> LegRecord:
    return LegRecord(
        direction,
        number,
        DeviceKey(1),
        f"{number}-desk",
        "192.0.2.7:5060",
        "udp",
        "Yealink",
        "200 OK",
        "PCMU",
        answered_at=at,
        received=HEARD,
    )


async def keep(world: World, *records: CallRecord) -> None:
    for one in records:
        world.store.calls.finish(one)
    await world.store.calls.flush()


async def found(world: World, token: str = "tenant:acme", **params: object) -> list[int]:
    answer = await world.as_(token).get(LIST, **params)
    assert answer.status_code == 200, answer.text
    assert answer.json()["page"]["total"] == len(answer.json()["data"])
    return [int(one["id"].removeprefix("cdr_"), 16) for one in answer.json()["data"]]


async def test_calls_of_others_are_out_of_reach(world: World, phones: PhonesSeen) -> None:
    theirs = record(world, 1, "globex")
    await keep(world, theirs)
    assert await found(world) == []
    name = f"cdr_{theirs.call_key}"
    assert (await world.as_("tenant:acme").get(f"{LIST}/{name}")).status_code == 404
    foreign = f"/v1/tenants/globex/calls/{name}"
    assert (await world.as_("tenant:acme").get(foreign)).status_code == 403
    assert (
        await world.as_("tenant:acme").get("/v1/tenants/globex/calls/export")
    ).status_code == 403
    assert (await world.as_("user:acme").get(LIST)).status_code == 403
    assert (await world.as_("reseller:orion").get(foreign)).status_code == 200


async def test_calls_are_found_by_party_extension_time_and_outcome(
    world: World, phones: PhonesSeen
) -> None:
    missed: dict[str, Any] = {
        "answered_at": None,
        "answered_number": "",
        "disposition": Disposition.NO_ANSWER,
        "caller_number": "1003",
        "caller_name": "Carmen 100% Lim",
        "dialled": "+6531590010",
        "legs": (),
    }
    await keep(world, record(world, 1), record(world, 2), record(world, 3, **missed))
    assert await found(world) == [3, 2, 1]
    assert await found(world, party="carmen") == [3]
    assert await found(world, party="0%") == [3]
    assert await found(world, party="_") == []
    assert await found(world, q="alice 1002") == [2, 1]
    assert await found(world, party="3159") == [3]
    assert await found(world, extension="1050") == [2, 1]
    assert await found(world, extension="100") == []
    assert await found(world, disposition="no_answer") == [3]
    at = (world.clock.wall() + timedelta(minutes=2)).isoformat()
    assert await found(world, since=at) == [3, 2]
    assert await found(world, until=at) == [1]
    assert (await world.as_("tenant:acme").get(LIST, since="yesterday")).status_code == 422
    assert (
        await world.as_("tenant:acme").get(LIST, since="2026-11-23T12:00:00")
    ).status_code == 422


async def test_pages_meet_without_a_gap(world: World, phones: PhonesSeen) -> None:
    await keep(world, *(record(world, number) for number in range(5)))
    seen: list[str] = []
    cursor = ""
    while True:
        answer = (await world.as_("tenant:acme").get(LIST, limit=2, cursor=cursor)).json()
        seen += [one["id"] for one in answer["data"]]
        cursor = answer["page"]["next"]
        if not cursor:
            break
    assert [int(one[4:], 16) for one in seen] == [4, 3, 2, 1, 0]


async def test_detail_has_the_manuals_fields_legs_and_timeline(
    world: World, phones: PhonesSeen
) -> None:
    one = record(world, 1)
    await keep(world, one)
    detail = (await world.as_("tenant:acme").get(f"{LIST}/cdr_{one.call_key}")).json()
    wanted = {
        "tenant": "acme",
        "from": "1001",
        "to": "1002",
        "direction": "internal",
        "seconds": 142,
        "disposition": "answered",
        "media": "two-way",
    }
    assert {name: detail[name] for name in wanted} == wanted
    assert [line["event"] for line in detail["timeline"]] == ["Arrived", "Answered"]
    assert [leg["number"] for leg in detail["legs"]] == ["1001", "1002", "1050"]


async def test_calls_in_progress_are_told_as_they_stand(world: World, phones: PhonesSeen) -> None:
    open_ = record(world, 1, ended_at=None, disposition=None, ended_by=None)
    phones.going_on = [open_, record(world, 2, "globex")]
    live = (await world.as_("tenant:acme").get(f"{LIST}/live")).json()
    assert (live["count"], live["data"][0]["end"]) == (1, None)
    detail = await world.as_("tenant:acme").get(f"{LIST}/cdr_{open_.call_key}")
    assert detail.json()["disposition"] is None
    foreign = f"{LIST}/cdr_{phones.going_on[1].call_key}"
    assert (await world.as_("tenant:acme").get(foreign)).status_code == 404


async def test_export_is_the_same_calls_and_no_formula(world: World, phones: PhonesSeen) -> None:
    evil = {"caller_name": '=HYPERLINK("x")', "dialled": "+6531590010"}
    await keep(world, *(record(world, number, **evil) for number in range(3)))
    answer = await world.as_("tenant:acme").get(f"{LIST}/export", party="3159")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="calls-acme.csv"'
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(table) == 3
    assert table[0]["from_name"] == '\'=HYPERLINK("x")'
    assert table[0]["to"] == "+6531590010"
    assert (await world.actions())[-1][1] == "Exported calls"
