"""A subscriber: a device with all that authenticating it needs (manual § 9.4, RFC 7616)."""

from dataclasses import dataclass, field

from appliance.model.devices import Device
from appliance.model.extensions import Extension
from appliance.model.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`ha1_…` are lower-case hex of H(username:realm:secret) (RFC 7616 § 3.4.2); they stand for
    the secret, so they are left out of `repr` and thereby of logs."""

    device: Device
    extension: Extension
    tenant: Tenant
    ha1_md5: str = field(repr=False)
    ha1_sha256: str = field(repr=False)
