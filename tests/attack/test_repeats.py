"""Keys of repetition and cursors: what one caller was told is never told to another."""

import asyncio
import base64
from typing import Any, Final

import msgspec
import pytest

from tests.attack.routes import ROWS, Row, Target
from tests.support.twins import TENANTS, Twins, word_of

KEYS: Final = "/v1/api-keys"
NEW: Final[dict[str, Any]] = {"label": "CRM", "scopes": ["pbx:read"]}
SAME: Final = {"idempotency-key": "signup-2026-06-21"}
LISTS: Final = [
    row
    for row in ROWS
    if (
        row.method == "GET"
        and row.path.endswith(("extensions", "users", "calls", "registrations", "tenants"))
    )
    or row.name in ("GET /v1/api-keys", "GET /v1/webhooks", "GET /v1/audit", "GET /v1/operators")
]


async def test_the_same_key_of_two_callers_is_two_keys(twins: Twins) -> None:
    """The answer holds a secret."""
    told = [
        (await twins.as_(name).ask("POST", KEYS, NEW, headers=SAME)).json()
        for name in ("tenant:acme", "tenant:globex", "tenant:acme")
    ]
    assert told[0] == told[2]
    assert told[0]["secret"] != told[1]["secret"]
    assert (told[0]["tenant"], told[1]["tenant"]) == ("acme", "globex")


async def test_another_login_of_the_same_person_hears_no_secret_again(twins: Twins) -> None:
    first = (await twins.as_("tenant:acme").ask("POST", KEYS, NEW, headers=SAME)).json()
    await twins.sign_in("tenant:acme", twins.accounts["tenant:acme"])
    again = (await twins.as_("tenant:acme").ask("POST", KEYS, NEW, headers=SAME)).json()
    assert first["secret"] != again["secret"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (KEYS, {**NEW, "label": "ERP"}),
        ("/v1/tenants/acme/extensions", {"extension": "1043", "name": "Priya"}),
        (f"{KEYS}?q=a", NEW),
    ],
)
async def test_a_key_that_came_with_another_request_is_refused(
    twins: Twins, path: str, body: dict[str, Any]
) -> None:
    ask = twins.as_("tenant:acme").ask
    first = await ask("POST", KEYS, NEW, headers=SAME)
    refused = await ask("POST", path, body, headers=SAME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert first.json()["secret"] not in refused.text


async def test_whoever_is_shut_out_hears_no_first_answer_again(twins: Twins) -> None:
    ask = twins.as_("tenant:acme").ask
    assert (await ask("POST", KEYS, NEW, headers=SAME)).status_code == 201
    await twins.as_("platform").ask("PATCH", "/v1/tenants/acme", {"status": "suspended"})
    assert (await ask("POST", KEYS, NEW, headers=SAME)).status_code == 401


async def test_a_request_repeated_while_it_goes_on_is_done_once(twins: Twins) -> None:
    ask = twins.as_("tenant:acme").ask
    answers = await asyncio.gather(*(ask("POST", KEYS, NEW, headers=SAME) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (await ask("GET", KEYS, query={"q": "CRM"})).json()["page"]["total"] == 1


async def test_of_edits_at_once_on_one_version_one_is_made(twins: Twins) -> None:
    line, seen = "/v1/tenants/acme/extensions/1001", {"if-match": '"1"'}
    ask = twins.as_("tenant:acme").ask
    answers = await asyncio.gather(
        *(ask("PATCH", line, {"name": f"Alice {at}"}, headers=seen) for at in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]


async def test_of_creations_of_one_number_at_once_one_is_made(twins: Twins) -> None:
    body = {"extension": "1043", "name": "Priya Nair"}
    ask = twins.as_("tenant:acme").ask
    answers = await asyncio.gather(
        *(ask("POST", "/v1/tenants/acme/extensions", body) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]


async def test_a_cap_holds_under_creations_at_once(twins: Twins) -> None:
    await twins.as_("platform").ask("PATCH", "/v1/tenants/acme", {"caps": {"extensions": 6}})
    ask = twins.as_("tenant:acme").ask
    answers = await asyncio.gather(
        *(
            ask("POST", "/v1/tenants/acme/extensions", {"extension": f"11{at}0", "name": "Priya"})
            for at in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, *[409] * 6]


def cursors() -> list[str]:
    """Every kind of key that a cursor may hold, and what is none."""
    keys: list[object] = [
        *([0], [-1], [2**62], ["a"], [None], [0, 0], ["", 0], ["zzzz", "zzzz"], [None, None]),
        *([2**62, 2**62], [-(2**62), -1], ["' OR 1=1 --", 1], [1, 2, 3], {}, "x", [[1]], [1.5, 1]),
    ]
    made = [base64.urlsafe_b64encode(msgspec.json.encode(key)).decode() for key in keys]
    return [*made, "é", "====", "a" * 3000, "..", "\x00"]


@pytest.mark.parametrize("row", LISTS, ids=lambda row: row.name)
async def test_no_cursor_leads_out_of_the_scope(twins: Twins, row: Row) -> None:
    name, slug = ("tenant:acme", "acme") if "t" in row.who else ("reseller:nimbus", "acme")
    path = Target(twins, slug, "nimbus").path(row.path)
    for cursor in cursors():
        for sort in ("", "-name"):
            answer = await twins.as_(name).ask("GET", path, query={"cursor": cursor, "sort": sort})
            assert answer.status_code in (200, 422), (cursor, answer.text)
            for place in ("globex", "helios", "orion", "zephyr"):
                if TENANTS.get(place) != "nimbus" or name == "tenant:acme":
                    assert word_of(place) not in answer.text


@pytest.mark.parametrize("row", LISTS, ids=lambda row: row.name)
async def test_pages_of_one_show_each_row_once(twins: Twins, row: Row) -> None:
    name, slug = ("tenant:acme", "acme") if "t" in row.who else ("reseller:nimbus", "acme")
    path = Target(twins, slug, "nimbus").path(row.path)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await twins.as_(name).ask("GET", path, query={"cursor": cursor, "limit": "1"})
        page = answer.json()
        seen += [msgspec.json.encode(one).decode() for one in page["data"]]
        cursor = page["page"]["next"]
    assert len(seen) == len(set(seen)) == page["page"]["total"]
