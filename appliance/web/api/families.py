"""The API: every resource family, in the order in which the reference shows them."""

from typing import Final

from appliance.web.api import (
    api_keys,
    api_settings,
    audit,
    blocks,
    calls,
    devices,
    extensions,
    feed,
    health,
    invitations,
    login,
    mail,
    me,
    operators,
    overview,
    policy,
    reference,
    registrations,
    resellers,
    search,
    setup,
    tenants,
    users,
    webhooks,
)
from appliance.web.api.operation import Family, Operation

FAMILIES: Final[tuple[Family, ...]] = (
    login.family,
    invitations.family,
    setup.family,
    me.family,
    resellers.family,
    tenants.family,
    users.family,
    operators.family,
    extensions.family,
    devices.family,
    registrations.family,
    blocks.family,
    calls.family,
    policy.family,
    audit.family,
    api_keys.family,
    webhooks.family,
    api_settings.family,
    mail.family,
    overview.family,
    search.family,
    feed.family,
    health.family,
    reference.family,
)

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation for family in FAMILIES for operation in family.operations
)
