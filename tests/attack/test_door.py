"""The door under attack: guessing, forged and replayed tokens, stolen refresh tokens, other sites'
pages (manual § 3.1, § 20.5; decisions: Access)."""

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Final

import httpx2
import pytest

from appliance.control import hashing
from appliance.model.accounts import AccountStatus
from appliance.model.tenants import TenantStatus
from tests.store.conftest import StillClock
from tests.support.twins import PASSWORD, Asking, Twins

WRONG: Final = "not the password at all"
REFUSED: Final = {"error": {"code": "incorrect", "message": "Incorrect username or password"}}
PAGE: Final = {"x-requested-with": "console", "origin": "https://box.example"}


@dataclass
class Work:
    """How often Argon2 was computed."""

    times: int = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counted, fits = Work(), hashing.fits

    def counting(password: str, hash_: str) -> bool:
        counted.times += 1
        return fits(password, hash_)

    monkeypatch.setattr(hashing, "fits", counting)
    return counted


async def sign_in(
    twins: Twins, username: str, password: str, address: str = "192.0.2.7"
) -> httpx2.Response:
    body = {"username": username, "password": password}
    return await Asking(twins.app(), "", address).ask("POST", "/v1/login", body)


NAMES: Final = {
    "known": "acme/alice.tan",
    "owner": "acme",
    "operator": "sara.alvarez",
    "unknown": "acme/nobody",
    "unknown tenant": "nowhere/alice.tan",
    "ambiguous": "alice.tan",
    "ambiguous email": "alice.tan@example.com",
    "suspended": "frozen/alice.tan",
    "empty": "",
    "odd": "acme/' OR 1=1 --",
}


async def test_every_wrong_name_costs_the_same_work_and_gets_the_same_answer(
    twins: Twins, work: Work
) -> None:
    for position, name in enumerate(NAMES.values()):
        before = work.times
        answer = await sign_in(twins, name, WRONG, f"192.0.2.{position}")
        assert (answer.status_code, answer.json()) == (401, REFUSED), name
        assert work.times == before + 1, name
        assert "set-cookie" not in answer.headers


async def test_a_locked_login_answers_like_an_unknown_one_even_to_the_right_password(
    twins: Twins, clock: StillClock, work: Work
) -> None:
    for name in ("acme/alice.tan", "acme/nobody"):
        for at in range(5):
            await sign_in(twins, name, WRONG, f"198.51.100.{at}")
        before = work.times
        answer = await sign_in(twins, name, PASSWORD, "198.51.100.9")
        assert (answer.status_code, answer.json()) == (401, REFUSED)
        assert work.times == before + 1
    clock.seconds += 15 * 60 + 1
    assert (await sign_in(twins, "acme/alice.tan", PASSWORD)).status_code == 200
    assert (await sign_in(twins, "acme/nobody", PASSWORD)).status_code == 401


async def test_the_lock_holds_under_every_name_of_the_login_and_for_no_other(twins: Twins) -> None:
    for at in range(5):
        await sign_in(twins, "acme", WRONG, f"198.51.100.{at}")
    for name in ("acme", "ACME ", "acme/acme"):
        assert (await sign_in(twins, name, PASSWORD)).status_code == 401
    assert (await sign_in(twins, "zephyr", PASSWORD)).status_code == 200
    assert (await sign_in(twins, "acme/alice.tan", PASSWORD)).status_code == 200


@pytest.mark.parametrize("above", ["platform", "reseller:nimbus", "tenant:zephyr"])
async def test_nobody_beneath_keeps_an_address_from_signing_in(twins: Twins, above: str) -> None:
    email = twins.accounts[above].email
    body = {"name": "Eve", "username": "eve", "email": email}
    made = await twins.as_("tenant:acme").ask("POST", "/v1/tenants/acme/users", body)
    assert made.status_code == 201
    answer = await sign_in(twins, email, PASSWORD)
    assert answer.status_code == 200
    assert answer.json()["tier"] == twins.accounts[above].tier


async def test_many_tries_at_once_are_no_more_tries_than_one_after_another(twins: Twins) -> None:
    words = [f"guess {number}" for number in range(12)] + [PASSWORD]
    answers = await asyncio.gather(
        *(
            sign_in(twins, "acme/alice.tan", word, f"198.51.100.{at}")
            for at, word in enumerate(words)
        )
    )
    assert [answer.status_code for answer in answers] == [401] * len(words)


