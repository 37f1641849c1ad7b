import pytest

from appliance.model.devices import MediaSecurity
from appliance.telephony.sdp.crypto import Crypto, Keyring
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.security import answer_keys, carried, lasting, protocol, refused
from tests.telephony.sdp.examples import FAX, OPTIONAL, PLAIN, REQUIRED, session

POLICIES = list(MediaSecurity)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        (PLAIN, MediaSecurity.REQUIRED),
        (REQUIRED, MediaSecurity.PLAIN),
        (REQUIRED.replace("AES_CM", "F8"), MediaSecurity.OPTIONAL),
        (OPTIONAL.replace("AES_CM", "F8"), MediaSecurity.REQUIRED),
        (FAX, MediaSecurity.REQUIRED),
        (PLAIN.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF"), MediaSecurity.OPTIONAL),
    ],
)
def test_interop_30_an_offer_that_breaks_the_policy_is_refused_before_anybody_rings(
    text: str, policy: MediaSecurity
) -> None:
    assert isinstance(refused(session(text), policy), Refusal)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        (FAX, MediaSecurity.OPTIONAL),
        (PLAIN, MediaSecurity.OPTIONAL),
        (PLAIN, MediaSecurity.PLAIN),
        (OPTIONAL, MediaSecurity.PLAIN),
        (OPTIONAL, MediaSecurity.REQUIRED),
        (REQUIRED, MediaSecurity.OPTIONAL),
        (REQUIRED, MediaSecurity.REQUIRED),
        (REQUIRED + FAX[FAX.index("m=") :], MediaSecurity.REQUIRED),
    ],
)
def test_interop_30_an_offer_with_a_line_that_fits_is_not(text: str, policy: MediaSecurity) -> None:
    assert refused(session(text), policy) is None


def test_an_offer_that_ends_everything_is_not_refused() -> None:
    over = session(PLAIN.replace("54400", "0"))
    assert refused(over, MediaSecurity.REQUIRED) is None


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("text", [PLAIN, REQUIRED])
def test_how_one_leg_is_keyed_is_nothing_to_the_other(text: str, policy: MediaSecurity) -> None:
    assert carried(session(text).media[0], policy)


def test_fax_is_not_carried_where_all_must_be_secure() -> None:
    assert carried(session(FAX).media[0], MediaSecurity.OPTIONAL)
    assert not carried(session(FAX).media[0], MediaSecurity.REQUIRED)


def test_what_is_neither_rtp_nor_fax_is_not_carried() -> None:
    line = session(PLAIN.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF")).media[0]
    assert not carried(line, MediaSecurity.OPTIONAL)
    assert not carried(session(PLAIN).media[0].rejected(), MediaSecurity.OPTIONAL)


@pytest.mark.parametrize("policy", POLICIES)
def test_only_required_offers_the_secure_profile(policy: MediaSecurity) -> None:
    line = session(REQUIRED).media[0]
    assert protocol(line, policy) == ("RTP/SAVP" if policy == "required" else "RTP/AVP")


def test_feedback_stays_in_the_profile() -> None:
    line = session(PLAIN.replace("RTP/AVP", "RTP/AVPF")).media[0]
    assert protocol(line, MediaSecurity.REQUIRED) == "RTP/SAVPF"
    assert protocol(session(FAX).media[0], MediaSecurity.OPTIONAL) == "udptl"


def test_keys_offered_to_a_plain_device_are_ignored() -> None:
    assert answer_keys(session(OPTIONAL).media[0], tuple(Keyring()), MediaSecurity.PLAIN) is None


def test_keys_that_are_offered_are_used() -> None:
    keys = answer_keys(session(OPTIONAL).media[0], tuple(Keyring()), MediaSecurity.OPTIONAL)
    assert isinstance(keys, Crypto)
    assert keys.tag == 4


def test_fax_has_no_keys_and_none_may_be_wanted() -> None:
    line = session(FAX).media[0]
    assert answer_keys(line, tuple(Keyring()), MediaSecurity.OPTIONAL) is None
    assert isinstance(answer_keys(line, tuple(Keyring()), MediaSecurity.REQUIRED), Refusal)


def test_what_was_secure_by_profile_stays_so() -> None:
    plain, secure = session(PLAIN).media[0], session(REQUIRED).media[0]
    assert lasting(MediaSecurity.OPTIONAL, plain, secure) is MediaSecurity.REQUIRED
    assert lasting(MediaSecurity.OPTIONAL, plain, plain) is MediaSecurity.OPTIONAL
