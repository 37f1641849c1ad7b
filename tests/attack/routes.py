"""Who may ask what: every operation of the API with the answer for every kind of caller.

Written down by hand, not taken from the operations' own declarations, so that a tier too many there
is found here. A new operation needs a row: `test_routes.py` fails until it has one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.twins import PASSWORD, Twins

Body = Callable[["Target"], object]

NOUNS_WITH_IDS: Final = {"calls": "call", "webhooks": "webhook", "api-keys": "key"}


@dataclass(frozen=True, slots=True)
class Row:
    """`who`: the tiers that may. `right`: what a key needs, "" where any key may, None where none
    may. `path` values are sought in `Target`. `ok` is the status of success."""

    method: str
    path: str
    who: str
    right: str | None
    ok: int = 200
    body: Body = field(default=lambda _target: None)
    query: Mapping[str, str] = field(default_factory=dict)
    keys: str = "prt"
    """The tiers whose keys may."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: the tenant, or the reseller where `slug` is empty."""

    twins: Twins
    slug: str = ""
    code: str = ""
    operator: str = ""
    number: str = "1002"
    user: str = "ben.ong"

    def path(self, template: str) -> str:
        values: dict[str, Any] = {
            "slug": self.slug,
            "code": self.code,
            "number": self.number,
            "id": self._id(template),
            "delivery": "dlv_0",
            "token": "nothing",
            "username": self._username(template),
        }
        return template.format(**values)

    def query(self, row: Row) -> dict[str, str]:
        return {name: value.format(device=self.device) for name, value in row.query.items()}

    @property
    def device(self) -> str:
        found = [
            one.device.username
            for one in self.twins.store.snapshot.subscribers()
            if one.tenant.slug == self.slug and one.extension.number == self.number
        ]
        return found[0] if found else "1002-desk"

    def _id(self, template: str) -> str:
        noun = next((noun for part, noun in NOUNS_WITH_IDS.items() if f"/{part}/" in template), "")
        owner = f"tenant:{self.slug}" if self.slug else f"reseller:{self.code}"
        return self.twins.ids.get((noun, owner), "0")

    def _username(self, template: str) -> str:
        if "/operators/" in template:
            return self.operator
        return self.device if "/devices/" in template else self.user


def says(**body: object) -> Body:
    return lambda _target: body or None


NO_BODY: Final = says()


def _rows_of_lines() -> list[Row]:
    lines = "/v1/tenants/{slug}/extensions"
    one = f"{lines}/{{number}}"
    of_devices = f"{one}/devices"
    device = f"{of_devices}/{{username}}"
    return [
        Row("GET", lines, "prt", "pbx:read"),
        Row("POST", lines, "prt", "pbx:write", 201, says(extension="1043", name="Priya Nair")),
        Row("GET", f"{lines}/next", "prt", "pbx:read"),
        Row("GET", one, "prt", "pbx:read"),
        Row("PATCH", one, "prt", "pbx:write", body=says(name="Ben")),
        Row("GET", f"{one}/contents", "prt", "pbx:read"),
        Row("DELETE", one, "prt", "pbx:write", 204),
        Row("GET", of_devices, "prt", "pbx:read"),
        Row("POST", of_devices, "prt", "pbx:write", 201, says(type="desk", name="Desk")),
        Row("GET", device, "prt", "pbx:read"),
        Row("PATCH", device, "prt", "pbx:write", body=says(name="Desk")),
        Row("DELETE", device, "prt", "pbx:write", 204),
        Row("POST", f"{device}/secret", "prt", "pbx:write"),
        Row("GET", f"{device}/registrar", "prt", "pbx:read"),
        Row("GET", "/v1/tenants/{slug}/registrations", "prt", "pbx:read"),
        Row("GET", "/v1/tenants/{slug}/blocks", "prt", "pbx:read"),
        Row("DELETE", "/v1/tenants/{slug}/blocks", "prt", "pbx:write", 204, query=BLOCK),
        Row("GET", "/v1/tenants/{slug}/overview", "prt", "pbx:read"),
        Row("GET", "/v1/tenants/{slug}/calls", "prt", "calls:read"),
        Row("GET", "/v1/tenants/{slug}/calls/live", "prt", "calls:read"),
        Row("GET", "/v1/tenants/{slug}/calls/export", "prt", "calls:read"),
        Row("GET", "/v1/tenants/{slug}/calls/{id}", "prt", "calls:read"),
    ]


BLOCK: Final = {"username": "{device}", "address": "198.51.100.9"}


def _rows_of_users() -> list[Row]:
    users = "/v1/tenants/{slug}/users"
    one = f"{users}/{{username}}"
    new = says(name="Dev Kumar", username="dev.kumar", email="dev@example.com")
    return [
        Row("GET", users, "prt", "pbx:read"),
        Row("POST", users, "prt", "pbx:write", 201, new),
        Row("GET", one, "prt", "pbx:read"),
        Row("PATCH", one, "prt", "pbx:write", body=says(name="Ben")),
        Row("DELETE", one, "prt", "pbx:write", 204),
        Row("PUT", f"{one}/links", "prt", "pbx:write", body=says(links=[{"extension": "1003"}])),
        Row("PATCH", f"{one}/security", "prt", "pbx:write", body=says(email="b@example.com")),
        Row("POST", f"{one}/invitation", "prt", "pbx:write", 409),
        Row("POST", f"{one}/reset-link", "prt", "pbx:write", 204),
        Row("POST", f"{one}/temporary-password", "prt", "pbx:write"),
        Row("GET", f"{one}/logins", "prt", "pbx:read"),
        Row("DELETE", f"{one}/logins", "prt", "pbx:write", 204),
    ]


