"""The API: every resource family, in the order in which the reference shows them."""

from typing import Final

from appliance.web.api import api_keys, extensions, mail
from appliance.web.api.operation import Family, Operation

FAMILIES: Final[tuple[Family, ...]] = (extensions.family, api_keys.family, mail.family)

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation for family in FAMILIES for operation in family.operations
)
