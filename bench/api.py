"""The API at 50 requests a second while 100 calls are up, its lists and its search over 10,000
extensions, and what its load costs the SIP edge.

The box's budget of 600 requests a minute a login is raised for this by its own setting. Latencies
are a client's, over TLS on connections that are kept; the client is Python and shares its core with
the generators of calls and registrations.
"""

import asyncio
import itertools
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import httpx2

from bench import generators, registrations
from bench.figures import Aim, Figures
from bench.plan import Plan
from bench.search import highest_passing
from bench.targets import MediaTarget, SipTarget

PHONES: Final = 10_000
CALLS: Final = 100
RATE: Final = 50.0
AIMS: Final = {
    "read p95, ms": Aim(15),
    "write p95, ms": Aim(30),
    "page of 10,000 p95, ms": Aim(50),
    "search of 10,000 p95, ms": Aim(50),
    "registrations lost to API load, %": Aim(5),
}
_LINES: Final = "/v1/tenants/acme/extensions"
_READS: Final = (
    f"{_LINES}/20001",
    f"{_LINES}?limit=50",
    "/v1/tenants/acme/users?limit=50",
    f"{_LINES}/20002/devices",
    "/v1/tenants/acme",
    "/v1/overview",
    "/v1/tenants/acme/registrations?limit=50",
)
_ORDERS: Final = ("extension", "-extension", "name", "-name", "devices", "status")
_TYPED: Final = ("2", "20", "200", "2000", "20001", "e", "ext", "extension 29", "acme 29999", "zz")
_FIRST_RATE: Final = 6000.0
_COSTED: Final = 350

Ask = Callable[[int], Awaitable[httpx2.Response]]
"""Sends the request of that number."""


class Box(SipTarget, MediaTarget, Protocol):
    """Our box, whose API listens at `https`; `credentials` as `demo` prints them."""

    @property
    def https(self) -> str: ...
    @property
    def credentials(self) -> Any: ...


def measure(target: Box, plan: Plan) -> Figures:
    with target.anchor(CALLS) as legs:
        loaded = asyncio.run(_beside_calls(target, plan, legs))
    quiet = asyncio.run(_quietly(target))
    return {**loaded, **quiet, **_edge(target, plan)}


async def _beside_calls(target: Box, plan: Plan, legs: Path) -> Figures:
    """Reads, then writes, each in its window while the calls send their media."""
    async with _operator(target) as ask:
        figures: dict[str, float] = {}
        for what, send in (("read", _reading(ask)), ("write", _writing(ask))):
            media = asyncio.create_task(
                asyncio.to_thread(
                    generators.send_media, legs, plan.window_seconds, target.server.cpu_seconds
                )
            )
            taken = await _paced(send, RATE, plan.window_seconds)
            run = await media
            figures |= _spread(what, taken)
            figures[f"RTP lost beside {what}s, packets"] = float(run.lost)
        return figures


async def _quietly(target: Box) -> Figures:
    """One request after another, with no calls: lists, search, and what each kind costs."""
    async with _operator(target) as ask:
        return {
            **_spread("page of 10,000", await _pages(ask)),
            **_spread("search of 10,000", await _searches(ask)),
            "CPU per read, ms": await _cpu_of(target, _reading(ask)),
            "CPU per write, ms": await _cpu_of(target, _writing(ask, 40_000)),
        }


async def _pages(ask: httpx2.AsyncClient) -> list[float]:
    """The first dozen in every order of a long list."""
    pages: list[float] = []
    for order in _ORDERS:
        cursor = ""
        for _ in range(12):
            query = {"sort": order, "limit": "50", "cursor": cursor}
            taken, answer = await _timed(ask.get(_LINES, params=query))
            pages.append(taken)
            cursor = answer.json()["page"]["next"]
    return pages


async def _searches(ask: httpx2.AsyncClient) -> list[float]:
    """After each key."""
    return [
        (await _timed(ask.get("/v1/search", params={"q": typed})))[0]
        for typed in _TYPED
        for _ in range(5)
    ]


