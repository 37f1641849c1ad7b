import gzip
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from appliance.web.static import console_routes

SCRIPT = "console.log('x');\n" * 40


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-4f2a.js").write_text(SCRIPT)
    (tmp_path / "assets" / "inter-9c1b.woff2").write_bytes(b"wOF2" * 50)
    (tmp_path / "index.html").write_text("<title>{{brand}} Admin</title>")
    (tmp_path / "secret.txt").write_text("no asset")
    return tmp_path


def asking(folder: Path, brand: str = "Byond<Voice>") -> httpx2.AsyncClient:
    app = Starlette(routes=console_routes(lambda: brand, folder))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://box")


@pytest.mark.parametrize(
    "name", ["none.js", "..%2fsecret.txt", "../secret.txt", "%2e%2e/index.html"]
)
async def test_what_is_no_asset_is_not_served(built: Path, name: str) -> None:
    async with asking(built) as ask:
        answer = await ask.get(f"/admin/assets/{name}")
    assert "no asset" not in answer.text
    assert answer.status_code == 404 or answer.text.startswith("<title>")


async def test_without_a_build_the_page_says_what_to_run(tmp_path: Path) -> None:
    async with asking(tmp_path) as ask:
        answer = await ask.get("/admin/")
    assert answer.status_code == 503
    assert "./dev try" in answer.text


@pytest.mark.parametrize("path", ["", "extensions", "calls/4f2a", "no/such/screen.html"])
async def test_every_address_is_the_page_which_is_never_kept(built: Path, path: str) -> None:
    async with asking(built) as ask:
        answer = await ask.get(f"/admin/{path}?tenant=acme")
    assert answer.status_code == 200
    assert answer.text == "<title>Byond&lt;Voice&gt; Admin</title>"
    assert answer.headers["cache-control"] == "no-store"


async def test_assets_are_kept_for_good_and_come_compressed(built: Path) -> None:
    async with asking(built) as ask:
        script = await ask.get("/admin/assets/index-4f2a.js", headers={"accept-encoding": "gzip"})
        plain = await ask.get("/admin/assets/index-4f2a.js", headers={"accept-encoding": "br"})
        font = await ask.get("/admin/assets/inter-9c1b.woff2", headers={"accept-encoding": "gzip"})
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["content-encoding"] == "gzip"
    assert int(script.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9))
    assert script.text == plain.text == SCRIPT
    assert font.headers["content-type"] == "font/woff2"
    assert "content-encoding" not in font.headers


@pytest.mark.parametrize("path", ["", "assets/index-4f2a.js", "assets/none.js"])
async def test_nothing_inline_and_nothing_from_elsewhere(built: Path, path: str) -> None:
    async with asking(built) as ask:
        answer = await ask.get(f"/admin/{path}")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_with_a_token_in_their_address_name_it_to_nobody(built: Path) -> None:
    async with asking(built) as ask:
        invited = await ask.get("/admin/invitation/abc")
        usual = await ask.get("/admin/extensions")
    assert invited.headers["referrer-policy"] == "no-referrer"
    assert usual.headers["referrer-policy"] == "same-origin"


async def test_the_bare_path_leads_to_the_page(built: Path) -> None:
    async with asking(built) as ask:
        answer = await ask.get("/admin")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/admin/"
