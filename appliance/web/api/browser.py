"""What belongs to a browser: the cookie that keeps a login, and proof that a page of ours asks."""

from typing import Final

from starlette.requests import Request

from appliance.control.errors import Forbidden, Refused
from appliance.control.logins import LIFE, Whereabouts
from appliance.control.passkeys import Site
from appliance.web.access import from_this_machine

COOKIE: Final = "login"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
"""A name that a browser takes over HTTPS alone, of this very host alone (RFC 6265bis § 4.1.3.2)."""

PAGE_HEADER: Final = "x-requested-with"
"""No other site's form can send it, and no other site's script without our leave."""


def require_private(request: Request) -> None:
    """Passwords come over HTTPS, or from this machine. Raises Forbidden."""
    if request.url.scheme != "https" and not from_this_machine(request):
        raise Forbidden("Sign in over HTTPS.", "https_required")


def require_own_page(request: Request) -> None:
    """What a browser says about where a request comes from must be ourselves; programs say
    nothing. Raises Forbidden."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    if (origin is not None and origin != site_of(request).origin) or site not in (
        "same-origin",
        "none",
    ):
        raise Forbidden("This must come from the box's own page.", "cross_site")


def require_page_header(request: Request) -> None:
    """For what a cookie alone opens: a header that only our own page sends besides. Raises
    Forbidden."""
    require_own_page(request)
    if not request.headers.get(PAGE_HEADER):
        raise Forbidden(f"The header {PAGE_HEADER} is missing.", "cross_site")


def refresh_token(request: Request) -> str:
    """What the cookie holds, "" for none."""
    return request.cookies.get(_name(request), "")


def cookie(request: Request, token: str) -> str:
    """The Set-Cookie line that keeps a refresh token, or with "" forgets it."""
    life = int(LIFE.total_seconds()) if token else 0
    secure = "; Secure" if request.url.scheme == "https" else ""
    return f"{_name(request)}={token}; Path=/; Max-Age={life}; HttpOnly{secure}; SameSite=Strict"


def whereabouts(request: Request) -> Whereabouts:
    address = request.client.host if request.client else ""
    return Whereabouts(address, request.headers.get("user-agent", ""))


def site_of(request: Request) -> Site:
    """The site as the browser names it. Raises Refused for a Host header that names none."""
    host = request.headers.get("host", "")
    try:
        name = request.url.hostname
    except ValueError:
        name = None
    if not name:
        raise Refused("The Host header names no host.", "bad_host")
    return Site(name, f"{request.url.scheme}://{host}")


def _name(request: Request) -> str:
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE
