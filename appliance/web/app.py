"""The box's web side: its routes, and what they need of the rest of the box."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from appliance.web import answers
from appliance.web.access import bears, from_this_machine
from appliance.web.metrics import CONTENT_TYPE, Metric, render

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


def public_app(facts: PublicFacts) -> Starlette:
    """What HTTPS and HTTP serve."""
    page = PAGE.format(name=escape(facts.name), version=escape(facts.version))

    async def home(_request: Request) -> Response:
        return HTMLResponse(page)

    async def healthz(_request: Request) -> Response:
        return answers.json(facts.health())

    async def metrics(request: Request) -> Response:
        if not (from_this_machine(request) or bears(request, facts.metrics_key())):
            return answers.error(403, "forbidden", "Metrics are for this machine or a key.")
        return PlainTextResponse(render(facts.metrics()), media_type=CONTENT_TYPE)

    routes = [Route("/", home), Route("/healthz", healthz), Route("/metrics", metrics)]
    return Starlette(routes=routes)
