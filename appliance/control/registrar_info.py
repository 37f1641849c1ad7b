"""What a technician enters into a phone (manual § 9.7): a block to copy, without the secret."""

from dataclasses import dataclass
from typing import Final

from appliance.control.errors import NotFound
from appliance.control.live import BoxFacts
from appliance.model.devices import Device, DeviceType, MediaSecurity
from appliance.model.extensions import Extension

EXPIRY_SECONDS: Final = 3600
MEDIA: Final = {
    MediaSecurity.PLAIN: ("RTP", "unencrypted audio, as the device is set"),
    MediaSecurity.OPTIONAL: ("SRTP", "encrypted audio; TURN if behind NAT"),
    MediaSecurity.REQUIRED: ("SRTP", "encrypted audio; TURN if behind NAT"),
}
SECRET: Final = "<your reveal-once secret>"  # noqa: S105 - the words that stand in its place


@dataclass(frozen=True, slots=True)
class RegistrarInfo:
    """`text` is the whole block; the other fields are what it says."""

    username: str
    display_name: str
    registrar: str
    outbound_proxy: str
    transport: str
    media: str
    expiry_seconds: int
    text: str


def of(device: Device, extension: Extension, facts: BoxFacts, host: str) -> RegistrarInfo:
    """`host` is where the phone finds the box. Raises NotFound for a browser softphone, which
    fetches its own."""
    if device.type is DeviceType.BROWSER:
        raise NotFound("A browser softphone fetches its SIP login by itself.")
    proxy = f"{host}:{facts.ports()['sips']}"
    media, of_media = MEDIA[device.media_security]
    lines = (
        ("SIP username", device.username, ""),
        ("SIP secret", SECRET, "shown once on create / rotate"),
        ("Auth ID", device.username, ""),
        ("Display name", extension.name, ""),
        ("SIP registrar", host, ""),
        ("Outbound proxy", proxy, ""),
        ("Transport", "TLS", "encrypted signalling"),
        ("Media", media, of_media),
        ("Register expiry", f"{EXPIRY_SECONDS}s", "device re-registers each hour"),
    )
    head = f"# {facts.brand} SIP registrar — paste into the IP phone's account"
    text = "\n".join([head, *(_line(*line) for line in lines)])
    return RegistrarInfo(
        *(device.username, extension.name, host, proxy, "TLS", media, EXPIRY_SECONDS, text)
    )


def _line(name: str, value: str, remark: str) -> str:
    line = f"{name:<15}: {value}"
    return f"{line:<45}# {remark}" if remark else line
