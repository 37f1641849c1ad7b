"""What comes in: bodies that are no JSON, too deep, too large, of other types, with fields that
are nobody's to give."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import msgspec
import pytest

from appliance.web.api import serving
from appliance.web.api.families import OPERATIONS
from appliance.web.api.operation import Operation
from tests.attack.routes import ROWS, Row, Target
from tests.attack.state import everything
from tests.support.twins import Twins

LINES: Final = "/v1/tenants/acme/extensions"
ONE: Final = "/v1/tenants/acme/extensions/1001"
JSON: Final = {"content-type": "application/json"}
BY_NAME: Final[Mapping[str, Operation]] = {f"{one.method} {one.path}": one for one in OPERATIONS}
WITH_BODY: Final = [row for row in ROWS if BY_NAME[row.name].body is not None]
NOT_GIVEN: Final = (
    *("tier", "tenant_id", "tenant_key", "reseller_id", "owner", "key", "id", "version"),
    *("status_", "secret", "secret_hash", "rights", "made_by", "created_at", "__class__"),
)


def home(twins: Twins, row: Row) -> tuple[str, Target]:
    """Who may do it, and where."""
    if "t" in row.who:
        return "tenant:acme", Target(twins, "acme")
    return "platform", Target(twins, "helios", "vacant", "orion.ops")


def offered_by(row: Row) -> set[str]:
    body = BY_NAME[row.name].body
    return {field.encode_name for field in msgspec.structs.fields(body)} if body else set()


async def test_every_field_that_is_not_offered_is_refused_by_name(twins: Twins) -> None:
    """Mass assignment: no tier, owner or tenant is taken from a body."""
    before = await everything(twins.store)
    for row in WITH_BODY:
        name, target = home(twins, row)
        if "{slug}" not in row.path and "tenant:" in name:
            target = Target(twins, "acme")
        offered = offered_by(row)
        for field in (*NOT_GIVEN, "tenant", "reseller", "role"):
            if field in offered:
                continue
            body = row.body(target)
            assert isinstance(body, dict)
            answer = await twins.as_(name).ask(
                row.method, target.path(row.path), {**body, field: "platform"}, target.query(row)
            )
            assert answer.status_code == 422, (row.name, field, answer.text)
            assert field in answer.json()["error"]["fields"]
    assert await everything(twins.store) == before


def structs_of(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """The Structs that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from structs_of(field.type)
    for part in get_args(kind):
        yield from structs_of(part)


def test_no_body_or_query_takes_fields_that_it_does_not_name() -> None:
    for operation in OPERATIONS:
        for kind in (operation.body, operation.query):
            for struct in structs_of(kind):
                assert struct.__struct_config__.forbid_unknown_fields, struct


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"[" * 100_000, 422),
        (b'{"ticket":"t","credential":' + b'{"a":' * 30_000 + b"1" + b"}" * 30_001, 400),
        (b'{"ticket":"t","credential":{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}", 400),
        (b" " * 262_145, 413),
        (b'{"ticket":"' + b"x" * 300_000 + b'"}', 413),
        (b"\xef\xbb\xbf{}", 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b"ticket=t", 400),
        (b"<ticket/>", 400),
        (b'{"ticket":"t","credential":NaN}', 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"ticket"', 422),
    ],
    ids=lambda given: repr(given)[:40],
)
async def test_a_body_that_is_none_is_refused_without_a_login(
    twins: Twins, content: bytes, status: int
) -> None:
    answer = await twins.as_("").send("POST", "/v1/login/passkey/verify", content, JSON)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "name", ['"a\\ud800b"', '"a\\u0000b"', '"a\\r\\nBcc: b@c.example"', '"\xff"']
)
async def test_names_are_no_lone_surrogates_or_control_characters(twins: Twins, name: str) -> None:
    content = f'{{"extension":"1043","name":{name}}}'.encode("latin-1")
    answer = await twins.as_("tenant:acme").send("POST", LINES, content, JSON)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("number", ["１０４３", "١٠٤٣", "10 43", "1043\n", "-104", "1e3", "0x1F"])
async def test_a_number_is_made_of_plain_digits(twins: Twins, number: str) -> None:
    body = {"extension": number, "name": "Priya Nair"}
    answer = await twins.as_("tenant:acme").ask("POST", LINES, body)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"extension"})


@pytest.mark.parametrize("seconds", [b"9" * 5000, b"1e400", b"-1", b"1.5", b"true", b'"20"'])
async def test_a_figure_out_of_all_bounds_names_its_field(twins: Twins, seconds: bytes) -> None:
    content = b'{"extension":"1043","name":"Priya","ring_seconds":' + seconds + b"}"
    answer = await twins.as_("tenant:acme").send("POST", LINES, content, JSON)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"ring_seconds"})


@pytest.mark.parametrize(
    "tag", ['"99"', '"abc"', '"1", "2"', '""', '"99999999999999"', '"-1"', "1 "]
)
async def test_an_edit_on_a_tag_that_is_not_the_present_one_is_refused(
    twins: Twins, tag: str
) -> None:
    ask = twins.as_("tenant:acme")
    assert (await ask.ask("PATCH", ONE, {"name": "Alice T"})).headers["etag"] == '"2"'
    answer = await ask.ask("PATCH", ONE, {"name": "Alice X"}, headers={"if-match": tag})
    assert answer.status_code == 412
    assert (await ask.ask("GET", ONE)).json()["name"] == "Alice T"


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', "*"])
async def test_an_edit_on_the_present_tag_is_made(twins: Twins, tag: str) -> None:
    ask = twins.as_("tenant:acme")
    answer = await ask.ask("PATCH", ONE, {"name": "Alice T"}, headers={"if-match": tag})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')


class Connection:
    """A client that says what it says, and no more. `status` is what it is answered."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)

    async def post(self, twins: Twins, path: str) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"box")],
            "client": ("192.0.2.7", 5),
            "server": ("box", 443),
            "scheme": "https",
            "root_path": "",
            "http_version": "1.1",
        }
        await twins.app()(scope, self.receive, self.send)  # type: ignore[arg-type]


async def test_a_body_that_does_not_come_is_not_waited_for(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.01)
    slow = Connection({"type": "http.request", "body": b'{"user', "more_body": True})
    await slow.post(twins, "/v1/login")
    assert slow.status == 408


async def test_who_hangs_up_within_a_body_is_no_fault_of_ours(twins: Twins) -> None:
    gone = Connection(
        {"type": "http.request", "body": b'{"user', "more_body": True},
        {"type": "http.disconnect"},
    )
    await gone.post(twins, "/v1/login")
    assert gone.status == 408
