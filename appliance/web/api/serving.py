"""How every request to the API is served: one order for all operations.

who         the token, else 401; the tier and the right, else 403
how often   a rate per credential, else 429
again       the first answer of an Idempotency-Key, if there is one
what        path, query and body as the operation's types say, else 422 by field
do          the operation's own function
answer      JSON, ETag, the refusals in one shape
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from appliance.control.caller import SYSTEM, Caller
from appliance.control.changes import Control
from appliance.control.errors import (
    NOT_YOURS,
    Conflict,
    Forbidden,
    Invalid,
    NotAuthenticated,
    Refused,
    TooMany,
)
from appliance.control.first_answers import KeptAnswer
from appliance.store.errors import AlreadyTaken
from appliance.web.api.operation import Answer, Call, Operation
from appliance.web.api.rates import source

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 262_144
BODY_SECONDS: Final = 20.0
READ_ONLY: Final = frozenset({"GET", "HEAD"})
NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

NOBODY: Final = replace(SYSTEM, credential="nobody", label="nobody", rights=frozenset())
"""The caller of a public operation; it holds no right."""


class Identity(Protocol):
    """Who a token belongs to."""

    def caller(self, token: str, address: str) -> Caller:
        """Raises NotAuthenticated, with the words for why. From memory: it does not wait."""


class Rates(Protocol):
    """How often a credential may ask."""

    def take(self, credential: str) -> None:
        """Raises TooMany."""


class FirstAnswers(Protocol):
    """What an Idempotency-Key was answered with (manual § 25.6.1)."""

    async def once(
        self,
        caller: Caller,
        key: str,
        fingerprint: bytes,
        do: Callable[[], Awaitable[KeptAnswer]],
    ) -> KeptAnswer:
        """The first answer again, or `do` now and keep its answer. Raises Invalid for a key that
        came with another request, Conflict while the first is under way."""


class Api:
    """The routes of a list of operations."""

    def __init__(
        self,
        control: Control,
        identity: Identity,
        rates: Rates,
        first_answers: FirstAnswers,
        operations: Sequence[Operation],
        parts: Sequence[object] = (),
    ) -> None:
        """`parts`: what operations ask for by its class, `call.part(Feed)`."""
        self.control = control
        self.operations = operations
        self._identity = identity
        self._rates = rates
        self._first_answers = first_answers
        self._parts = {type(part): part for part in parts}

    def routes(self) -> list[Route]:
        """A path's methods together; what no operation serves is 405 or 404 by Starlette."""
        return [
            Route(one.path, self._endpoint(one), methods=[one.method]) for one in self.operations
        ]

    def _endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                return await self._serve(operation, request)
            except Refused as refused:
                return refusal(refused)
            except AlreadyTaken:
                return refusal(Conflict("Something else has that name.", "taken"))

        return serve

    async def _serve(self, operation: Operation, request: Request) -> Response:
        caller = self._caller(operation, request)
        _require(operation, caller)
        body = await _body(request)
        query = _query(operation, request)

        async def do() -> Response:
            what = _decoded(operation, body)
            path = {name: str(value) for name, value in request.path_params.items()}
            call = Call(request, caller, self.control, path, query, what, self._parts)
            answer = await operation.handler(call)
            return answer.content if isinstance(answer.content, Response) else encoded(answer)

        key = request.headers.get("idempotency-key", "")
        if not key or operation.method in READ_ONLY or not operation.tiers:
            return await do()
        if len(key) > 255:
            raise Invalid("An Idempotency-Key has at most 255 characters.", "idempotency_key")
        target = f"{operation.method} {request.url.path}?{request.url.query}\n"
        return await self._once(caller, key, target.encode() + body, do)

    async def _once(
        self,
        caller: Caller,
        key: str,
        fingerprint: bytes,
        do: Callable[[], Awaitable[Response]],
    ) -> Response:
        async def kept() -> KeptAnswer:
            try:
                response = await do()
            except Refused as refused:
                response = refusal(refused)
            return KeptAnswer(response.status_code, dict(response.headers), bytes(response.body))

        answer = await self._first_answers.once(caller, key, fingerprint, kept)
        return Response(answer.content, answer.status, answer.headers)

    def _caller(self, operation: Operation, request: Request) -> Caller:
        """Who asks, if not too often. Raises NotAuthenticated, TooMany."""
        address = request.client.host if request.client else ""
        if not operation.tiers:
            self._rates.take(source(address))
            return replace(NOBODY, address=address)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if kind.lower() != "bearer" or not token:
                raise NotAuthenticated("Missing or invalid token.")
            caller = self._identity.caller(token.strip(), address)
        except NotAuthenticated:
            self._rates.take(source(address))
            raise
        self._rates.take(caller.credential)
        return caller


