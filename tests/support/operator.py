"""An operator of a running box: signs in over HTTPS, asks the API, reads the live feed."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any

import httpx2

from tests.support.box import Box
from tests.support.journal import Journal
from tests.support.ports import uri_host


class Operator:
    """`async with Operator(box, "acme") as owner:`; `path`s begin after `/v1`. The name is that of
    the platform's operator, a reseller's code, or a tenant's slug for its owner."""

    def __init__(self, box: Box, name: str) -> None:
        secrets = box.secrets
        owners = {slug: each["owner"] for slug, each in secrets["tenants"].items()}
        known = {**owners, **secrets["resellers"], "platform": secrets["platform"]}
        self._who: dict[str, str] = known[name]
        base = f"https://{uri_host(box.host)}:{box.ready['https']}/v1"
        trusted = ssl.create_default_context(cafile=str(box.ca_file))
        self._client = httpx2.AsyncClient(base_url=base, verify=trusted, timeout=10)

    async def __aenter__(self) -> "Operator":
        answer = await self._client.post("/login", json=self._who)
        assert answer.status_code == 200, answer.text
        self._client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: object = None, **params: Any) -> Any:
        """The JSON of an answer that must be a good one; None for an empty one."""
        answer = await self._client.request(method, path, json=body, params=params or None)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def get(self, path: str, **params: Any) -> Any:
        return await self.ask("GET", path, **params)

    @asynccontextmanager
    async def feed(self, **params: Any) -> AsyncIterator["FeedRead"]:
        """The live feed, read as long as the block lasts."""
        async with self._client.stream("GET", "/feed", params=params or None) as answer:
            assert answer.status_code == 200
            read = FeedRead()
            reading = asyncio.create_task(read.all_of(answer.aiter_lines()))
            try:
                yield read
            finally:
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading


class FeedRead:
    """What came so far: pairs of topic and fact."""

    def __init__(self) -> None:
        self.news: Journal[tuple[str, Any]] = Journal("the live feed")
        self.ended = asyncio.Event()

    async def all_of(self, lines: AsyncIterator[str]) -> None:
        topic = ""
        async for line in lines:
            name, _, value = line.partition(": ")
            if name == "event":
                topic = value
            elif name == "data":
                self.news.append((topic, json.loads(value)))
        self.ended.set()

    async def hears(self, topic: str, wanted: Callable[[Any], bool] = lambda _fact: True) -> Any:
        """The next fact of that topic that is as wanted."""
        _, fact = await self.news.wait(lambda news: news[0] == topic and wanted(news[1]), topic)
        return fact
