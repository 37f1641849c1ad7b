"""Why a caller does not get what it asks for, in words for it.

Refused                 code, message, and by field what is wrong
    NotAuthenticated    401     no token, or one that is over
    Forbidden           403     the path or the method is not this caller's
    NotFound            404     nothing of that name within the caller's scope
    Conflict            409     taken, at its limit, or in use
    Changed             412     somebody else has changed it since (If-Match)
    Invalid             422     a field that cannot be so
    TooMany             429     come back in `retry_after` seconds
"""

from collections.abc import Mapping
from typing import ClassVar


class Refused(Exception):
    status: ClassVar[int] = 400

    default_code: ClassVar[str] = "refused"

    def __init__(
        self,
        message: str,
        code: str = "",
        fields: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        """`more` goes out beside the error, such as which second factors are asked for."""
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.fields = dict(fields or {})
        self.more = dict(more or {})


class NotAuthenticated(Refused):
    status = 401
    default_code = "not_authenticated"


class Forbidden(Refused):
    status = 403
    default_code = "forbidden"


class NotFound(Refused):
    status = 404
    default_code = "not_found"


class Conflict(Refused):
    status = 409
    default_code = "conflict"

    @classmethod
    def of(cls, field: str, message: str, code: str = "taken") -> "Conflict":
        """A conflict that stands beside one field."""
        return cls(message, code, {field: message})


class Changed(Refused):
    status = 412
    default_code = "changed"


class Invalid(Refused):
    status = 422
    default_code = "invalid"

    @classmethod
    def of(cls, **fields: str) -> "Invalid":
        """By field what is wrong with it; the first says it for all."""
        return cls(next(iter(fields.values())), "invalid", fields)


class TooMany(Refused):
    status = 429
    default_code = "too_many_requests"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


NOT_HERE = "No such resource in your scope."
"""The manual's words for a 404 (§ 25.6.1)."""
NOT_YOURS = "Token scope does not cover the path."
"""The manual's words for a 403 (§ 25.6.1)."""
