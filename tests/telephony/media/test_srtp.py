"""SRTP: vectors by independent arithmetic, and pylibsrtp as the far end (interop 30)."""

import hashlib
import hmac
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.telephony.media import srtp
from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Keys

from .conftest import Leg, MakeLeg
from .far_end import PCMU, keys, parse, rtp, settled

SUITES = sorted(srtp.SUITES)


def derived(key: bytes, salt: bytes, label: int, size: int) -> bytes:
    """RFC 3711 § 4.3.1 with AES-CM, key derivation rate 0."""
    start = (int.from_bytes(salt.ljust(14, b"\0"), "big") ^ label << 48) << 16
    cipher = Cipher(algorithms.AES(key), modes.CTR(start.to_bytes(16, "big")))
    return cipher.encryptor().update(bytes(size))


def test_rfc_3711_b3_key_derivation_and_packet() -> None:
    master, expected = srtp._VECTORS[0][0].key, bytes.fromhex(srtp._VECTORS[0][1])
    key, salt = master[:16], master[16:]
    assert derived(key, salt, 0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived(key, salt, 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert derived(key, salt, 1, 20).hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"
    plain = srtp._PLAIN
    session_salt = int.from_bytes(derived(key, salt, 2, 14), "big") << 16
    ssrc, sequence = int.from_bytes(plain[8:12], "big"), int.from_bytes(plain[2:4], "big")
    start = session_salt ^ ssrc << 64 ^ sequence << 16
    cipher = Cipher(algorithms.AES(derived(key, salt, 0, 16)), modes.CTR(start.to_bytes(16, "big")))
    packet = plain[:12] + cipher.encryptor().update(plain[12:])
    tag = hmac.new(derived(key, salt, 1, 20), packet + bytes(4), hashlib.sha1).digest()[:10]
    assert packet + tag == expected


def test_rfc_7714_gcm_packet() -> None:
    master, expected = srtp._VECTORS[1][0].key, bytes.fromhex(srtp._VECTORS[1][1])
    key, salt = master[:16], master[16:]
    plain = srtp._PLAIN
    mask = bytes(2) + plain[8:12] + bytes(4) + plain[2:4]
    nonce = bytes(a ^ b for a, b in zip(derived(key, salt, 2, 12), mask, strict=True))
    sealed = AESGCM(derived(key, salt, 0, 16)).encrypt(nonce, plain[12:], plain[:12])
    assert plain[:12] + sealed == expected


def test_self_test_notices_a_wrong_libsrtp(monkeypatch: pytest.MonkeyPatch) -> None:
    srtp.self_test()
    monkeypatch.setattr(srtp, "pylibsrtp_version", "1.0.1")
    with pytest.raises(srtp.SrtpBroken):
        srtp.self_test()


@pytest.mark.parametrize(
    "wrong", [Keys("AES_CM_128_HMAC_SHA1_80", b"short"), Keys("F8_128_HMAC_SHA1_80", bytes(30))]
)
async def test_keys_that_cannot_be_are_refused(make_leg: MakeLeg, wrong: Keys) -> None:
    leg = make_leg()
    with pytest.raises(ValueError):
        leg.stream.configure(leg.far_end.setup(send_keys=wrong))


class SecureLeg:
    """A leg whose far end is pylibsrtp itself."""

    def __init__(self, leg: Leg, to_us: Keys, from_us: Keys) -> None:
        self.leg = leg
        self.outbound = srtp.session(to_us, outbound=True)
        self.inbound = srtp.session(from_us, outbound=False)
        leg.stream.configure(leg.far_end.setup(PCMU, send_keys=from_us, receive_keys=to_us))

    def say(self, sequence: int, payload: bytes) -> None:
        plain = rtp(sequence, sequence * 160, payload, ssrc=self.leg.far_end.ssrc)
        self.leg.far_end.send(self.leg.stream, self.outbound.protect(plain))

    async def hear(self) -> bytes:
        return parse(self.inbound.unprotect((await self.leg.far_end.hear_raw())[0])).payload


@pytest.mark.parametrize("suite", SUITES)
async def test_interop_30_plain_and_secure_both_ways(
    media: NativeMedia, make_leg: MakeLeg, suite: str
) -> None:
    plain = make_leg()
    secure = SecureLeg(make_leg(), keys(suite, 1), keys(suite, 2))
    plain.stream.connect(secure.leg.stream)
    await settled(media)
    for number in range(5):
        secure.say(number, b"s" * 160)
        assert (await plain.far_end.hear()).payload == b"s" * 160
        plain.far_end.say(plain.stream, b"p" * 160)
        assert await secure.hear() == b"p" * 160


async def test_interop_30_two_suites_and_rtcp(media: NativeMedia, make_leg: MakeLeg) -> None:
    one = SecureLeg(make_leg(), keys(SUITES[0], 1), keys(SUITES[0], 2))
    two = SecureLeg(make_leg(), keys(SUITES[2], 3), keys(SUITES[2], 4))
    one.leg.stream.connect(two.leg.stream)
    await settled(media)
    one.say(1, b"a" * 160)
    assert await two.hear() == b"a" * 160
    report = struct.pack("!BBHIIIIII", 0x80, 200, 6, one.leg.far_end.ssrc, 1, 2, 3, 4, 5)
    one.leg.far_end.send_rtcp(one.leg.stream, one.outbound.protect_rtcp(report))
    heard = two.inbound.unprotect_rtcp(await two.leg.far_end.hear_rtcp())
    assert heard == report


async def test_interop_30_new_keys_replace_the_old_ones(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    plain, leg = make_leg(), make_leg()
    before = SecureLeg(leg, keys(SUITES[2], 1), keys(SUITES[2], 2))
    plain.stream.connect(leg.stream)
    await settled(media)
    before.say(1, b"1" * 160)
    assert (await plain.far_end.hear()).payload == b"1" * 160
    after = SecureLeg(leg, keys(SUITES[2], 7), keys(SUITES[2], 8))
    await settled(media)
    before.say(2, b"2" * 160)
    after.say(3, b"3" * 160)
    assert (await plain.far_end.hear()).payload == b"3" * 160
    plain.far_end.say(plain.stream, b"4" * 160)
    assert await after.hear() == b"4" * 160
    assert leg.stream.statistics().rejected == 1


async def test_refresh_with_the_same_keys_keeps_the_replay_state(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    plain = make_leg()
    secure = SecureLeg(make_leg(), keys(SUITES[2], 1), keys(SUITES[2], 2))
    plain.stream.connect(secure.leg.stream)
    await settled(media)
    packet = secure.outbound.protect(rtp(1, 160))
    secure.leg.far_end.send(secure.leg.stream, packet)
    await plain.far_end.hear()
    secure.leg.stream.configure(
        secure.leg.far_end.setup(
            PCMU, send_keys=keys(SUITES[2], 2), receive_keys=keys(SUITES[2], 1)
        )
    )
    await settled(media)
    secure.leg.far_end.send(secure.leg.stream, packet)
    assert await plain.far_end.hears_nothing()
    assert secure.leg.stream.statistics().rejected == 1


async def test_interop_30_plain_rtp_on_a_secure_leg_is_refused(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    plain = make_leg()
    secure = SecureLeg(make_leg(), keys(SUITES[2], 1), keys(SUITES[2], 2))
    plain.stream.connect(secure.leg.stream)
    await settled(media)
    secure.leg.far_end.say(secure.leg.stream)
    assert await plain.far_end.hears_nothing()