async def _cpu_of(target: Box, send: Ask) -> float:
    """The server's milliseconds a request: it stays when the machine has others to serve too."""
    before = target.server.cpu_seconds()
    for number in range(_COSTED):
        (await send(number)).raise_for_status()
    return 1e3 * (target.server.cpu_seconds() - before) / _COSTED


def _edge(target: Box, plan: Plan) -> Figures:
    """The highest rate of registrations alone, and beside reads and writes."""
    phones = target.phones[: registrations.PHONES]

    def passes(rate: float) -> bool:
        offer = generators.Offer(rate, plan.step_seconds)
        return generators.register(target.address, phones, offer).passed

    alone = highest_passing(passes, _FIRST_RATE, plan.precision)
    with _load(target):
        beside = highest_passing(passes, alone or _FIRST_RATE, plan.precision)
    return {
        "registrations/s alone": alone,
        "registrations/s beside API load": beside,
        "registrations lost to API load, %": 100 * (1 - beside / alone) if alone else 100.0,
    }


@contextmanager
def _load(target: Box) -> Iterator[None]:
    """Half reads, half writes, at the rate of the aims, while the block lasts."""
    over = threading.Event()

    async def until_over() -> None:
        async with _operator(target) as ask:
            reading, writing = _reading(ask), _writing(ask, 50_000)

            async def send(number: int) -> httpx2.Response:
                return await (writing if number % 2 else reading)(number // 2)

            while not over.is_set():
                await _paced(send, RATE, 1.0)

    thread = threading.Thread(target=lambda: asyncio.run(until_over()), name="API load")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _Operator(AbstractAsyncContextManager[httpx2.AsyncClient]):
    """The platform's operator, signed in, with a budget of requests that is not reached."""

    def __init__(self, target: Box) -> None:
        self._who = target.credentials["platform"]
        self._client = httpx2.AsyncClient(base_url=target.https, verify=False, timeout=30)

    async def __aenter__(self) -> httpx2.AsyncClient:
        answer = await self._client.post("/v1/login", json=dict(self._who))
        answer.raise_for_status()
        self._client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        raised = await self._client.put("/v1/api-settings", json={"requests_per_minute": 1_000_000})
        raised.raise_for_status()
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


def _operator(target: Box) -> _Operator:
    return _Operator(target)


def _reading(ask: httpx2.AsyncClient) -> Ask:
    return lambda number: ask.get(_READS[number % len(_READS)])


def _writing(ask: httpx2.AsyncClient, first: int = 30_000) -> Ask:
    """Changes of lines, and every fourth time a new one."""
    numbers = itertools.cycle(range(20_100, 29_000))
    new = itertools.count(first)

    def write(number: int) -> Awaitable[httpx2.Response]:
        if number % 4 == 3:
            return ask.post(_LINES, json={"extension": str(next(new)), "name": "New line"})
        line = f"{_LINES}/{next(numbers)}"
        return ask.patch(line, json={"name": f"Line {number}"})

    return write


async def _paced(send: Ask, rate: float, seconds: float) -> list[float]:
    """Seconds that each request took, from when it was due: a late one counts its lateness."""
    begun, taken = time.perf_counter(), []

    async def one(number: int) -> None:
        due = begun + number / rate
        answer = await send(number)
        taken.append(time.perf_counter() - due)
        if answer.status_code >= 500 or answer.status_code == 429:
            answer.raise_for_status()

    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(one(number))
    return taken


async def _timed(asked: Awaitable[httpx2.Response]) -> tuple[float, httpx2.Response]:
    begun = time.perf_counter()
    answer = await asked
    answer.raise_for_status()
    return time.perf_counter() - begun, answer


def _spread(what: str, taken: Sequence[float]) -> Figures:
    """In milliseconds."""
    return {
        f"{what} p50, ms": 1e3 * statistics.median(taken),
        f"{what} p95, ms": 1e3 * statistics.quantiles(taken, n=20)[-1],
    }
