"""A SIP device: one phone with a secret of its own beneath an extension (manual § 9.4, § 9.5)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from appliance.model.extensions import ExtensionKey
from appliance.model.tenants import TenantKey

DeviceKey = NewType("DeviceKey", int)


class DeviceType(StrEnum):
    BROWSER = "browser"
    DESK = "desk"
    MOBILE = "mobile"


class MediaSecurity(StrEnum):
    """What the device's calls may carry: SRTP never, where offered, or always."""

    PLAIN = "plain"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Device:
    """`username` is the SIP user and authentication name, unique on the box (manual § 9.4.1)."""

    key: DeviceKey
    tenant: TenantKey
    extension: ExtensionKey
    username: str
    type: DeviceType
    name: str
    media_security: MediaSecurity = MediaSecurity.OPTIONAL
    md5_only: bool = False
    version: int = 1
