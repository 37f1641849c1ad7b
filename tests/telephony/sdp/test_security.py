import pytest

from appliance.model.devices import MediaSecurity
from appliance.telephony.sdp.crypto import Crypto, fresh_keys
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.security import answer_keys, carried, lasting, protocol
from tests.telephony.sdp.examples import FAX, OPTIONAL, PLAIN, REQUIRED, session

POLICIES = list(MediaSecurity)


@pytest.mark.parametrize(
    ("text", "policy", "expected"),
    [
        (PLAIN, MediaSecurity.REQUIRED, False),
        (REQUIRED, MediaSecurity.PLAIN, False),
        (REQUIRED.replace("AES_CM", "F8"), MediaSecurity.OPTIONAL, False),
        (OPTIONAL.replace("AES_CM", "F8"), MediaSecurity.REQUIRED, False),
        (FAX, MediaSecurity.REQUIRED, False),
        (FAX, MediaSecurity.OPTIONAL, True),
        (PLAIN, MediaSecurity.OPTIONAL, True),
        (PLAIN, MediaSecurity.PLAIN, True),
        (OPTIONAL, MediaSecurity.PLAIN, True),
        (OPTIONAL, MediaSecurity.REQUIRED, True),
        (REQUIRED, MediaSecurity.OPTIONAL, True),
        (REQUIRED, MediaSecurity.REQUIRED, True),
    ],
)
def test_interop_30_what_is_carried_for_whom(
    text: str, policy: MediaSecurity, expected: bool
) -> None:
    assert carried(session(text).media[0], policy) is expected


def test_what_is_neither_rtp_nor_fax_is_not_carried() -> None:
    line = session(PLAIN.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF")).media[0]
    assert not carried(line, MediaSecurity.OPTIONAL)


@pytest.mark.parametrize("policy", POLICIES)
def test_only_required_offers_the_secure_profile(policy: MediaSecurity) -> None:
    line = session(REQUIRED).media[0]
    assert protocol(line, policy) == ("RTP/SAVP" if policy == "required" else "RTP/AVP")


def test_feedback_stays_in_the_profile() -> None:
    line = session(PLAIN.replace("RTP/AVP", "RTP/AVPF")).media[0]
    assert protocol(line, MediaSecurity.REQUIRED) == "RTP/SAVPF"
    assert protocol(session(FAX).media[0], MediaSecurity.OPTIONAL) == "udptl"


def test_keys_offered_to_a_plain_device_are_ignored() -> None:
    assert answer_keys(session(OPTIONAL).media[0], fresh_keys(), MediaSecurity.PLAIN) is None


def test_keys_that_are_offered_are_used() -> None:
    keys = answer_keys(session(OPTIONAL).media[0], fresh_keys(), MediaSecurity.OPTIONAL)
    assert isinstance(keys, Crypto)
    assert keys.tag == 4


def test_fax_has_no_keys_and_none_may_be_wanted() -> None:
    line = session(FAX).media[0]
    assert answer_keys(line, fresh_keys(), MediaSecurity.OPTIONAL) is None
    assert isinstance(answer_keys(line, fresh_keys(), MediaSecurity.REQUIRED), Refusal)


def test_what_was_secure_by_profile_stays_so() -> None:
    plain, secure = session(PLAIN).media[0], session(REQUIRED).media[0]
    assert lasting(MediaSecurity.OPTIONAL, plain, secure) is MediaSecurity.REQUIRED
    assert lasting(MediaSecurity.OPTIONAL, plain, plain) is MediaSecurity.OPTIONAL
