import httpx2
import pytest
from starlette.types import ASGIApp

from appliance.web.app import PublicFacts, plain_app, public_app
from appliance.web.metrics import Metric

HERE = ("127.0.0.1", 50000)
ELSEWHERE = ("192.0.2.7", 50000)


def facts(metrics_key: str = "") -> PublicFacts:
    return PublicFacts(
        name="Byond<Voice>",
        version="1.2.3",
        health=lambda: {"status": "ok"},
        metrics=lambda: [Metric.gauge("calls", "Calls in progress.", 3)],
        metrics_key=lambda: metrics_key,
    )


def app(metrics_key: str = "") -> ASGIApp:
    return public_app(facts(metrics_key))


def asking(served: ASGIApp, client: tuple[str, int]) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=served, client=client)
    return httpx2.AsyncClient(transport=transport, base_url="http://box")


@pytest.mark.parametrize("client", [ELSEWHERE, ("2001:db8::7", 50000), ("::ffff:192.0.2.7", 1)])
async def test_metrics_are_refused_to_others_without_the_key(client: tuple[str, int]) -> None:
    async with asking(app("secret"), client) as ask:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic secret"}):
            answer = await ask.get("/metrics", headers=headers)
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "forbidden"


async def test_empty_key_opens_nothing() -> None:
    async with asking(app(""), ELSEWHERE) as ask:
        answer = await ask.get("/metrics", headers={"Authorization": "Bearer "})
        assert answer.status_code == 403


async def test_key_opens_the_metrics_from_elsewhere() -> None:
    async with asking(app("secret"), ELSEWHERE) as ask:
        answer = await ask.get("/metrics", headers={"Authorization": "Bearer secret"})
        assert answer.status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_metrics_are_open_to_the_machine_itself(host: str) -> None:
    async with asking(app(), (host, 1)) as ask:
        answer = await ask.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "calls 3\n" in answer.text


async def test_health_needs_no_login() -> None:
    async with asking(app(), ELSEWHERE) as ask:
        answer = await ask.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_page_says_what_this_is_and_escapes_the_brand() -> None:
    async with asking(app(), ELSEWHERE) as ask:
        answer = await ask.get("/")
        assert "Byond&lt;Voice&gt;" in answer.text
        assert "telephone system" in answer.text


@pytest.mark.parametrize(
    ("path", "port", "target"),
    [
        ("/v1/tenants?q=a", 443, "https://box/v1/tenants?q=a"),
        ("/v1/login", 8443, "https://box:8443/v1/login"),
        ("/admin", 8443, "https://box:8443/admin"),
        ("/admin/tenants/acme", 443, "https://box/admin/tenants/acme"),
    ],
)
async def test_what_wants_a_login_is_sent_to_https(path: str, port: int, target: str) -> None:
    async with asking(plain_app(facts(), lambda: port), ELSEWHERE) as ask:
        for method in ("GET", "POST", "DELETE"):
            answer = await ask.request(method, path, headers={"Authorization": "Bearer secret"})
            assert answer.status_code == 308
            assert answer.headers["location"] == target


async def test_plain_http_still_tells_health() -> None:
    async with asking(plain_app(facts(), lambda: 443), ELSEWHERE) as ask:
        assert (await ask.get("/healthz")).status_code == 200


async def test_nothing_there_is_said_in_the_shape_of_errors() -> None:
    async with asking(app(), ELSEWHERE) as ask:
        assert (await ask.get("/v1/nothing")).json()["error"]["code"] == "not_found"
        assert (await ask.post("/healthz")).json()["error"]["code"] == "method_not_allowed"
