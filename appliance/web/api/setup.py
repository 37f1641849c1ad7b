"""`/v1/setup`: the first platform operator, by the code that `serve` prints."""

from typing import Annotated

import msgspec

from appliance.control.first_run import FirstOperator, FirstRun
from appliance.model.accounts import Tier
from appliance.web.api.browser import require_own_page, require_private, whereabouts
from appliance.web.api.operation import Answer, Call, Family

family = Family("Setup")

PATH = "/v1/setup"
NOBODY: frozenset[Tier] = frozenset()


class SetupView(msgspec.Struct):
    """`due` while the box has no platform operator."""

    due: bool


class SetupBody(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=100)]
    username: Annotated[str, msgspec.Meta(max_length=63)]
    name: Annotated[str, msgspec.Meta(max_length=200)]
    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=256)]


class FirstOperatorView(msgspec.Struct):
    username: str
    name: str
    email: str
    tier: Tier


@family.get(PATH, "Whether the box is to be set up", tiers=NOBODY, answer=SetupView, errors=(429,))
async def facts(call: Call) -> Answer:
    return Answer(SetupView(call.part(FirstRun).due))


@family.post(
    PATH,
    "Make the first platform operator",
    tiers=NOBODY,
    body=SetupBody,
    answer=FirstOperatorView,
    status=201,
    errors=(403, 404, 409, 422, 429),
)
async def set_up(call: Call) -> Answer:
    require_private(call.request)
    require_own_page(call.request)
    body = call.body
    wanted = FirstOperator(body.username, body.name, body.email, body.password)
    made = await call.part(FirstRun).set_up(body.code, wanted, whereabouts(call.request))
    return Answer(FirstOperatorView(made.username, made.name, made.email, made.tier), 201)
