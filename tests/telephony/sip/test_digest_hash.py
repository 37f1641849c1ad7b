"""The examples of RFC 2617 § 3.5 and RFC 7616 § 3.9.1."""

import pytest

from appliance.telephony.sip.digest_hash import digest_response, ha1

RFC_7616_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC_7616_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def test_rfc_2617_md5() -> None:
    secret = ha1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    assert secret == "939e7578ed9e3c518a452acee763bce9"
    response = digest_response(
        "MD5",
        secret,
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "GET",
        "/dir/index.html",
        "00000001:0a4f113b:auth",
    )
    assert response == "6629fae49393a05397450978507c4ef1"


def test_rfc_2069_without_qop() -> None:
    secret = ha1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    response = digest_response("MD5", secret, nonce, "GET", "/dir/index.html")
    assert response == "670fd8c2df070c60b045671b8b24ff02"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616(algorithm: str, expected: str) -> None:
    secret = ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")
    qop_part = f"00000001:{RFC_7616_CNONCE}:auth"
    response = digest_response(
        algorithm, secret, RFC_7616_NONCE, "GET", "/dir/index.html", qop_part
    )
    assert response == expected
