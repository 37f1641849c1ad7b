"""The API described by OpenAPI 3.1, from the same types that validate and the same operations that
are served: `/v1/openapi.json`."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from appliance.web.api.operation import Operation

Schema = Mapping[str, Any]

REF: Final = "#/components/schemas/{name}"
READ_ONLY: Final = frozenset({"GET", "HEAD"})
PATH_NAME: Final = re.compile(r"\{(\w+)(?::\w+)?\}")

MEANINGS: Final[Mapping[int, str]] = {
    200: "Done.",
    201: "Created; the answer is the full object.",
    202: "Taken; it is done in the background.",
    204: "Done; the answer is empty.",
    400: "The body is not JSON.",
    401: "Missing or invalid token.",
    403: "Token scope does not cover the path, or lacks the right.",
    404: "No such resource in your scope.",
    408: "The body did not come.",
    409: "Taken, at its limit, or in use; or a request with this Idempotency-Key goes on.",
    412: "Somebody else has changed it since (If-Match).",
    413: "The body is too large.",
    422: "A field cannot be so; `fields` names it.",
    429: "Rate budget exceeded; `Retry-After` says when to come back.",
}


class ErrorFacts(msgspec.Struct):
    """`code` is for programs, `message` for people; `fields` has by field what is wrong with
    it."""

    code: str
    message: str
    fields: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class Error(msgspec.Struct):
    """The one shape of errors."""

    error: ErrorFacts


def description(operations: Sequence[Operation], name: str, version: str) -> Mapping[str, Any]:
    """The whole document."""
    schemas, components = _schemas(operations)
    names = _names(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _Described(operation, schemas, components)
        path = PATH_NAME.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = {
            "operationId": names[operation],
            **described.facts(),
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{name} API", "version": version},
        "servers": [{"url": "/"}],
        "tags": [{"name": family} for family in dict.fromkeys(each.family for each in operations)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses(operation: Operation) -> list[int]:
    """Every status that the operation may answer with."""
    found = {operation.status, *operation.errors, 429}
    writes = operation.method not in READ_ONLY
    if operation.tiers:
        found |= {401, 403}
    if PATH_NAME.search(operation.path):
        found.add(404)
    if operation.query is not None or operation.body is not None or (writes and operation.tiers):
        found.add(422)
    if operation.body is not None:
        found.add(400)
    if writes:
        found |= {408, 409, 413}
    return sorted(found)


class _Described:
    """One operation, as OpenAPI puts it."""

    def __init__(
        self, operation: Operation, schemas: Mapping[Any, Schema], components: Mapping[str, Schema]
    ) -> None:
        self.operation = operation
        self.schemas = schemas
        self.components = components

    def facts(self) -> dict[str, Any]:
        operation = self.operation
        found: dict[str, Any] = {
            "tags": [operation.family],
            "summary": operation.summary,
            "description": self._who(),
            "security": [{"token": []}] if operation.tiers else [],
            "parameters": [*self._in_path(), *self._in_query(), *self._in_headers()],
            "responses": {str(status): self._response(status) for status in statuses(operation)},
        }
        if operation.body is not None:
            content = {"application/json": {"schema": self.schemas[operation.body]}}
            found["requestBody"] = {"required": True, "content": content}
        return found

    def _who(self) -> str:
        operation = self.operation
        if not operation.tiers:
            return "For everybody, without a token."
        tiers = f"For the tiers {', '.join(sorted(operation.tiers))}"
        if operation.right is not None:
            return f"{tiers}; a key needs `{operation.right}`."
        return f"{tiers}; {'for every key' if operation.any_key else 'for logins, not for keys'}."

    def _in_path(self) -> list[Schema]:
        return [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1},
            }
            for name in PATH_NAME.findall(self.operation.path)
        ]

    def _in_query(self) -> list[Schema]:
        if self.operation.query is None:
            return []
        name = self.schemas[self.operation.query]["$ref"].rpartition("/")[2]
        fields: Schema = self.components[name]
        return [
            {
                "name": field,
                "in": "query",
                "required": field in fields.get("required", ()),
                "schema": _without_null(schema),
            }
            for field, schema in fields["properties"].items()
        ]

    def _in_headers(self) -> list[Schema]:
        operation = self.operation
        found = []
        if operation.tiers and operation.method not in READ_ONLY:
            words = "The first answer is given again to a request that is repeated within 24 hours."
            found.append(_header("Idempotency-Key", words, 255))
        if 412 in operation.errors:
            found.append(_header("If-Match", "The version (ETag) that you have seen.", 40))
        return found

    def _response(self, status: int) -> Schema:
        found: dict[str, Any] = {"description": MEANINGS.get(status, HTTPStatus(status).phrase)}
        operation = self.operation
        if status >= 400:
            found["content"] = {"application/json": {"schema": {"$ref": REF.format(name="Error")}}}
        elif status != 204:
            schema = self.schemas.get(operation.answer, {})
            if operation.content_type != "application/json":
                schema = {"type": "string"}
            text = {other: {"schema": {"type": "string"}} for other in operation.other_types}
            found["content"] = {operation.content_type: {"schema": schema}, **text}
        if status == 429:
            found["headers"] = {
                "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
            }
        return found


def _schemas(operations: Sequence[Operation]) -> tuple[dict[Any, Schema], dict[str, Any]]:
    """By type its schema, and the components that they refer to."""
    kinds: list[Any] = [Error]
    for operation in operations:
        for kind in (operation.body, operation.query, operation.answer):
            if kind is not None and kind not in kinds:
                kinds.append(kind)
    found, components = msgspec.json.schema_components(kinds, ref_template=REF)
    return dict(zip(kinds, found, strict=True)), dict(components)


def _names(operations: Sequence[Operation]) -> Mapping[Operation, str]:
    """Each operation's own name: its family and its function."""
    names = {one: f"{_snake(one.family)}_{one.handler.__name__}" for one in operations}
    counted = Counter(names.values())
    return {
        one: name if counted[name] == 1 else f"{name}_{_snake(one.path)}"
        for one, name in names.items()
    }


def _snake(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_")


def _without_null(schema: Schema) -> Schema:
    """A query has no null: what may be null may be left out."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return dict(choices[0])
    kept = {name: value for name, value in schema.items() if value is not None}
    return {**kept, "anyOf": choices} if choices else kept


def _header(name: str, words: str, longest: int) -> Schema:
    schema = {"type": "string", "maxLength": longest}
    return {"name": name, "in": "header", "description": words, "schema": schema}