def _rows_of_tenancy() -> list[Row]:
    resellers, tenants = "/v1/resellers", "/v1/tenants"
    reseller, tenant = f"{resellers}/{{code}}", f"{tenants}/{{slug}}"

    def new(target: Target) -> object:
        code = f"NEW{target.slug}".upper()
        return {"name": "New", "code": code, "admin_email": f"ops@{target.slug}.example"}

    return [
        Row("GET", resellers, "pr", "tenancy:read", keys="pr"),
        Row("POST", resellers, "p", "tenancy:write", 201, new, keys="p"),
        Row("GET", reseller, "pr", "tenancy:read", keys="pr"),
        Row("PATCH", reseller, "p", "tenancy:write", body=says(name="Partner 2"), keys="p"),
        Row("DELETE", reseller, "p", "tenancy:write", 204, _typed_code, keys="p"),
        Row("GET", f"{reseller}/tenants", "pr", "tenancy:read", keys="pr"),
        Row("POST", f"{reseller}/tenants", "pr", "tenancy:write", 201, says(name="N"), keys="pr"),
        Row("GET", tenants, "prt", "tenancy:read"),
        Row("POST", tenants, "pr", "tenancy:write", 201, says(name="New Co"), keys="pr"),
        Row("GET", tenant, "prt", "tenancy:read"),
        Row("PATCH", tenant, "pr", "tenancy:write", body=says(name="Customer 2"), keys="pr"),
        Row("GET", f"{tenant}/contents", "prt", "tenancy:read"),
        Row("DELETE", tenant, "pr", "tenancy:write", 204, _typed_slug, keys="pr"),
    ]


def _typed_slug(target: Target) -> object:
    return {"confirm": target.slug}


def _typed_code(target: Target) -> object:
    return {"confirm": target.code.upper()}


def _rows_of_operators() -> list[Row]:
    operators = "/v1/operators"
    one = f"{operators}/{{username}}"

    def new(target: Target) -> object:
        username = f"new.{target.operator}"
        return {"name": "Nora", "username": username, "email": f"{username}@example.com"}

    def row(method: str, path: str, ok: int = 200, body: Body = NO_BODY) -> Row:
        right = "tenancy:read" if method == "GET" else None
        return Row(method, path, "pr", right, ok, body, keys="pr")

    return [
        row("GET", operators),
        row("POST", operators, 201, new),
        row("GET", one),
        row("PATCH", one, body=says(name="Nora")),
        row("DELETE", one, 204),
        row("PATCH", f"{one}/security", body=says(require_second_factor=True)),
        row("POST", f"{one}/invitation", 409),
        row("POST", f"{one}/reset-link", 204),
        row("POST", f"{one}/temporary-password"),
        row("GET", f"{one}/logins"),
        row("DELETE", f"{one}/logins", 204),
    ]


def _rows_of_keys() -> list[Row]:
    keys = "/v1/api-keys"
    one = f"{keys}/{{id}}"
    new = says(label="CRM", scopes=["keys:write"])
    return [
        Row("GET", keys, "prt", "keys:write"),
        Row("POST", keys, "prt", "keys:write", 201, new),
        Row("GET", one, "prt", "keys:write"),
        Row("PATCH", one, "prt", "keys:write", body=says(label="ERP")),
        Row("POST", f"{one}/secret", "prt", "keys:write"),
        Row("DELETE", one, "prt", "keys:write", 204),
    ]


def _rows_of_webhooks() -> list[Row]:
    hooks = "/v1/webhooks"
    one = f"{hooks}/{{id}}"
    new = says(url="https://hooks.example/", events=["call.completed"])

    def row(method: str, path: str, ok: int = 200, body: Body = NO_BODY) -> Row:
        return Row(method, path, "prt", "webhooks:write", ok, body)

    return [
        row("GET", hooks),
        row("POST", hooks, 201, new),
        row("GET", one),
        row("PATCH", one, body=says(label="ERP")),
        row("DELETE", one, 204),
        row("POST", f"{one}/secret"),
        row("POST", f"{one}/test", 202),
        row("GET", f"{one}/deliveries"),
        row("GET", f"{one}/deliveries/{{delivery}}", 404),
        row("POST", f"{one}/deliveries/{{delivery}}/resend", 404),
    ]


