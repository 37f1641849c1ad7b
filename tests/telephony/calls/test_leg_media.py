"""The SDP and streams of a leg, between phones and the media core (RFC 3264, interop 12, 13)."""

import pytest

from appliance.model.devices import MediaSecurity
from appliance.telephony.calls.leg_media import LegMedia, MediaRefused
from appliance.telephony.sdp.session import Session
from tests.support.fake_media import FakeMedia

BOX = "10.0.0.1"


def sdp(
    *lines: str, host: str = "10.0.0.7", direction: str = "sendrecv", version: int = 1
) -> Session:
    text = [
        "v=0",
        f"o=- 77 {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        *(lines or ("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000")),
        f"a={direction}",
    ]
    return Session.parse("\r\n".join(text).encode())


def leg(media: FakeMedia, security: MediaSecurity = MediaSecurity.OPTIONAL) -> LegMedia:
    return LegMedia(media, BOX, security, lambda event: None)


def connected(media: FakeMedia) -> tuple[LegMedia, LegMedia]:
    """A caller and a callee who have answered each other through the box."""
    caller, callee = leg(media), leg(media)
    caller.take_offer(sdp())
    callee.offer_like(caller)
    callee.take_answer(sdp("m=audio 5000 RTP/AVP 0", host="10.0.0.8"))
    assert caller.answer_like(callee) is not None
    caller.join(callee)
    return caller, callee


def test_an_answer_without_a_common_codec_is_refused_and_nothing_stays_open() -> None:
    media = FakeMedia()
    callee = leg(media)
    caller = leg(media)
    caller.take_offer(sdp("m=audio 4000 RTP/AVP 9"))
    callee.offer_like(caller)
    with pytest.raises(MediaRefused):
        callee.take_answer(sdp("m=audio 5000 RTP/AVP 18"))
    callee.close()
    caller.close()
    assert not media.open_streams


def test_the_caller_without_speech_that_the_box_speaks_gets_no_echo() -> None:
    caller = leg(FakeMedia())
    caller.take_offer(sdp("m=audio 4000 RTP/AVP 18"))
    assert caller.answer_offer() is None


def test_a_device_that_must_be_secure_refuses_a_plain_offer() -> None:
    caller = leg(FakeMedia(), MediaSecurity.REQUIRED)
    caller.take_offer(sdp())
    assert caller.answer_offer() is None


def test_an_answer_with_an_address_of_the_other_family_is_refused() -> None:
    caller, callee = leg(FakeMedia()), leg(FakeMedia())
    caller.take_offer(sdp())
    callee.offer_like(caller)
    with pytest.raises(MediaRefused):
        callee.take_answer(
            Session.parse(str(sdp()).replace("IN IP4 10.0.0.7", "IN IP6 2001:db8::7").encode())
        )


def test_both_sides_see_the_box_and_not_each_other() -> None:
    media = FakeMedia()
    caller, callee = connected(media)
    assert caller.local is not None
    assert callee.local is not None
    assert "10.0.0.8" not in str(caller.local)
    assert "10.0.0.7" not in str(callee.local)
    assert media.streams[0].connected is media.streams[1]


def test_hold_is_answered_recvonly_without_asking_the_other_side() -> None:
    caller, _ = connected(FakeMedia())
    answer = caller.answer_again(sdp(direction="sendonly", version=2))
    assert answer is not None
    assert "a=recvonly" in str(answer)


def test_the_old_hold_with_address_zero_sends_nothing_there() -> None:
    media = FakeMedia()
    caller, _ = connected(media)
    assert caller.answer_again(sdp(host="0.0.0.0", version=2)) is not None
    caller_stream = media.streams[1]
    assert caller_stream.setup is not None
    assert caller_stream.setup.remote is None
    assert not caller_stream.setup.sending


def test_resume_restores_media_though_the_address_did_not_change() -> None:
    media = FakeMedia()
    caller, _ = connected(media)
    caller.answer_again(sdp(direction="inactive", version=2))
    assert caller.answer_again(sdp(version=3)) is not None
    setup = media.streams[1].setup
    assert setup is not None
    assert setup.sending
    assert setup.receiving
    assert media.streams[0].connected is media.streams[1]


def test_a_new_video_line_cannot_be_answered_alone() -> None:
    caller, _ = connected(FakeMedia())
    offer = sdp(
        "m=audio 4000 RTP/AVP 0", "m=video 4002 RTP/AVP 97", "a=rtpmap:97 H264/90000", version=2
    )
    assert caller.answer_again(offer) is None


def test_a_refused_change_to_fax_leaves_the_voice_streams_as_they_were() -> None:
    media = FakeMedia()
    _, callee = connected(media)
    callee.offer_onward(sdp("m=image 4000 udptl t38", version=2))
    assert len(media.open_streams) == 3
    callee.withdraw()
    assert len(media.open_streams) == 2
    assert media.streams[0].connected is media.streams[1]


def test_the_origin_keeps_its_id_and_raises_its_version_only_when_something_changed() -> None:
    caller, _ = connected(FakeMedia())
    first = caller.local
    same = caller.answer_again(sdp())
    held = caller.answer_again(sdp(direction="sendonly"))
    assert first is not None
    assert same is not None
    assert held is not None
    assert same.origin == first.origin
    assert held.origin.key == first.origin.key
    assert int(held.origin.version) == int(first.origin.version) + 1


def test_a_repeated_answer_changes_nothing() -> None:
    media = FakeMedia()
    caller, callee = leg(media), leg(media)
    caller.take_offer(sdp())
    callee.offer_like(caller)
    answer = sdp("m=audio 5000 RTP/AVP 0", host="10.0.0.8")
    callee.take_answer(answer)
    setup = media.streams[0].setup
    callee.take_answer(answer)
    assert media.streams[0].setup is setup


def test_the_figures_stay_readable_after_the_end() -> None:
    media = FakeMedia()
    caller, _ = connected(media)
    caller.close()
    assert caller.figures()[0].packets == 7
    assert len(media.open_streams) == 1
