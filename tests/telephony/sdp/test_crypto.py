import base64

import pytest

from appliance.telephony.sdp.crypto import SUITES, Crypto, Keyring, agreed, answering

KEY = base64.b64encode(bytes(30)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 AES_CM_128_HMAC_SHA1_80",
        f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY[:-4]}",
        "1 AES_CM_128_HMAC_SHA1_80 inline:%%%%",
        f"1 AES_CM_128_HMAC_SHA1_80 other:{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY}",
    ],
)
def test_what_we_cannot_do_exactly_as_written_is_no_line(text: str) -> None:
    assert Crypto.parse(text) is None


@pytest.mark.parametrize(
    "parameter", ["UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP", "KDR=1", "X=1"]
)
def test_interop_30_a_line_that_weakens_srtp_is_not_used(parameter: str) -> None:
    line = f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"
    assert Crypto.parse(line) is not None
    assert Crypto.parse(f"{line} {parameter}") is None


def test_a_lifetime_and_a_window_hint_do_no_harm() -> None:
    line = Crypto.parse(f"7 aes_cm_128_hmac_sha1_80 inline:{KEY}|2^31 WSH=64")
    assert line == Crypto(7, "AES_CM_128_HMAC_SHA1_80", bytes(30))


def test_padding_left_out_is_added() -> None:
    key = base64.b64encode(bytes(28)).decode().rstrip("=")
    assert Crypto.parse(f"1 AEAD_AES_128_GCM inline:{key}") is not None


def test_no_repr_shows_a_key() -> None:
    crypto = Crypto(1, "AES_CM_128_HMAC_SHA1_80", b"secret" * 5)
    assert "secret" not in repr(crypto)


def test_every_line_of_a_stream_has_a_key_of_its_own() -> None:
    keys = tuple(Keyring())
    assert [key.suite for key in keys] == list(SUITES)
    assert len({key.key[:28] for key in keys}) == len(keys)


@pytest.mark.parametrize("suite", list(SUITES))
def test_what_is_printed_is_read_again(suite: str) -> None:
    crypto = Crypto.fresh(suite, 3)
    assert Crypto.parse(str(crypto)) == crypto


def test_the_answer_takes_the_first_suite_offered_under_the_offers_tag() -> None:
    offered = [Crypto.fresh("AEAD_AES_128_GCM", 5), Crypto.fresh("AES_CM_128_HMAC_SHA1_80", 1)]
    ours = tuple(Keyring())
    line = answering(offered, ours)
    assert line is not None
    assert (line.tag, line.suite, line.key) == (5, "AEAD_AES_128_GCM", ours[2].key)
    assert answering([], ours) is None


def test_the_tag_of_the_answer_tells_which_line_was_taken() -> None:
    ours = tuple(Keyring())
    other = [Crypto.fresh(ours[0].suite, 9), Crypto.fresh(ours[0].suite, ours[0].tag)]
    assert agreed(ours, other) == (ours[0], other[1])


def test_an_answer_that_always_says_tag_1_is_understood_by_its_suite() -> None:
    ours = tuple(Keyring())
    theirs = Crypto.fresh("AES_CM_128_HMAC_SHA1_32", 1)
    assert agreed(ours, [theirs]) == (ours[1], theirs)


def test_suites_that_differ_agree_on_nothing() -> None:
    assert agreed(tuple(Keyring())[:1], [Crypto.fresh("AEAD_AES_128_GCM")]) is None


def test_a_keyring_keeps_its_keys() -> None:
    ring = Keyring()
    first = next(iter(ring))
    assert [line.suite for line in ring] == list(SUITES)
    assert next(iter(ring)) is first
    assert len({line.key for line in (*ring, *ring)}) == len(SUITES)
