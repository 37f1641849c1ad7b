from dataclasses import replace

from appliance.control.differences import differences
from appliance.model.tenants import Capability, Tenant, TenantCaps, TenantKey, TenantStatus

ACME = Tenant(TenantKey(1), "acme", "Acme")


def test_only_what_changed_is_told_but_no_keys_or_versions() -> None:
    assert differences(ACME, replace(ACME, version=2)) == {}
    now = replace(
        ACME,
        name="Acme Corp",
        status=TenantStatus.SUSPENDED,
        caps=TenantCaps(extensions=25),
        capabilities=frozenset({Capability.RECORDING}),
    )
    assert differences(ACME, now) == {
        "name": ["Acme", "Acme Corp"],
        "status": ["active", "suspended"],
        "caps.extensions": [0, 25],
        "capabilities": [["outbound", "voicemail_to_email"], ["recording"]],
    }
