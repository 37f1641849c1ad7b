"""How a device's SIP username and secret are made (manual § 9.4.1, decisions: Telephony)."""

import secrets
import string
from collections.abc import Callable, Iterator
from itertools import count

from appliance.model.devices import DeviceType

ALPHABET = string.ascii_letters + string.digits
GROUPS = 4
GROUP_LENGTH = 4

SUFFIX = {DeviceType.DESK: "desk", DeviceType.BROWSER: "web", DeviceType.MOBILE: "mobile"}


def new_secret() -> str:
    """A secret that a person can read out, such as `b7Qz-9pK2-mW4t-Xa1r`: 95 bits. None begins
    like a hexadecimal number, as which sipp would read it."""
    while True:
        groups = (
            "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
        )
        secret = "-".join(groups)
        if not secret.lower().startswith("0x"):
            return secret


def local_names(number: str, type_: DeviceType) -> Iterator[str]:
    """The names of an extension's devices of one type, in order: `1001-desk`, `1001-desk2`, …"""
    first = f"{number}-{SUFFIX[type_]}"
    yield first
    for position in count(2):
        yield f"{first}{position}"


def username(local_name: str, tenant_slug: str, taken: Callable[[str], bool]) -> str:
    """The local name, or where another tenant holds it, that with the tenant's slug."""
    return f"{local_name}-{tenant_slug}" if taken(local_name) else local_name
