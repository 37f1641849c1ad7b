"""Names are data: whatever people write into them comes back as it is in JSON, opens nothing in a
mail, a table or a log, and no pattern of a search means anything but itself."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from appliance.control import mails
from appliance.control.caller import SYSTEM
from appliance.control.changes import Change
from appliance.mail.letters import House, Letters
from appliance.model.mails import MailKind
from tests.attack.routes import ROWS, Row, Target
from tests.attack.test_bodies import home
from tests.support.twins import Twins

SCRIPT: Final = "\"><img src=x onerror=alert(1)></script><script>alert(1)</script>'{{7*7}}${7*7}"
NAMES: Final = ("name", "label", "owner_name", "admin_name", "from_name")
BREAKS: Final = (
    "\r\nBcc: eve@evil.example",
    "\nX: y",
    "\x00",
    "\x7f",
    "\u2028",
    "\u202e",
    "\x1b[2J",
)


def with_names() -> Iterator[tuple[Row, str]]:
    """Each operation that takes a name, with that name's field."""
    for row in ROWS:
        body = row.body(Target(Twins.__new__(Twins), "acme", "nimbus", "nimbus.ops"))
        for field in NAMES:
            if isinstance(body, dict) and field in body:
                yield row, field


def by_row(given: Any) -> str:
    return given.name if isinstance(given, Row) else str(given)


@pytest.mark.parametrize(("row", "field"), list(with_names()), ids=by_row)
async def test_a_script_in_a_name_comes_back_as_data(twins: Twins, row: Row, field: str) -> None:
    name, target = home(twins, row)
    body = row.body(target)
    assert isinstance(body, dict)
    answer = await twins.as_(name).ask(
        row.method, target.path(row.path), {**body, field: SCRIPT[:80]}
    )
    assert answer.status_code == row.ok, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if field in answer.json():
        assert answer.json()[field] == SCRIPT[:80]


@pytest.mark.parametrize(("row", "field"), list(with_names()), ids=by_row)
async def test_no_name_breaks_a_line(twins: Twins, row: Row, field: str) -> None:
    name, target = home(twins, row)
    body = row.body(target)
    assert isinstance(body, dict)
    for end in BREAKS:
        answer = await twins.as_(name).ask(
            row.method, target.path(row.path), {**body, field: f"Alice{end} Tan"}
        )
        assert answer.status_code == 422, (end, answer.text)
        assert field in answer.json()["error"]["fields"]


@pytest.mark.parametrize(
    "address",
    [
        *("a@b.example\r\nBcc: eve@evil.example", "a@b.example,eve@evil.example", "a b@c.example"),
        *("<a@b.example>", "a@b.example>", '"a"@b.example', "a@b@c.example", "a@", "@b.example"),
        *("a@b.example\x00", "a@[127.0.0.1]", f"{'a' * 65}@b.example", "a@b.example;e@e.example"),
        *("a@-b.example", "a@b..example", "a@.b.example"),
    ],
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/tenants/acme/users", {"name": "Eve", "username": "eve"}),
        ("/v1/operators", {"name": "Eve", "username": "eve"}),
        ("/v1/mail/test", {}),
    ],
)
async def test_an_address_is_one_address(
    twins: Twins, path: str, body: dict[str, str], address: str
) -> None:
    field = "recipient" if path == "/v1/mail/test" else "email"
    answer = await twins.as_("platform").ask("POST", path, {**body, field: address})
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {field})
    listed = await twins.as_("platform").ask("GET", "/v1/mail/messages")
    assert listed.json()["page"]["total"] == 0


async def test_a_script_in_a_mail_is_words(twins: Twins) -> None:
    letters = Letters(lambda: House("ByondVoice", "https://box.example"))
    for kind in MailKind:
        facts = dict.fromkeys(("name", "username", "tenant", "address", "user_agent"), SCRIPT)
        letter = letters.write(kind, facts)
        assert "<script" not in letter.html
        assert "<img src=x" not in letter.html
        assert "49" not in letter.html
        assert "\n" not in letter.subject
        assert "\r" not in letter.subject


async def test_a_formula_in_a_name_is_text_in_every_table(twins: Twins) -> None:
    formula = '=HYPERLINK("http://evil.example","x")'
    users = "/v1/tenants/acme/users"
    ask = twins.as_("tenant:acme").ask
    await ask("PATCH", f"{users}/ben.ong", {"name": formula})
    await ask("PATCH", "/v1/tenants/acme/extensions/1001", {"name": formula})
    for path, query in ((users, {"format": "csv"}), ("/v1/audit/export", {})):
        table = await ask("GET", path, query=query)
        assert table.headers["content-disposition"].startswith("attachment")
        cells = [cell for line in table.text.splitlines() for cell in line.split(",")]
        assert not any(cell.strip('"').startswith(("=", "@", "+", "-")) for cell in cells)


PATTERNS: Final = ("%", "_", "____", "a%", "\\", "[a-z]*", "1__1", "*", "a_i")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/tenants/acme/extensions", "q"),
        ("/v1/tenants/acme/users", "q"),
        ("/v1/tenants/acme/registrations", "q"),
        ("/v1/tenants/acme/calls", "party"),
        ("/v1/registrations", "q"),
        ("/v1/tenants", "q"),
        ("/v1/api-keys", "q"),
        ("/v1/webhooks", "q"),
        ("/v1/search", "q"),
    ],
)
async def test_a_pattern_finds_itself_alone(twins: Twins, path: str, field: str) -> None:
    for pattern in PATTERNS:
        answer = await twins.as_("tenant:acme").ask("GET", path, query={field: pattern})
        assert (answer.status_code, answer.json()["data"]) == (200, []), pattern


async def test_a_mail_is_read_by_the_platform_alone_and_that_is_in_the_log(twins: Twins) -> None:
    def queue(change: Change) -> str:
        change.record("user", "Sent invitation", "user alice.tan")
        return str(mails.queue(change, "invitation", "a@b.example", token="secret-token").key)

    key = await twins.control.change(SYSTEM, queue)
    answer = await twins.as_("platform").ask("GET", f"/v1/mail/messages/{key}")
    assert answer.status_code == 200
    log = await twins.as_("platform").ask("GET", "/v1/audit", query={"q": "mail"})
    assert "Read mail" in log.text
    assert "secret-token" not in log.text
