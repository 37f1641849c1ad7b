"""The port's dataclasses as the structs of core/api.h."""

import ipaddress
import socket
from functools import lru_cache
from itertools import count
from typing import Any

from appliance.telephony.media._core import ffi, lib
from appliance.telephony.media.port import Address, Payload, StreamSetup

DIGITS = "0123456789*#ABCD"
"""RFC 4733 § 3.2: a digit's place is its event number."""

_Identity = tuple[str, int, int]
_codecs: dict[_Identity, int] = {}
_numbers = count(1)


def _codec_number(payload: Payload) -> int:
    identity = (payload.codec.upper(), payload.clock, payload.channels)
    if identity not in _codecs:
        # A stranger's SDP invents names: they end in one number that nothing maps to by mistake.
        _codecs[identity] = min(next(_numbers), 0xFFFF)
    return _codecs[identity]


def _kind(payload: Payload) -> int:
    name = payload.codec.upper()
    if payload.clock == 8000 and payload.channels == 1 and name in ("PCMU", "PCMA"):
        return int(lib.BV_PCMU if name == "PCMU" else lib.BV_PCMA)
    return int(lib.BV_EVENT if name == "TELEPHONE-EVENT" else lib.BV_OTHER)


def is_g711(codec: str) -> bool:
    return codec.upper() in ("PCMU", "PCMA")


def _fill_payloads(target: Any, payloads: tuple[Payload, ...]) -> int:
    if payloads:
        slots = _slots(payloads)
        ffi.memmove(target, slots, ffi.sizeof(slots))
    return len(payloads)


@lru_cache(maxsize=256)
def _slots(payloads: tuple[Payload, ...]) -> Any:
    """Structs to copy from: most calls have the same few. Raises ValueError."""
    if len(payloads) > lib.BV_PAYLOADS:
        raise ValueError(f"{len(payloads)} payloads are more than {lib.BV_PAYLOADS}")
    slots = ffi.new("struct bv_payload[]", len(payloads))
    for slot, payload in zip(slots, payloads, strict=True):
        if not 0 <= payload.number <= 127 or not 0 < payload.clock < 1 << 32:
            raise ValueError(f"no RTP payload: {payload}")
        slot.number, slot.kind = payload.number, _kind(payload)
        slot.codec, slot.clock = _codec_number(payload), payload.clock
    return slots


_parsed = lru_cache(maxsize=4096)(ipaddress.ip_address)


def _fill_address(target: Any, address: Address | None, family: int) -> None:
    """Leaves `target` empty for no address, port 0 and the unspecified address (interop 12)."""
    if address is None or address[1] == 0:
        return
    host = _parsed(address[0])
    if host.is_unspecified or host.is_multicast:
        return
    if host.version != family:
        raise ValueError(f"{host} cannot be reached from an IPv{family} stream")
    if not 0 < address[1] <= 65535:
        raise ValueError(f"no port: {address[1]}")
    target.family, target.port = host.version, address[1]
    target.bytes[0 : len(host.packed)] = list(host.packed)
    if isinstance(host, ipaddress.IPv6Address) and host.scope_id:
        target.scope = socket.if_nametoindex(host.scope_id)


def _remote_rtcp(setup: StreamSetup) -> Address | None:
    """RFC 3550 § 11: the next port, unless the SDP named one."""
    if setup.remote_rtcp is not None or setup.remote is None or setup.rtcp_mux:
        return setup.remote_rtcp
    host, port = setup.remote
    return (host, port + 1) if 0 < port < 65535 else None


def fill_setup(target: Any, setup: StreamSetup, family: int) -> None:
    """Write `setup` into a struct bv_setup, but for the keys. Raises ValueError."""
    _fill_address(target.remote, setup.remote, family)
    _fill_address(target.remote_rtcp, _remote_rtcp(setup), family)
    target.send_count = _fill_payloads(target.send, setup.send)
    target.receive_count = _fill_payloads(target.receive, setup.receive)
    target.sending, target.receiving = setup.sending, setup.receiving
    target.rtcp_mux = setup.rtcp_mux
    target.video = any(p.clock == 90000 for p in (*setup.send, *setup.receive))
    target.ptime_ms = min(max(setup.ptime_ms, 0), 1000)
