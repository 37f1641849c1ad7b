"""The box's web side: its routes, and what they need of the rest of the box."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from appliance.web import answers
from appliance.web.access import bears, from_this_machine
from appliance.web.metrics import CONTENT_TYPE, Metric, render

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 10vh auto; max-width: 34rem;
padding: 0 1rem; color: #1b1f24 }} code {{ background: #eef0f2; padding: .1em .3em }}</style>
<h1>{name}</h1>
<p>This is a telephone system. Phones register with it and call each other; dial
<code>9196</code> to hear yourself.</p>
<p>Operators sign in at <a href="/admin/">/admin/</a>.</p>
<p>Version {version}. Its health is at <a href="/healthz">/healthz</a>.</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody may learn. `health` is what `/healthz` says beyond that the box is up;
    `metrics_key` opens `/metrics` from elsewhere, empty for loopback only."""

    name: str
    version: str
    health: Callable[[], Mapping[str, object]]
    metrics: Callable[[], Iterable[Metric]]
    metrics_key: Callable[[], str]


def public_app(facts: PublicFacts, more: Iterable[BaseRoute] = ()) -> Starlette:
    """What HTTPS serves: what anybody may learn, and `more` routes."""
    return Starlette(
        routes=[*_open_routes(facts), *more],
        exception_handlers={404: _not_found, 405: _not_so},
    )


def plain_app(facts: PublicFacts, https_port: Callable[[], int]) -> Starlette:
    """What HTTP serves: the same, and the way to HTTPS for all that wants a login."""

    async def elsewhere(request: Request) -> Response:
        host = request.url.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        port = https_port()
        target = request.url.replace(
            scheme="https", netloc=host if port == 443 else f"{host}:{port}"
        )
        return RedirectResponse(str(target), status_code=308, headers={"cache-control": "no-store"})

    paths = ("/v1/{rest:path}", "/admin", "/admin/{rest:path}")
    redirects = [Route(path, elsewhere, methods=METHODS) for path in paths]
    return Starlette(routes=[*_open_routes(facts), *redirects])


def _open_routes(facts: PublicFacts) -> list[Route]:
    page = PAGE.format(name=escape(facts.name), version=escape(facts.version))

    async def home(_request: Request) -> Response:
        return HTMLResponse(page)

    async def healthz(_request: Request) -> Response:
        return answers.json(facts.health())

    async def metrics(request: Request) -> Response:
        if not (from_this_machine(request) or bears(request, facts.metrics_key())):
            return answers.error(403, "forbidden", "Metrics are for this machine or a key.")
        return PlainTextResponse(render(facts.metrics()), media_type=CONTENT_TYPE)

    return [Route("/", home), Route("/healthz", healthz), Route("/metrics", metrics)]


async def _not_found(_request: Request, _error: Exception) -> Response:
    return answers.error(404, "not_found", "There is nothing here.")


async def _not_so(_request: Request, _error: Exception) -> Response:
    return answers.error(405, "method_not_allowed", "This is not done so here.")
