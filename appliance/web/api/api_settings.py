"""`/v1/api-settings`: how often a key may ask, and where webhooks may go."""

from typing import Annotated

import msgspec

from appliance.control import api_settings
from appliance.control.api_settings import ApiSettings, ApiSettingsInForce
from appliance.web.api.operation import OPERATORS, PLATFORM, Answer, Call, Family

family = Family("API settings")

PATH = "/v1/api-settings"


class ApiSettingsView(msgspec.Struct):
    """`webhook_networks` is for the platform's eyes."""

    requests_per_minute: int
    webhook_networks: list[str] | None
    webhook_plain_http: bool


class ApiSettingsBody(msgspec.Struct, forbid_unknown_fields=True):
    """`webhook_networks`: private networks (CIDR) that webhooks may go to all the same."""

    requests_per_minute: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 600
    webhook_networks: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=50)
    ] = []
    webhook_plain_http: bool = False


@family.get(PATH, "The API's settings", tiers=OPERATORS, any_key=True, answer=ApiSettingsView)
async def read(call: Call) -> Answer:
    return Answer(_shown(call, call.part(ApiSettingsInForce).value))


@family.put(
    PATH,
    "Set the API's settings; they are in force at once",
    tiers=PLATFORM,
    body=ApiSettingsBody,
    answer=ApiSettingsView,
)
async def save(call: Call) -> Answer:
    body: ApiSettingsBody = call.body
    wanted = ApiSettings(
        body.requests_per_minute, tuple(body.webhook_networks), body.webhook_plain_http
    )
    saved = await call.control.change(call.caller, lambda change: api_settings.save(change, wanted))
    return Answer(_shown(call, saved))


def _shown(call: Call, settings: ApiSettings) -> ApiSettingsView:
    seen = call.caller.tier in PLATFORM
    return ApiSettingsView(
        settings.requests_per_minute,
        list(settings.webhook_networks) if seen else None,
        settings.webhook_plain_http,
    )