async def test_an_address_that_guesses_names_is_slowed_down(twins: Twins) -> None:
    answers = [await sign_in(twins, f"acme/guess{at}", WRONG) for at in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await sign_in(twins, "acme/alice.tan", PASSWORD, "203.0.113.5")).status_code == 200


async def test_a_right_password_alone_tells_that_the_tenant_is_suspended(twins: Twins) -> None:
    await _suspend(twins, "frozen")
    assert (await sign_in(twins, "frozen", WRONG)).json() == REFUSED
    told = (await sign_in(twins, "frozen", PASSWORD)).json()["error"]
    assert told["message"] == "account is not active"


# -- tokens ----------------------------------------------------------------------------------------


def forged(token: str) -> list[str]:
    """What somebody makes of a token of his own."""
    header, body, mac = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    raised = _text({**claims, "tier": "platform", "tid": None})
    longer = _text({**claims, "exp": claims["exp"] + 10_000})
    none = _text({"alg": "none", "typ": "JWT"})
    return [
        *(f"{header}.{raised}.{mac}", f"{header}.{longer}.{mac}", f"{none}.{body}."),
        *(f"{none}.{raised}.{mac}", f"{header}.{body}.", f"{header}.{body}", f"{header}..{mac}"),
        *(
            f"{header}.{body}.{mac[:-2]}",
            f"{token}.{mac}",
            f"{header}.{body}.{mac}=",
            token.upper(),
        ),
        *(f"{token[:-3]}%00", "é" * 20, "." * 5000),
    ]


