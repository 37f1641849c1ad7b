"""The API: every resource family, in the order in which the reference shows them."""

from typing import Final

from appliance.web.api import (
    api_keys,
    blocks,
    calls,
    devices,
    extensions,
    feed,
    health,
    mail,
    operators,
    overview,
    registrations,
    resellers,
    search,
    tenants,
    users,
)
from appliance.web.api.operation import Family, Operation

FAMILIES: Final[tuple[Family, ...]] = (
    resellers.family,
    tenants.family,
    users.family,
    operators.family,
    extensions.family,
    devices.family,
    registrations.family,
    blocks.family,
    calls.family,
    api_keys.family,
    mail.family,
    overview.family,
    search.family,
    feed.family,
    health.family,
)

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation for family in FAMILIES for operation in family.operations
)
