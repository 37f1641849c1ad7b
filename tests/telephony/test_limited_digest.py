import pytest

from appliance.telephony.limited_digest import knows_md5_alone


@pytest.mark.parametrize(
    "agent", ["baresip v1.0.0 (x86_64/linux)", "baresip v0.6.5", "baresip v2.4.0 (arm64/darwin)"]
)
def test_a_phone_that_reads_the_first_challenge_only_knows_md5_alone(agent: str) -> None:
    assert knows_md5_alone(agent)


@pytest.mark.parametrize(
    "agent",
    ["", "baresip", "baresip v2.5.0 (x86_64/linux)", "baresip v2.10.1", "baresip v3.0.0",
     "Yealink SIP-T54W 96.86.0.23", "not baresip v1.0.0"],
)  # fmt: skip
def test_every_other_phone_is_offered_both(agent: str) -> None:
    assert not knows_md5_alone(agent)
