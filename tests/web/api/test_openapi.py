"""The description of the API: of every operation, with every status, and nothing dangling."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validator_for

from appliance.web.api.families import OPERATIONS
from appliance.web.api.openapi import PATH_NAME, description
from appliance.web.api.operation import Operation
from appliance.web.api.reference import Reference
from tests.support.api import World

DOCUMENT: Any = description(OPERATIONS, "ByondVoice", "1.0.0")


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_every_operation_is_described(operation: Operation) -> None:
    path = PATH_NAME.sub(r"{\1}", operation.path)
    facts = DOCUMENT["paths"][path][operation.method.lower()]
    assert facts["summary"]
    assert not facts["summary"].endswith(".")
    assert str(operation.status) in facts["responses"]
    assert ("401" in facts["responses"]) >= bool(operation.tiers)
    in_path = {one["name"] for one in facts["parameters"] if one["in"] == "path"}
    assert in_path == set(PATH_NAME.findall(operation.path))


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_every_json_answer_has_its_type(operation: Operation) -> None:
    if operation.status != 204:
        assert operation.answer is not None or operation.content_type != "application/json"


def test_every_operation_has_its_own_name() -> None:
    names = [
        facts["operationId"] for methods in DOCUMENT["paths"].values() for facts in methods.values()
    ]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    assert all(re.fullmatch(r"\w+", each) for each in names)


def test_every_reference_leads_somewhere() -> None:
    known = {f"#/components/schemas/{each}" for each in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= known
    assert all(re.fullmatch(r"[\w.-]+", each) for each in DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("type_", sorted(DOCUMENT["components"]["schemas"]))
def test_every_schema_is_json_schema(type_: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    validator_for({"$ref": f"#/components/schemas/{type_}", "components": {"schemas": schemas}})


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


async def test_the_document_and_its_page_are_served_to_everybody(world: World) -> None:
    world.parts.append(Reference(OPERATIONS, "Nimbus <Voice>", "1.0.0"))
    ask = world.as_("")
    assert (await ask.get("/v1/openapi.json")).json()["info"]["title"] == "Nimbus <Voice> API"
    page = await ask.get("/v1/reference")
    assert page.headers["content-type"].startswith("text/html")
    assert "Nimbus &lt;Voice&gt; API" in page.text
    for operation in OPERATIONS:
        assert PATH_NAME.sub(r"{\1}", operation.path) in page.text
    style = await ask.get("/v1/reference.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_the_page_needs_nothing_from_elsewhere_and_runs_no_script(world: World) -> None:
    world.parts.append(Reference(OPERATIONS, "ByondVoice", "1.0.0"))
    page = await world.as_("").get("/v1/reference")
    for foreign in ("<script", "style=", "http://", "https://", "//cdn", " onclick"):
        assert foreign not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
