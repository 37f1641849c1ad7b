"""JSON answers of every kind, in one shape for errors."""

import msgspec
from starlette.responses import Response


def json(content: object, status: int = 200) -> Response:
    """Dataclasses, datetimes and enums as msgspec writes them."""
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def error(status: int, code: str, message: str) -> Response:
    return json({"error": {"code": code, "message": message}}, status)
