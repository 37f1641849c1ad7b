from dataclasses import replace

import pytest

from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.digest import Nonces, Verdict
from appliance.telephony.sip.digest_hash import ha1

NOW = 1_700_000_000.0
LIFE = 60.0
URI = "sip:pbx.example.com"
SECRETS = {name: ha1(name, "d1001", "box", "secret") for name in ("MD5", "SHA-256")}


def nonces(used_limit: int = 100) -> Nonces:
    return Nonces(b"k" * 32, LIFE, used_limit=used_limit)


def answer(
    challenge: Challenge, count: int = 1, password: str = "secret", method: str = "REGISTER"
) -> Credentials:
    return Credentials.answer(
        challenge, method=method, uri=URI, username="d1001", password=password, count=count
    )


def offered(box: Nonces, algorithm: str = "MD5", now: float = NOW) -> Challenge:
    offers = [Challenge.parse(text) for text in box.challenges("box", now)]
    return next(offer for offer in offers if offer.algorithm == algorithm)


def check(box: Nonces, credentials: Credentials, now: float = NOW) -> Verdict:
    return box.check(credentials, "REGISTER", SECRETS, now)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_wrong_password(algorithm: str) -> None:
    box = nonces()
    assert check(box, answer(offered(box, algorithm), password="Secret")) is Verdict.WRONG


def test_a_response_to_another_method_or_uri_or_nonce() -> None:
    box = nonces()
    good = answer(offered(box))
    assert box.check(good, "INVITE", SECRETS, NOW) is Verdict.WRONG
    assert check(box, replace(good, uri="sip:evil.example.com")) is Verdict.WRONG
    assert check(box, replace(good, nonce=offered(box).nonce)) is Verdict.WRONG
    assert check(box, replace(good, nonce_count="00000002")) is Verdict.WRONG


def test_an_unknown_user_has_no_right_response() -> None:
    box = nonces()
    assert box.check(answer(offered(box)), "REGISTER", {}, NOW) is Verdict.WRONG


def test_an_algorithm_that_the_device_may_not_use() -> None:
    box = nonces()
    only_sha = {"SHA-256": SECRETS["SHA-256"]}
    assert box.check(answer(offered(box)), "REGISTER", only_sha, NOW) is Verdict.WRONG


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "MD5-SESS"},
        {"qop": "auth-int"},
        {"cnonce": ""},
        {"nonce_count": ""},
        {"nonce_count": "0"},
        {"nonce_count": "0x1"},
        {"nonce_count": "-1"},
        {"nonce_count": "000000001"},
    ],
)
def test_what_was_never_offered_is_malformed(change: dict[str, str]) -> None:
    box = nonces()
    assert check(box, replace(answer(offered(box)), **change)) is Verdict.MALFORMED


def test_responses_that_are_no_hex_are_wrong_and_no_accident() -> None:
    box = nonces()
    assert check(box, replace(answer(offered(box)), response="é" * 32)) is Verdict.WRONG


def test_interop_7_an_expired_nonce_is_stale() -> None:
    box = nonces()
    credentials = answer(offered(box))
    assert check(box, credentials, NOW + LIFE) is Verdict.STALE
    assert check(box, credentials, NOW + LIFE - 1) is Verdict.GOOD


@pytest.mark.parametrize(
    "nonce", ["", "x", "é" * 54, "a" * 54, "A" * 54, "1" * 53, "٣" * 54, "a" * 5000]
)
def test_a_nonce_that_is_not_ours_is_stale(nonce: str) -> None:
    assert check(nonces(), answer(Challenge("box", nonce, qop=("auth",)))) is Verdict.STALE


def test_a_nonce_of_another_box_or_of_before_the_restart_is_stale() -> None:
    other = Nonces(b"other" * 8, LIFE)
    assert check(nonces(), answer(offered(other))) is Verdict.STALE


