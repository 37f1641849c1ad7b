"""A real HTTP receiver of webhooks; it verifies signatures as integrators are told to."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from appliance.web.server import WebServer


def verified(secret: str, header: str, body: bytes) -> bool:
    """Whether `t=…,v1=…` signs the body with the secret."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    signed = f"{parts['t']}.".encode() + body
    wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"])


@dataclass
class Receiver:
    """`answers` are given one after the other, then 200. What came is in `events`, with their
    headers and bodies."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    location: str = ""
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/byondvoice"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    async def came(self, number: int) -> None:
        """Until so many have come."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.bodies) >= number)

    async def take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        async with self.news:
            self.news.notify_all()
        status = self.answers.pop(0) if self.answers else 200
        headers = {"location": self.location} if self.location else {}
        return Response(f"answer {status}", status, headers)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """On a port of 127.0.0.1, for as long as the block lasts."""
    one = Receiver()
    app = Starlette(routes=[Route("/{path:path}", one.take, methods=["GET", "POST"])])
    server = WebServer(app, ["127.0.0.1"], 0)
    one.port = server.port
    await server.start()
    try:
        yield one
    finally:
        await server.stop()
