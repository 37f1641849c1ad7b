"""What the command line asks of the running box, over loopback and with the run's own token."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from appliance.model.blocks import Block
from appliance.model.registrations import Registration
from appliance.web import answers
from appliance.web.access import bears, from_this_machine

Endpoint = Callable[[Request], Response]


class Operations(Protocol):
    """What the running box tells and does for its own command line."""

    def status(self) -> Mapping[str, object]:
        """Health and figures, ready for JSON."""

    def registrations(self) -> Sequence[Registration]:
        """Every device of the box as it stands now."""

    def blocks(self) -> Sequence[Block]: ...

    def unblock(self, username: str, address: str) -> int:
        """Lift the blocks of that name and that address, either of them empty for any; how many
        there were."""


def control_app(operations: Operations, token: str) -> Starlette:
    """Served on a loopback port that `run.json` names."""

    def status(_request: Request) -> Response:
        return answers.json(operations.status())

    def registrations(_request: Request) -> Response:
        return answers.json(operations.registrations())

    def blocks(_request: Request) -> Response:
        return answers.json(operations.blocks())

    def unblock(request: Request) -> Response:
        asked = request.query_params
        lifted = operations.unblock(asked.get("username", ""), asked.get("address", ""))
        return answers.json({"lifted": lifted})

    def guarded(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
        async def guard(request: Request) -> Response:
            if not (from_this_machine(request) and bears(request, token)):
                return answers.error(403, "forbidden", "This is for the box's own command line.")
            return endpoint(request)

        return Route(path, guard, methods=[method])

    return Starlette(
        routes=[
            guarded("/status", status),
            guarded("/registrations", registrations),
            guarded("/blocks", blocks),
            guarded("/blocks", unblock, "DELETE"),
        ]
    )