def test_a_nonce_has_one_spelling() -> None:
    """Base64 decoders skip what they do not know: a second spelling would be a second use."""
    box = nonces()
    challenge = offered(box)
    assert check(box, answer(challenge)) is Verdict.GOOD
    text = challenge.nonce
    for other in (text[:-1] + "\n", text[:20] + "*" + text[20:-1], text.replace("-", "+")):
        if other != text:
            assert check(box, answer(replace(challenge, nonce=other))) is Verdict.STALE


def test_interop_7_a_replay_is_refused() -> None:
    box = nonces()
    credentials = answer(offered(box))
    assert check(box, credentials) is Verdict.GOOD
    assert check(box, credentials) is Verdict.REPLAYED


def test_nonce_counts_only_rise() -> None:
    box = nonces()
    challenge = offered(box)
    assert check(box, answer(challenge, 1)) is Verdict.GOOD
    assert check(box, answer(challenge, 3)) is Verdict.GOOD
    assert check(box, answer(challenge, 2)) is Verdict.REPLAYED
    assert check(box, answer(challenge, 4)) is Verdict.GOOD


def test_a_wrong_response_does_not_use_up_a_nonce() -> None:
    box = nonces()
    challenge = offered(box)
    assert check(box, answer(challenge, password="x")) is Verdict.WRONG
    assert check(box, answer(challenge)) is Verdict.GOOD


def test_a_phone_of_rfc_2069_may_use_a_nonce_once() -> None:
    box = nonces()
    legacy = replace(offered(box), qop=())
    assert check(box, answer(legacy)) is Verdict.GOOD
    assert check(box, answer(legacy)) is Verdict.REPLAYED
    assert check(box, answer(replace(legacy, qop=("auth",)), 2)) is Verdict.REPLAYED


def test_dropping_qop_does_not_replay_a_nonce() -> None:
    box = nonces()
    challenge = offered(box)
    assert check(box, answer(challenge)) is Verdict.GOOD
    assert check(box, answer(replace(challenge, qop=()))) is Verdict.GOOD
    assert check(box, answer(challenge, 2)) is Verdict.REPLAYED


def test_challenges_cost_no_memory() -> None:
    box = nonces()
    for _ in range(1000):
        check(box, answer(offered(box), password="x"))
    assert len(box) == 0


def test_more_used_nonces_than_fit_turn_the_oldest_stale_and_never_replayable() -> None:
    box = nonces(used_limit=10)
    old = [offered(box, now=NOW + second) for second in range(20)]
    assert [check(box, answer(each), NOW + 20) for each in old] == [Verdict.GOOD] * 20
    assert len(box) == 10
    late = [check(box, answer(each), NOW + 20) for each in old]
    assert late == [Verdict.STALE] * 10 + [Verdict.REPLAYED] * 10
    assert [check(box, answer(each, 2), NOW + 20) for each in old[10:]] == [Verdict.GOOD] * 10


def test_old_nonces_give_their_memory_back() -> None:
    box = nonces()
    for second in range(50):
        assert check(box, answer(offered(box, now=NOW + second)), NOW + second) is Verdict.GOOD
    for second in range(100, 150):
        later = NOW + second
        assert check(box, answer(offered(box, now=later)), later) is Verdict.GOOD
    assert len(box) == 50


def test_sha_256_is_offered_before_md5_with_qop() -> None:
    texts = nonces().challenges("box", NOW)
    offers = [Challenge.parse(text) for text in texts]
    assert [(offer.algorithm, offer.qop) for offer in offers] == [
        ("SHA-256", ("auth",)),
        ("MD5", ("auth",)),
    ]
    assert not any(offer.stale for offer in offers)


def test_a_device_that_takes_md5_only_is_offered_nothing_else() -> None:
    texts = nonces().challenges("box", NOW, stale=True, md5_only=True)
    offers = [Challenge.parse(text) for text in texts]
    assert [(offer.algorithm, offer.stale) for offer in offers] == [("MD5", True)]


def test_every_nonce_is_new() -> None:
    box = nonces()
    assert len({box.fresh(NOW) for _ in range(1000)}) == 1000


def test_a_clock_that_began_at_zero() -> None:
    box = nonces()
    assert check(box, answer(offered(box, now=0.0)), 1.0) is Verdict.GOOD
