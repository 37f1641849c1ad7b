"""Settings of the API that the platform's operators may change: the rate, and where webhooks may
go."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from appliance.control.changes import Change, Control
from appliance.control.errors import Invalid
from appliance.store.box_settings import put_setting, setting
from appliance.store.database import Database

NAME: Final = "api_settings"
MOST_NETWORKS: Final = 50


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`webhook_networks`: private networks (CIDR) that webhooks may go to all the same;
    `webhook_plain_http`: `http://` will do for them."""

    requests_per_minute: int = 600
    webhook_networks: tuple[str, ...] = ()
    webhook_plain_http: bool = False


@dataclass(frozen=True, slots=True)
class ApiSettingsSaved:
    """News: they are so now."""

    settings: ApiSettings


def stored(database: Database) -> ApiSettings:
    found: ApiSettings | None = setting(database, NAME, ApiSettings)
    return found or ApiSettings()


def save(change: Change, settings: ApiSettings) -> ApiSettings:
    """Raises Invalid."""
    if not 1 <= settings.requests_per_minute <= 1_000_000:
        raise Invalid.of(requests_per_minute="1 to 1,000,000.")
    if len(settings.webhook_networks) > MOST_NETWORKS:
        raise Invalid.of(webhook_networks=f"At most {MOST_NETWORKS}.")
    for network in settings.webhook_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            words = f"{network!r:.60} is no network such as 10.1.2.0/24."
            raise Invalid.of(webhook_networks=words) from None
    put_setting(change.transaction, NAME, settings)
    change.transaction.tell(ApiSettingsSaved(settings))
    detail = {
        "requests_per_minute": settings.requests_per_minute,
        "webhook_networks": list(settings.webhook_networks),
        "webhook_plain_http": settings.webhook_plain_http,
    }
    change.record("api_settings", "Saved API settings", "API settings", detail=detail)
    return settings


class ApiSettingsInForce:
    """The settings as they stand, from memory."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.value = ApiSettings()
        control.events.listen(ApiSettingsSaved, self._on_saved)

    async def load(self) -> None:
        self.value = await self._control.read(stored)

    def _on_saved(self, saved: ApiSettingsSaved) -> None:
        self.value = saved.settings