def _require(operation: Operation, caller: Caller) -> None:
    """Raises Forbidden."""
    if operation.tiers and caller.tier not in operation.tiers:
        raise Forbidden(NOT_YOURS)
    if operation.right is not None and not caller.may(operation.right):
        raise Forbidden(NOT_YOURS, "right_missing")
    if operation.right is None and operation.tiers and caller.is_key and not operation.any_key:
        raise Forbidden("This is for people's logins, not for keys.", "logins_only")


def encoded(answer: Answer) -> Response:
    """An answer as it goes out."""
    headers = {**NO_STORE, **answer.headers}
    if answer.version is not None:
        headers["etag"] = f'"{answer.version}"'
    if answer.content is None:
        return Response(status_code=answer.status, headers=headers)
    content = msgspec.json.encode(answer.content)
    return Response(content, answer.status, headers, media_type="application/json")


def refusal(refused: Refused) -> Response:
    """The one shape of errors."""
    error: dict[str, object] = {"code": refused.code, "message": refused.message}
    if refused.fields:
        error["fields"] = refused.fields
    headers = dict(NO_STORE)
    if isinstance(refused, TooMany):
        headers["retry-after"] = str(max(1, round(refused.retry_after + 0.5)))
    if isinstance(refused, NotAuthenticated):
        headers["www-authenticate"] = "Bearer"
    content = msgspec.json.encode({**refused.more, "error": error})
    return Response(content, refused.status, headers, media_type="application/json")


async def _body(request: Request) -> bytes:
    """Raises TooLarge, and it is read no further; TooSlow."""
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                parts += part
                if len(parts) > LARGEST_BODY:
                    raise TooLarge(f"A request has at most {LARGEST_BODY // 1024} kB.")
    except (TimeoutError, ClientDisconnect):
        raise TooSlow("The body did not come.") from None
    return bytes(parts)


class TooLarge(Refused):
    status = 413
    default_code = "too_large"


class TooSlow(Refused):
    status = 408
    default_code = "too_slow"


def _decoded(operation: Operation, body: bytes) -> Any:
    wanted = operation.body
    return wanted and _read(lambda: msgspec.json.decode(body or b"{}", type=wanted))


def _query(operation: Operation, request: Request) -> Any:
    wanted, given = operation.query, dict(request.query_params)
    return wanted and _read(lambda: msgspec.convert(given, wanted, strict=False))


def _read(read: Callable[[], Any]) -> Any:
    """Raises Invalid naming the field."""
    try:
        return read()
    except msgspec.ValidationError as error:
        words, name = _fault(str(error))
        raise Invalid(f"{words}.", "invalid", {name: f"{words}."} if name else None) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("The body is not JSON.", "not_json") from None


def _fault(told: str) -> tuple[str, str]:
    """What msgspec finds wrong, and the field: where it stands, and of an unknown or missing one
    its name, which it tells in words alone."""
    words, _, place = told.partition(" - at ")
    where = place.partition("`$")[2].strip("`.")
    missing = words.partition("field `")[2].partition("`")[0]
    return words, ".".join(filter(None, (where, missing)))
