"""One operation of the API: what it is called by, who may, what goes in and what comes out.

The list of operations is the API: the routes, the OpenAPI description and the tests of scope are
all made from it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request

from appliance.control.caller import Caller, Right
from appliance.control.changes import Control
from appliance.model.accounts import Tier

T = TypeVar("T")

EVERY_TIER: Final = frozenset(Tier)
OPERATORS: Final = frozenset({Tier.PLATFORM, Tier.RESELLER, Tier.TENANT})
PARTNERS: Final = frozenset({Tier.PLATFORM, Tier.RESELLER})
PLATFORM: Final = frozenset({Tier.PLATFORM})

NO_VERSION: Final = -1


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is encoded by msgspec; None is an empty body. `version` becomes the ETag."""

    content: object = None
    status: int = 200
    version: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. `body` and `query` are of the types that the operation names."""

    request: Request
    caller: Caller
    control: Control
    path: Mapping[str, str]
    query: Any = None
    body: Any = None
    parts: Mapping[type, Any] = field(default_factory=dict)

    def part(self, kind: type[T]) -> T:
        """The one part of that class which `main` handed to the API beside Control, such as
        `call.part(Feed)`."""
        found: T = self.parts[kind]
        return found

    @property
    def if_match(self) -> int | None:
        """The version that the caller has seen (RFC 9110 § 13.1.1); None where it does not say, or
        says that any will do. A tag that is none of ours is a version that nothing has."""
        value = self.request.headers.get("if-match", "*").strip()
        tag = value.removeprefix("W/").strip('"')
        if value == "*":
            return None
        return int(tag) if tag.isdecimal() and len(tag) < 10 else NO_VERSION


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """`tiers` empty: public, without a token. `right`: what a key needs besides; without one the
    operation is for people's logins alone, or for every key where `any_key` says so. `errors` are
    the statuses that it answers beyond those that every operation may; `other_types` what it may
    answer in beside `content_type`."""

    method: str
    path: str
    summary: str
    handler: Handler
    tiers: frozenset[Tier]
    right: Right | None = None
    any_key: bool = False
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    answer: type | None = None
    status: int = 200
    errors: tuple[int, ...] = ()
    family: str = ""
    content_type: str = "application/json"
    other_types: tuple[str, ...] = ()


class Family:
    """The operations of one resource family, each added by a decorator:

    extensions = Family("Extensions")

    @extensions.post("/v1/tenants/{slug}/extensions", "Create an extension", …)
    async def create(call: Call) -> Answer: …
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.operations: list[Operation] = []

    def get(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("GET", path, summary, more)

    def post(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("POST", path, summary, more)

    def put(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, summary, more)

    def patch(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("PATCH", path, summary, more)

    def delete(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, summary, {"status": 204, **more})

    def _add(
        self, method: str, path: str, summary: str, more: Mapping[str, Any]
    ) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.operations.append(
                Operation(method, path, summary, handler, family=self.name, **more)
            )
            return handler

        return add