def _rows_of_oneself() -> list[Row]:
    me = "/v1/me"

    def row(method: str, path: str, ok: int = 200, body: Body = NO_BODY) -> Row:
        return Row(method, path, "prtu", None, ok, body)

    return [
        Row("GET", me, "prtu", ""),
        row("POST", f"{me}/confirm", 204, says(password=PASSWORD)),
        row("POST", f"{me}/password", 204, says(current=PASSWORD, password=f"{PASSWORD} 2")),
        row("POST", f"{me}/totp"),
        row("POST", f"{me}/totp/confirm", 422, says(code="000000")),
        row("DELETE", f"{me}/totp", 204),
        row("PUT", f"{me}/email-otp", 204, says(on=True)),
        row("POST", f"{me}/recovery-codes"),
        row("POST", f"{me}/passkeys/options"),
        row("POST", f"{me}/passkeys", 422, says(credential={})),
        row("DELETE", f"{me}/passkeys/{{id}}", 404),
        row("GET", f"{me}/logins"),
        row("DELETE", f"{me}/logins/{{id}}", 404),
        row("DELETE", f"{me}/logins"),
    ]


def _rows_of_policy() -> list[Row]:
    strict = says(
        min_length=14,
        block_common=True,
        no_reuse=6,
        require_admin_2fa=True,
        lockout_fails=4,
        lockout_minutes=20,
    )
    own = "/v1/tenants/{slug}/policy"
    settings = says(requests_per_minute=1_000_000)
    return [
        Row("GET", "/v1/policy", "p", "tenancy:read", keys="p"),
        Row("PUT", "/v1/policy", "p", "tenancy:write", body=strict, keys="p"),
        Row("GET", own, "prt", "tenancy:read"),
        Row("PUT", own, "prt", "tenancy:write", body=strict),
        Row("GET", "/v1/api-settings", "prt", ""),
        Row("PUT", "/v1/api-settings", "p", None, body=settings),
    ]


def _rows_of_the_box() -> list[Row]:
    mail = "/v1/mail"
    relay = says(host="smtp.example", from_name="Box", from_address="box@example.com")
    message = f"{mail}/messages/{{id}}"
    return [
        Row("GET", f"{mail}/settings", "p", None),
        Row("PUT", f"{mail}/settings", "p", None, body=relay),
        Row("POST", f"{mail}/test", "p", None, 202, says(recipient="a@example.com")),
        Row("GET", f"{mail}/messages", "p", None),
        Row("GET", message, "p", None, 404),
        Row("POST", f"{message}/retry", "p", None, 404),
        Row("DELETE", message, "p", None, 404),
        Row("GET", "/v1/registrations", "prt", "pbx:read"),
        Row("GET", "/v1/blocks", "prt", "pbx:read"),
        Row("DELETE", "/v1/blocks", "prt", "pbx:write", 204, query=BLOCK),
        Row("GET", "/v1/overview", "prt", "tenancy:read"),
        Row("GET", "/v1/search", "prt", "", query={"q": "alice"}),
        Row("GET", "/v1/feed", "prt", "pbx:read"),
        Row("GET", "/v1/health", "prt", ""),
        Row("GET", "/v1/audit", "prt", "audit:read"),
        Row("GET", "/v1/audit/export", "prt", "audit:read"),
        Row("GET", "/v1/audit/verify", "p", "audit:read", keys="p"),
    ]


ROWS: Final = (
    *_rows_of_lines(),
    *_rows_of_users(),
    *_rows_of_tenancy(),
    *_rows_of_operators(),
    *_rows_of_keys(),
    *_rows_of_webhooks(),
    *_rows_of_oneself(),
    *_rows_of_policy(),
    *_rows_of_the_box(),
)


PUBLIC: Final[Mapping[str, tuple[object, int]]] = {
    "POST /v1/login": ({"username": "nobody", "password": "wrong"}, 401),
    "POST /v1/login/code": ({"ticket": "none"}, 401),
    "POST /v1/login/password": ({"ticket": "none", "password": "x"}, 401),
    "POST /v1/login/passkey": ({}, 200),
    "POST /v1/login/passkey/verify": ({"ticket": "none", "credential": {}}, 401),
    "POST /v1/login/enrol/totp": ({"ticket": "none"}, 401),
    "POST /v1/login/enrol/totp/confirm": ({"ticket": "none", "code": "000000"}, 401),
    "POST /v1/login/enrol/email": ({"ticket": "none", "code": "000000"}, 401),
    "POST /v1/login/enrol/passkey": ({"ticket": "none"}, 401),
    "POST /v1/login/enrol/passkey/confirm": ({"ticket": "none", "credential": {}}, 401),
    "POST /v1/login/refresh": ({}, 403),
    "POST /v1/logout": ({}, 403),
    "POST /v1/login/forgot": ({"username": "nobody"}, 202),
    "GET /v1/invitations/{token}": (None, 404),
    "POST /v1/invitations/{token}": ({"password": "x"}, 404),
    "GET /v1/setup": (None, 200),
    "GET /v1/openapi.json": (None, 200),
    "GET /v1/reference": (None, 200),
    "GET /v1/reference.css": (None, 200),
    "POST /v1/setup": (
        {"code": "x", "username": "eve", "name": "Eve", "email": "e@e.example", "password": "x"},
        404,
    ),
}
"""What anybody may ask: a body that gets nobody in, and the answer to it, token or no token."""
