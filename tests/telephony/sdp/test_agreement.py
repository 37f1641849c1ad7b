from dataclasses import replace

import pytest

from appliance.model.devices import MediaSecurity
from appliance.telephony.sdp.agreement import Agreement, Carriage, agree, joinable
from appliance.telephony.sdp.codec import Codec
from appliance.telephony.sdp.crypto import Crypto
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.negotiation import answer_locally, fresh_offer
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.session import Session
from tests.telephony.sdp.examples import (
    FAX,
    KEY_80,
    OPTIONAL,
    OPUS_FIRST,
    OURS,
    PLAIN,
    REQUIRED,
    answer,
    local,
    session,
)

CODECS = ["OPUS", "PCMU", "PCMA", "telephone-event"]


def offered(secure: MediaSecurity = MediaSecurity.OPTIONAL) -> Session:
    return fresh_offer(CODECS, local(), OURS, secure=secure)


def agreed(ours: Media, theirs: Media) -> Agreement:
    agreement = agree(ours, theirs)
    assert isinstance(agreement, Agreement)
    return agreement


def answered(text: str, secure: MediaSecurity = MediaSecurity.OPTIONAL) -> Agreement:
    """What the box and the offer `text` settle on when the box answers by itself."""
    made = answer_locally(session(text), None, [local()], OURS, secure=secure)
    assert isinstance(made, Session)
    return agreed(made.media[0], session(text).media[0])


def joins(first: str, second: str) -> bool:
    return first == second or {first, second} == {"PCMU", "PCMA"}


def test_an_answer_without_a_codec_of_the_offer_is_refused() -> None:
    assert isinstance(agree(offered().media[0], session(PLAIN_G729).media[0]), Refusal)


def test_digits_alone_are_no_media() -> None:
    assert isinstance(agree(offered().media[0], answer(offered(), "101").media[0]), Refusal)


def test_interop_30_a_plain_answer_to_a_secure_offer_is_refused() -> None:
    offer = offered(MediaSecurity.REQUIRED)
    assert isinstance(agree(offer.media[0], answer(offer, "0").media[0]), Refusal)
    changed = replace(answer(offer, "0").media[0], protocol="RTP/AVP")
    assert isinstance(agree(offer.media[0], changed), Refusal)


def test_interop_30_keys_that_do_not_fit_are_refused_and_not_taken_for_plain() -> None:
    key = f"1 F8_128_HMAC_SHA1_80 {KEY_80}"
    assert isinstance(agree(offered().media[0], answer(offered(), "0", key=key).media[0]), Refusal)


def test_an_answer_of_another_kind_is_refused() -> None:
    assert isinstance(agree(offered().media[0], session(FAX).media[0]), Refusal)


def test_interop_30_a_phone_without_srtp_answers_an_optional_offer_plainly() -> None:
    agreement = agreed(offered().media[0], answer(offered(), "0").media[0])
    assert agreement.send_keys is None
    assert agreement.receive_keys is None


@pytest.mark.parametrize("secure", [MediaSecurity.OPTIONAL, MediaSecurity.REQUIRED])
def test_interop_30_each_way_has_the_key_of_the_one_who_sends(secure: MediaSecurity) -> None:
    offer = offered(secure)
    theirs = answer(offer, "0", key=f"2 AES_CM_128_HMAC_SHA1_32 {KEY_80}")
    agreement = agreed(offer.media[0], theirs.media[0])
    assert agreement.send_keys == offer.media[0].crypto[1]
    assert agreement.receive_keys == theirs.media[0].crypto[0]


@pytest.mark.parametrize("text", [OPTIONAL, REQUIRED])
def test_interop_30_a_secure_offer_answered_by_us_is_secure_both_ways(text: str) -> None:
    agreement = answered(text)
    assert agreement.receive_keys == Crypto.parse(f"4 AES_CM_128_HMAC_SHA1_80 {KEY_80}")
    assert agreement.send_keys is not None
    assert agreement.send_keys.key != agreement.receive_keys.key  # type: ignore[union-attr]