def _text(claims: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


async def test_no_token_that_was_tampered_with_opens_anything(twins: Twins) -> None:
    app = twins.app()
    for token in forged(twins.tokens["tenant:acme"]):
        headers = [(b"authorization", b"Bearer " + token.encode())]
        answer = await asked_raw(app, "/v1/me", headers)
        assert answer == 401, token


async def asked_raw(app: object, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """The status, with headers that no client library would send."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.7", 5),
        "scheme": "https",
        "server": ("box.example", 443),
        "root_path": "",
        "http_version": "1.1",
    }
    sent: list[dict[str, int]] = []

    async def receive() -> object:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, int]) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[operator]
    return sent[0]["status"]


async def test_a_token_is_dead_with_its_login(twins: Twins) -> None:
    answer = await sign_in(twins, "acme", PASSWORD)
    token, cookie = answer.json()["token"], cookie_of(answer)
    assert await status_of(twins, token) == 200
    await page(twins, "/v1/logout", cookie)
    assert await status_of(twins, token) == 401
    assert (await page(twins, "/v1/login/refresh", cookie)).status_code == 401


@pytest.mark.parametrize("why", ["disabled", "suspended", "deleted", "ended"])
async def test_a_token_is_dead_at_once_when_its_holder_is_shut_out(twins: Twins, why: str) -> None:
    user = "/v1/tenants/acme/users/ben.ong"
    answer = await sign_in(twins, "acme/ben.ong", PASSWORD)
    token, cookie = answer.json()["token"], cookie_of(answer)
    ask = twins.as_("platform").ask
    assert await status_of(twins, token) == 200
    match why:
        case "disabled":
            await ask("PATCH", user, {"status": AccountStatus.DISABLED})
        case "suspended":
            await ask("PATCH", "/v1/tenants/acme", {"status": TenantStatus.SUSPENDED})
        case "deleted":
            await ask("DELETE", user)
        case _:
            await ask("DELETE", f"{user}/logins")
    assert await status_of(twins, token) == 401
    assert (await page(twins, "/v1/login/refresh", cookie)).status_code == 401


async def test_a_spent_refresh_token_ends_the_login_of_both_holders(twins: Twins) -> None:
    answer = await sign_in(twins, "acme", PASSWORD)
    stolen = cookie_of(answer)
    renewed = await page(twins, "/v1/login/refresh", stolen)
    assert renewed.status_code == 200
    assert (await page(twins, "/v1/login/refresh", stolen)).status_code == 401
    for token in (answer.json()["token"], renewed.json()["token"]):
        assert await status_of(twins, token) == 401
    assert (await page(twins, "/v1/login/refresh", cookie_of(renewed))).status_code == 401


async def test_of_two_who_refresh_at_once_one_at_most_goes_on(twins: Twins) -> None:
    cookie = cookie_of(await sign_in(twins, "acme", PASSWORD))
    answers = await asyncio.gather(*(page(twins, "/v1/login/refresh", cookie) for _ in range(8)))
    renewed = [answer for answer in answers if answer.status_code == 200]
    assert len(renewed) <= 1
    for answer in renewed:
        assert await status_of(twins, answer.json()["token"]) == 401


async def test_a_made_up_refresh_token_ends_nobodys_login(twins: Twins) -> None:
    answer = await sign_in(twins, "acme", PASSWORD)
    name, _, value = cookie_of(answer).partition("=")
    login, family, secret = value.split(".")
    for made_up in (
        *(f"{login}.{family[:-1]}x.{secret}", f"{login}.x.{secret}", f"{login}..", login, ""),
        *(f"{login}.{family}.{secret}.{secret}", "x" * 5000),
    ):
        for path in ("/v1/login/refresh", "/v1/logout"):
            await page(twins, path, f"{name}={made_up}")
    assert await status_of(twins, answer.json()["token"]) == 200
    assert (await page(twins, "/v1/login/refresh", f"{name}={value}")).status_code == 200


# -- other sites' pages ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/login/refresh", "/v1/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://box.example"},
        {"origin": "https://evil.example", "x-requested-with": "x"},
        {"origin": "null", "x-requested-with": "x"},
        {"origin": "http://box.example", "x-requested-with": "x"},
        {"origin": "https://box.example:8443", "x-requested-with": "x"},
        {"origin": "https://box.example.evil.example", "x-requested-with": "x"},
        {"sec-fetch-site": "cross-site", "x-requested-with": "x"},
        {"sec-fetch-site": "same-site", "x-requested-with": "x"},
    ],
    ids=repr,
)
async def test_what_the_cookie_opens_is_for_the_boxs_own_page(
    twins: Twins, path: str, headers: dict[str, str]
) -> None:
    answer = await sign_in(twins, "acme", PASSWORD)
    cookie = cookie_of(answer)
    sent = await Asking(twins.app(), "").ask("POST", path, headers={**headers, "cookie": cookie})
    assert sent.status_code == 403
    assert (await page(twins, "/v1/login/refresh", cookie)).status_code == 200


async def test_no_other_site_signs_a_browser_in(twins: Twins) -> None:
    body = {"username": "acme", "password": PASSWORD}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await Asking(twins.app(), "").ask("POST", "/v1/login", body, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_a_cookie_alone_opens_nothing_but_the_next_token(twins: Twins) -> None:
    cookie = cookie_of(await sign_in(twins, "acme", PASSWORD))
    ask = Asking(twins.app(), "")
    for path in ("/v1/me", "/v1/tenants/acme", "/v1/feed"):
        answer = await ask.ask("GET", path, headers={**PAGE, "cookie": cookie})
        assert answer.status_code == 401


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_hosts(twins: Twins) -> None:
    answer = await sign_in(twins, "acme", PASSWORD)
    (line,) = answer.headers.get_list("set-cookie")
    name, *rest = line.split("; ")
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(rest)
    assert not any(part.lower().startswith("domain") for part in rest)
    assert answer.headers["cache-control"] == "no-store"


# -- what tests ask by -----------------------------------------------------------------------------


def cookie_of(answer: httpx2.Response) -> str:
    """`name=value` of the refresh cookie."""
    assert answer.status_code == 200, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


async def page(twins: Twins, path: str, cookie: str) -> httpx2.Response:
    """As the console's page asks."""
    headers = {**PAGE, "cookie": cookie}
    return await Asking(twins.app(), "").ask("POST", path, headers=headers)


async def status_of(twins: Twins, token: str) -> int:
    return (await Asking(twins.app(), token).ask("GET", "/v1/me")).status_code


async def _suspend(twins: Twins, slug: str) -> None:
    answer = await twins.as_("platform").ask(
        "PATCH", f"/v1/tenants/{slug}", {"status": "suspended"}
    )
    assert answer.status_code == 200
