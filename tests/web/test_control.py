from datetime import UTC, datetime

import httpx2
import pytest

from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.registrations import Registration
from appliance.web.control import control_app

TOKEN = "token of this run"
BLOCK = Block(
    "1001-desk", "192.0.2.7", "too many wrong passwords", datetime(2026, 1, 1, tzinfo=UTC)
)
PHONE = Registration("acme", "1001", "1001-desk", "desk", RegistrationState.REGISTERED)


class FakeOperations:
    def __init__(self) -> None:
        self.lifted: list[tuple[str, str]] = []

    def status(self) -> dict[str, object]:
        return {"status": "ok"}

    def registrations(self) -> list[Registration]:
        return [PHONE]

    def blocks(self) -> list[Block]:
        return [BLOCK]

    def unblock(self, username: str, address: str) -> int:
        self.lifted.append((username, address))
        return 1


@pytest.fixture
def operations() -> FakeOperations:
    return FakeOperations()


def asking(
    operations: FakeOperations, host: str = "127.0.0.1", token: str = TOKEN
) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=control_app(operations, TOKEN), client=(host, 1)),
        base_url="http://box",
        headers={"Authorization": f"Bearer {token}"},
    )


@pytest.mark.parametrize(("host", "token"), [("127.0.0.1", "wrong"), ("192.0.2.7", TOKEN)])
async def test_others_learn_and_change_nothing(
    operations: FakeOperations, host: str, token: str
) -> None:
    async with asking(operations, host, token) as ask:
        for path in ("/status", "/registrations", "/blocks"):
            assert (await ask.get(path)).status_code == 403
        assert (await ask.delete("/blocks")).status_code == 403
    assert operations.lifted == []


async def test_unblock_hands_on_what_was_named(operations: FakeOperations) -> None:
    async with asking(operations) as ask:
        answer = await ask.delete("/blocks", params={"username": "1001-desk"})
    assert answer.json() == {"lifted": 1}
    assert operations.lifted == [("1001-desk", "")]


async def test_lists_are_the_nouns_as_json(operations: FakeOperations) -> None:
    async with asking(operations) as ask:
        (block,) = (await ask.get("/blocks")).json()
        (phone,) = (await ask.get("/registrations")).json()
    assert block["since"] == "2026-01-01T00:00:00Z"
    assert phone["state"] == "registered"
