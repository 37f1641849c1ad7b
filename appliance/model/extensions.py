"""An extension: a person's line, the number that colleagues dial (manual § 9.1)."""

from dataclasses import dataclass
from typing import NewType

from appliance.model.tenants import TenantKey

ExtensionKey = NewType("ExtensionKey", int)

DEFAULT_RING_SECONDS = 25
"""How long an extension rings before the caller moves on (manual § 12.6)."""


@dataclass(frozen=True, slots=True)
class Extension:
    """`shared`: several users may answer it (manual § 7.3)."""

    key: ExtensionKey
    tenant: TenantKey
    number: str
    name: str
    enabled: bool = True
    ring_seconds: int = DEFAULT_RING_SECONDS
    shared: bool = False
    version: int = 1