def test_interop_27_each_side_is_sent_its_own_numbers() -> None:
    offer = offered()
    theirs = session(OPUS_FIRST)
    agreement = agreed(offer.media[0], theirs.media[0])
    assert [(codec.number, codec.name) for codec in agreement.send[:2]] == [
        (111, "OPUS"),
        (0, "PCMU"),
    ]
    assert [codec.number for codec in agreement.receive if codec.name == "OPUS"] == [96]
    assert "PCMA" not in {codec.name for codec in agreement.receive}


@pytest.mark.parametrize(
    ("written", "sending", "receiving"),
    [
        ("sendrecv", True, True),
        ("sendonly", False, True),
        ("recvonly", True, False),
        ("inactive", False, False),
    ],
)
def test_interop_12_hold_stops_what_it_says(written: str, sending: bool, receiving: bool) -> None:
    agreement = answered(PLAIN.replace("sendrecv", written))
    assert (agreement.sending, agreement.receiving) == (sending, receiving)


def test_interop_12_the_old_hold_leaves_nowhere_to_send() -> None:
    agreement = answered(PLAIN.replace("c=IN IP4 203.0.113.1", "c=IN IP4 0.0.0.0"))
    assert agreement.remote is None
    assert agreement.remote_rtcp is None
    assert not agreement.sending


def test_interop_12_resume_restores_media_to_the_same_address() -> None:
    agreement = answered(PLAIN)
    assert agreement.remote == ("203.0.113.1", 54400)
    assert agreement.sending
    assert agreement.receiving


def test_interop_28_the_far_ends_packet_length_is_ours() -> None:
    assert answered(PLAIN.replace("ptime:20", "ptime:30")).ptime_ms == 30


def test_rtcp_shares_the_port_only_where_both_say_so() -> None:
    theirs = PLAIN + "a=rtcp-mux\n"
    assert not answered(theirs).rtcp_mux
    assert answered(theirs).remote_rtcp == ("203.0.113.1", 54401)
    side = replace(local(), rtcp_port=20000)
    made = answer_locally(session(theirs), None, [side], OURS, secure=MediaSecurity.OPTIONAL)
    assert isinstance(made, Session)
    agreement = agreed(made.media[0], session(theirs).media[0])
    assert agreement.rtcp_mux
    assert agreement.remote_rtcp == agreement.remote


def test_a_line_that_is_over_is_no_refusal() -> None:
    line = session(PLAIN).media[0]
    assert not agreed(line, line.rejected()).live


def test_interop_32_fax_is_agreed_without_codecs() -> None:
    agreement = answered(FAX)
    assert agreement.carriage is Carriage.UDPTL
    assert agreement.remote == ("203.0.113.1", 54400)


PCMU, PCMA = Codec(0, "PCMU", 8000), Codec(8, "PCMA", 8000)
G729, OPUS = Codec(18, "G729", 8000), Codec(96, "OPUS", 48000, 2)
PLAIN_G729 = PLAIN.replace("RTP/AVP 0 8 9 101", "RTP/AVP 18 101")


def speaks(*codecs: Codec) -> Agreement:
    return Agreement(send=codecs, receive=codecs)


def test_legs_without_a_common_codec_need_a_new_offer() -> None:
    assert not joinable(speaks(G729), speaks(PCMU), joins)


def test_a_codec_that_one_might_change_to_counts() -> None:
    assert not joinable(speaks(PCMU, G729), speaks(PCMU), joins)


def test_legs_that_share_or_can_be_transcoded_need_none() -> None:
    assert joinable(speaks(PCMU), speaks(PCMA), joins)
    assert joinable(speaks(OPUS, PCMU), speaks(PCMU, replace(OPUS, number=111)), joins)


def test_voice_does_not_join_fax_nor_anything_that_is_over() -> None:
    assert not joinable(speaks(PCMU), Agreement(Carriage.UDPTL), joins)
    assert not joinable(speaks(PCMU), replace(speaks(PCMU), live=False), joins)
    assert joinable(Agreement(Carriage.UDPTL), Agreement(Carriage.UDPTL), joins)


def test_digits_are_no_reason_for_a_new_offer() -> None:
    digits = Codec(101, "telephone-event", 8000)
    assert joinable(speaks(PCMU, digits), speaks(PCMU), joins)
