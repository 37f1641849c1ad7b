from dataclasses import replace

import pytest

from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.errors import Malformed
from tests.telephony.sip.test_digest_hash import RFC_7616_CNONCE, RFC_7616_NONCE

# What RFC 7616 § 3.9.1 prints, in one line each.
CHALLENGE = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
    f'nonce="{RFC_7616_NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CREDENTIALS = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
    f'algorithm=SHA-256, nonce="{RFC_7616_NONCE}", nc=00000001, cnonce="{RFC_7616_CNONCE}", '
    'qop=auth, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Digest",
        'Basic realm="x", nonce="y"',
        "NoOneKnowsThisScheme opaque-data=here",
        'Digest realm="x"',
        'Digest realm="x", nonce="y", realm="z"',
        'Digest realm="x", nonce="y',
        'Digest realm="x" nonce="y" junk',
        'Digest realm="x", nonce="y", "z"',
    ],
)
def test_no_challenge(text: str) -> None:
    with pytest.raises(Malformed):
        Challenge.parse(text)


@pytest.mark.parametrize("missing", ["username", "realm", "nonce", "uri", "response"])
def test_credentials_with_something_missing(missing: str) -> None:
    with pytest.raises(Malformed):
        Credentials.parse(CREDENTIALS.replace(f"{missing}=", "x="))


def test_rfc_7616_challenge_answered() -> None:
    challenge = Challenge.parse(CHALLENGE)
    assert challenge.qop == ("auth", "auth-int")
    answer = Credentials.answer(
        challenge,
        method="GET",
        uri="/dir/index.html",
        username="Mufasa",
        password="Circle of Life",
        cnonce=RFC_7616_CNONCE,
    )
    assert answer == Credentials.parse(CREDENTIALS)


def test_a_challenge_without_qop_is_answered_without_nonce_count() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    answer = Credentials.answer(
        challenge,
        method="GET",
        uri="/dir/index.html",
        username="Mufasa",
        password="Circle Of Life",
    )
    assert (answer.qop, answer.nonce_count, answer.cnonce) == ("", "", "")
    assert answer.response == "670fd8c2df070c60b045671b8b24ff02"


@pytest.mark.parametrize(
    "challenge",
    [Challenge("r", "n", "SHA-512-256"), Challenge("r", "n", "MD5", ("auth-int",))],
)
def test_what_we_cannot_compute_is_not_answered(challenge: Challenge) -> None:
    with pytest.raises(Malformed):
        Credentials.answer(challenge, method="M", uri="u", username="a", password="b")


def test_each_answer_has_its_own_cnonce_and_count() -> None:
    challenge = Challenge("r", "n", qop=("auth",))
    first, second = (
        Credentials.answer(challenge, method="M", uri="u", username="a", password="b", count=count)
        for count in (1, 10)
    )
    assert first.cnonce != second.cnonce
    assert (first.nonce_count, second.nonce_count) == ("00000001", "0000000a")


def test_quotes_commas_and_escapes_within_values() -> None:
    text = 'digest realm="a,\\"b\\\\" , NONCE = "n" ,qop=auth,stale=TRUE,algorithm=md5'
    challenge = Challenge.parse(text)
    assert challenge == Challenge('a,"b\\', "n", "MD5", ("auth",), stale=True)
    assert Challenge.parse(str(challenge)) == challenge


def test_what_phones_quote_or_not() -> None:
    sloppy = CREDENTIALS.replace("nc=00000001", 'nc="00000001"').replace("qop=auth", 'qop="auth"')
    assert Credentials.parse(sloppy) == Credentials.parse(CREDENTIALS)
    assert Credentials.parse(CREDENTIALS + ", x=,") == Credentials.parse(CREDENTIALS)


def test_printed_credentials_are_read_back() -> None:
    credentials = replace(Credentials.parse(CREDENTIALS), username='a"b\\')
    assert Credentials.parse(str(credentials)) == credentials
    without = replace(credentials, qop="", nonce_count="", cnonce="", opaque=None)
    assert Credentials.parse(str(without)) == without
