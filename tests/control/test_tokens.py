from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from appliance.control.tokens import Claims, TokenMint
from appliance.model.accounts import Tier

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLAIMS = Claims(
    sub="account:1", jti="login_1", tier=Tier.TENANT, tid="acme", exp=int(NOW.timestamp()) + 900
)
MINT = TokenMint(bytes(32))


def test_token_of_another_key_is_none() -> None:
    assert TokenMint(b"x" * 32).read(MINT.sign(CLAIMS), NOW) is None


def test_token_that_is_over_is_none() -> None:
    assert MINT.read(MINT.sign(CLAIMS), NOW + timedelta(seconds=899)) == CLAIMS
    assert MINT.read(MINT.sign(CLAIMS), NOW + timedelta(seconds=900)) is None


def test_claims_of_another_token_do_not_fit_the_signature() -> None:
    header, _, mac = MINT.sign(CLAIMS).split(".")
    claims = msgspec.structs.replace(CLAIMS, tier=Tier.PLATFORM)
    _, body, _ = MINT.sign(claims).split(".")
    assert MINT.read(f"{header}.{body}.{mac}", NOW) is None


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "a.b.c.d"])
def test_what_is_no_token_is_none(text: str) -> None:
    assert MINT.read(text, NOW) is None


def test_header_that_names_no_signature_is_none() -> None:
    _, body, mac = MINT.sign(CLAIMS).split(".")
    assert MINT.read(f"eyJhbGciOiJub25lIn0.{body}.{mac}", NOW) is None
