"""Idempotency-Key, seen from outside (manual § 25.6.1)."""

import asyncio
from typing import Any

import pytest

from appliance.control import first_answers
from appliance.control.first_answers import FirstAnswers, KeptAnswer
from appliance.settings import DataFolder
from appliance.store.database import connection
from tests.store.conftest import StillClock
from tests.support.api import World

NEW = {"label": "CRM", "scopes": ["pbx:write"]}
KEY = {"idempotency-key": "signup-globex-2026-06-21"}


async def keys_of(world: World, token: str) -> int:
    total: int = (await world.as_(token).get("/v1/api-keys")).json()["page"]["total"]
    return total


async def test_a_repeated_request_changes_nothing_and_hears_the_first_answer(world: World) -> None:
    ask = world.as_("tenant:acme")
    first = await ask.post("/v1/api-keys", NEW, KEY)
    again = await ask.post("/v1/api-keys", NEW, KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["secret"].startswith("sk_live_acme_")
    assert await keys_of(world, "tenant:acme") == 1


async def test_the_same_key_with_another_body_or_path_is_refused(world: World) -> None:
    ask = world.as_("tenant:acme")
    made = (await ask.post("/v1/api-keys", NEW, KEY)).json()
    for path, body in (
        ("/v1/api-keys", {**NEW, "label": "ERP"}),
        (f"/v1/api-keys/{made['id']}/secret", NEW),
    ):
        refused = await ask.post(path, body, KEY)
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "idempotency_key_reused"
    assert await keys_of(world, "tenant:acme") == 1


async def test_a_key_is_another_one_for_another_credential(world: World) -> None:
    first = await world.as_("tenant:acme").post("/v1/api-keys", NEW, KEY)
    other = await world.as_("tenant:helios").post("/v1/api-keys", NEW, KEY)
    assert first.json()["id"] != other.json()["id"]
    assert other.json()["tenant"] == "helios"


async def test_a_refusal_is_remembered_too(world: World) -> None:
    ask = world.as_("tenant:acme")
    bad = {**NEW, "tier": "platform"}
    for _ in range(2):
        refused = await ask.post("/v1/api-keys", bad, KEY)
        assert refused.status_code == 403
    assert (await ask.post("/v1/api-keys", NEW, KEY)).status_code == 422


async def test_after_a_day_the_key_is_free_again(world: World, clock: StillClock) -> None:
    ask = world.as_("tenant:acme")
    first = await ask.post("/v1/api-keys", NEW, KEY)
    clock.seconds += 24 * 3600
    again = await ask.post("/v1/api-keys", NEW, KEY)
    assert again.status_code == 201
    assert first.json()["id"] != again.json()["id"]


async def test_an_overlong_key_is_refused(world: World) -> None:
    refused = await world.as_("tenant:acme").post(
        "/v1/api-keys", NEW, {"idempotency-key": "x" * 256}
    )
    assert refused.status_code == 422


async def test_while_the_first_goes_on_the_second_is_told_so(world: World) -> None:
    answers = FirstAnswers(world.control)
    caller = world.people.known["tenant:acme"]
    go_on = asyncio.Event()

    async def slowly() -> KeptAnswer:
        await go_on.wait()
        return KeptAnswer(201, {}, b"made")

    first = asyncio.create_task(answers.once(caller, "k", b"body", slowly))
    await asyncio.sleep(0)
    with pytest.raises(Exception) as refused:
        await answers.once(caller, "k", b"body", slowly)
    assert getattr(refused.value, "code", "") == "in_progress"
    go_on.set()
    assert (await first).content == b"made"
    assert (await answers.once(caller, "k", b"body", slowly)).content == b"made"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_may_go_better_next_time_is_not_remembered(world: World, status: int) -> None:
    answers = FirstAnswers(world.control)
    caller = world.people.known["tenant:acme"]
    given = iter([KeptAnswer(status, {}, b""), KeptAnswer(201, {}, b"made")])

    async def do() -> KeptAnswer:
        return next(given)

    assert (await answers.once(caller, "k", b"", do)).status == status
    assert (await answers.once(caller, "k", b"", do)).status == 201


async def test_a_change_whose_answer_was_lost_is_not_made_twice(world: World) -> None:
    """The process ended between the change's commit and its answer's."""
    answers = FirstAnswers(world.control)
    caller = world.people.known["tenant:acme"]
    tenant = world.tenants["acme"]

    async def breaking() -> KeptAnswer:
        await world.control.change(
            caller, lambda change: change.record("x", "Did", "it", tenant=tenant)
        )
        raise SystemError("power cut")

    with pytest.raises(SystemError):
        await answers.once(caller, "k", b"", breaking)
    with pytest.raises(Exception) as refused:
        await answers.once(caller, "k", b"", breaking)
    assert getattr(refused.value, "code", "") == "answer_lost"
    assert [action for _, action, _ in await world.actions()].count("Did") == 1


async def test_one_credential_fills_no_disk_with_keys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_answers, "MOST_OF_ONE", 3)
    monkeypatch.setattr(first_answers, "COUNTED_EVERY", 1)
    ask = world.as_("tenant:acme")
    await world.as_("tenant:helios").post("/v1/api-keys", NEW, KEY)
    for number in range(6):
        await ask.post("/v1/api-keys", NEW, {"idempotency-key": f"{number}"})
    query = "SELECT credential, count(*) FROM first_answers GROUP BY 1 ORDER BY 1"
    found = await world.store.readers.run(lambda db: list(connection(db).execute(query)))
    assert found == [("login:tenant:acme", 3), ("login:tenant:helios", 1)]


async def test_nothing_of_the_answer_is_readable_on_the_disk(
    world: World, folder: DataFolder
) -> None:
    made = (await world.as_("tenant:acme").post("/v1/api-keys", NEW, KEY)).json()
    files: list[Any] = [path for path in folder.path.glob("box.db*") if path.is_file()]
    assert files
    for path in files:
        assert made["secret"].encode() not in path.read_bytes()
