"""The whole API against its own description, by schemathesis over real HTTP: no 5xx, no answer that
is not described, whoever asks and whatever is sent."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from appliance.clock import SystemClock
from appliance.control.api_keys import ApiKeys
from appliance.control_plane import ControlPlane
from appliance.events import Events
from appliance.settings import DataFolder
from appliance.store import Store
from appliance.web.api.families import OPERATIONS
from appliance.web.api.openapi import PATH_NAME, description
from appliance.web.api.operation import Operation
from appliance.web.server import WebServer
from tests.support.api import People, World, quiet_box

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    ignored_auth,
]
EXAMPLES: Final = int(os.environ.get("API_EXAMPLES", "4"))
"""Of each operation and caller; for a long night `API_EXAMPLES=200`."""
ENDLESS: Final = {"/v1/feed"}
LONG_OR_LOCKING: Final = {"/v1/api-settings"}
CALLERS: Final = ("platform", "tenant:acme")
SCHEMA: Final = schemathesis.openapi.from_dict(dict(description(OPERATIONS, "ByondVoice", "1")))
KNOWN: Final = {"slug": "acme", "code": "nimbus", "number": "1001"}
TRIED: Final = [one for one in OPERATIONS if one.path not in ENDLESS | LONG_OR_LOCKING]


class Unhurried:
    """Fills Rates: everybody may ask as often as they like."""

    def take(self, credential: str) -> None:
        pass


class Serving:
    """The control plane over real HTTP, in a thread with its own event loop."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._up: Future[int] = Future()
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._live()])

    def start(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._up.result(30)}"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _live(self) -> None:
        try:
            clock = SystemClock()
            store = Store.open(self._folder, clock)
            plane = ControlPlane(store, clock, Events(), quiet_box())
            world = await World.made(store, clock)
            people = People(ApiKeys(plane.control))
            people.known = world.people.known
            plane.api._identity = people
            plane.api._rates = Unhurried()
            app = Starlette(routes=[*plane.routes()])
            server = WebServer(app, ["127.0.0.1"], 0)
            await server.start()
            self._up.set_result(server.port)
        except BaseException as error:
            self._up.set_exception(error)
            raise
        await self._stop.wait()
        await server.stop()
        await store.close()


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("conformance") / "box"
    serving = Serving(DataFolder(folder))
    url = serving.start()
    yield url
    serving.stop()


@pytest.mark.slow
@pytest.mark.parametrize("token", CALLERS)
@pytest.mark.parametrize("operation", TRIED, ids=lambda one: f"{one.method} {one.path}")
def test_answers_are_as_described(operation: Operation, token: str, base_url: str) -> None:
    path = PATH_NAME.sub(r"{\1}", operation.path)
    strategy = SCHEMA[path][operation.method].as_strategy()

    @given(case=strategy)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        for name in set(case.path_parameters or {}) & set(KNOWN):
            case.path_parameters[name] = KNOWN[name]
        response = case.call(
            base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=20
        )
        case.validate_response(response, checks=CHECKS)

    ask()
