"""A small box for the store's tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from appliance.model.bindings import StoredBinding
from appliance.model.calls import (
    CallRecord,
    Disposition,
    EndedBy,
    LegRecord,
    MediaFigures,
    TimelineEntry,
)
from appliance.model.devices import Device, DeviceKey, DeviceType
from appliance.model.tenants import TenantKey
from appliance.store import Store
from appliance.store.rows import NewDevice, NewExtension

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SECRET = "b7Qz-9pK2-mW4t-Xa1r"


async def add_acme(store: Store) -> Device:
    """Acme with Alice's 1001, her desk phone and browser; the desk phone."""
    acme = await store.add_tenant("acme", "Acme Corp")
    (alice,) = await store.add_extensions(acme, [NewExtension("1001", "Alice Tan")])
    desk, _web = await store.add_devices(
        [
            NewDevice(alice, "1001-desk", DeviceType.DESK, "Desk phone", SECRET),
            NewDevice(alice, "1001-web", DeviceType.BROWSER, "Web softphone", "another"),
        ]
    )
    return desk


def binding(device: Device, contact: str = "sip:1001@192.0.2.7:5060") -> StoredBinding:
    return StoredBinding(
        device=device.key,
        contact=contact,
        instance="urn:uuid:0000",
        reg_id=1,
        transport="udp",
        remote_host="192.0.2.7",
        remote_port=5060,
        local_host="192.0.2.1",
        local_port=5060,
        path="",
        user_agent="Phone 1.0",
        call_id="a@b",
        cseq=7,
        registered_at=NOON,
        expires_at=NOON + timedelta(hours=1),
    )


LEG = LegRecord(
    direction="in",
    number="1001",
    device=DeviceKey(1),
    username="1001-desk",
    remote_address="192.0.2.7:5060",
    transport="udp",
    user_agent="Phone 1.0",
    outcome="200 OK",
    codec="PCMU",
    secure_media=True,
    started_at=NOON,
    answered_at=NOON + timedelta(seconds=3),
    received=MediaFigures(100, 17200, 2, 0.5),
    sent=MediaFigures(99, 17100, 0, 0.25),
)

FINISHED = CallRecord(
    call_key="00000000000000000000000000000001",
    tenant=TenantKey(1),
    caller_number="1001",
    caller_name="Alice “A” Tan",
    dialled="1002",
    started_at=NOON,
    answered_at=NOON + timedelta(seconds=3),
    ended_at=NOON + timedelta(seconds=63),
    disposition=Disposition.ANSWERED,
    ended_by=EndedBy.CALLEE,
    answered_number="1002",
    legs=(LEG, replace(LEG, direction="out", device=None, secure_media=False, answered_at=None)),
    timeline=(TimelineEntry(0.0, "arrived"), TimelineEntry(3.25, "answered", "1002-desk")),
)

OPEN = CallRecord(
    call_key="00000000000000000000000000000002",
    tenant=TenantKey(1),
    caller_number="1002",
    caller_name="Ben Ong",
    dialled="1001",
    started_at=NOON + timedelta(seconds=1),
)
