"""SRTP contexts for the media thread, through pylibsrtp's own copy of libsrtp.

The thread calls libsrtp's functions by address and alone uses a context; Python makes it and drops
it after the thread has let go. These names are private to pylibsrtp, whose version is therefore
pinned; `self_test` runs at import, so that a surprise stops the start and not a call.
"""

import hmac
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pylibsrtp import Policy, Session
from pylibsrtp import __version__ as pylibsrtp_version

from appliance.telephony.media._core import ffi, lib
from appliance.telephony.media.port import Keys

_PINNED = "1.0.0"


@dataclass(frozen=True, slots=True)
class Suite:
    """A crypto suite by its SDES name; `key_octets` is master key and salt."""

    profile: int
    key_octets: int


SUITES = {
    "AES_CM_128_HMAC_SHA1_80": Suite(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    "AES_CM_128_HMAC_SHA1_32": Suite(Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30),
    "AEAD_AES_128_GCM": Suite(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": Suite(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}


class SrtpBroken(Exception):
    """libsrtp is not the one that the media core was made for."""


def functions() -> dict[str, int]:
    """The addresses of libsrtp's four packet functions, by their names in struct bv_srtp."""
    binding: Any = import_module("pylibsrtp._binding")
    names = ("protect", "unprotect", "protect_rtcp", "unprotect_rtcp")
    return {
        name: int(binding.ffi.cast("uintptr_t", binding.ffi.addressof(binding.lib, f"srtp_{name}")))
        for name in names
    }


def session(keys: Keys, outbound: bool) -> Session:
    """A context for every SSRC of one direction. Raises ValueError for keys that cannot be."""
    suite = SUITES.get(keys.suite)
    if suite is None:
        raise ValueError(f"unknown SRTP suite {keys.suite}")
    if len(keys.key) != suite.key_octets:
        raise ValueError(f"{keys.suite} takes {suite.key_octets} octets, not {len(keys.key)}")
    kind = Policy.SSRC_ANY_OUTBOUND if outbound else Policy.SSRC_ANY_INBOUND
    return Session(Policy(key=keys.key, ssrc_type=kind, srtp_profile=suite.profile))


def context(made: Session | None) -> Any:
    """The session's libsrtp context as the core's `void *`; NULL for none."""
    if made is None:
        return ffi.NULL
    binding: Any = import_module("pylibsrtp._binding")
    pointer = vars(made)["_srtp"][0]
    return ffi.cast("void *", int(binding.ffi.cast("uintptr_t", pointer)))


def call(name: str, made: Session, packet: bytes) -> bytes:
    """Run one libsrtp function on `packet` as the thread does. Raises SrtpBroken."""
    room = ffi.new("uint64_t[]", (len(packet) + 256) // 8)
    buffer = ffi.buffer(room)
    buffer[: len(packet)] = packet
    length = ffi.new("int *", len(packet))
    status = lib.bv_srtp_call(functions()[name], context(made), room, length)
    if status != 0:
        raise SrtpBroken(f"libsrtp {name} answered {status}")
    return bytes(buffer[: length[0]])


_PLAIN = bytes.fromhex("800f1234decafbadcafebabe") + b"\xab" * 16
_VECTORS = (
    # The master key of RFC 3711 B.3.
    (
        Keys(
            "AES_CM_128_HMAC_SHA1_80",
            bytes.fromhex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6"),
        ),
        "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
    ),
    (
        Keys(
            "AEAD_AES_128_GCM",
            bytes.fromhex("000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab"),
        ),
        "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392",
    ),
)


def self_test() -> None:
    """Both ways through the addresses. Raises SrtpBroken when a packet comes out wrong."""
    if pylibsrtp_version != _PINNED:
        raise SrtpBroken(f"pylibsrtp {pylibsrtp_version} is not {_PINNED}")
    for keys, expected in _VECTORS:
        secret = call("protect", session(keys, outbound=True), _PLAIN)
        if not hmac.compare_digest(secret, bytes.fromhex(expected)):
            raise SrtpBroken(f"{keys.suite} does not give its test vector")
        if call("unprotect", session(keys, outbound=False), secret) != _PLAIN:
            raise SrtpBroken(f"{keys.suite} does not decrypt its test vector")


self_test()
