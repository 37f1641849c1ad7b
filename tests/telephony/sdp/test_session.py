import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.origin import Origin
from appliance.telephony.sdp.session import MAX_BYTES, MAX_MEDIA, Session
from tests.telephony.sdp.examples import FAX, OPUS_FIRST, PLAIN, REQUIRED, VIDEO, session

HEAD = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"v=0\r\n",
        b"v=0\no=- 1\n",
        HEAD.encode() + b"m=audio\n",
        HEAD.encode() + b"m=audio 70000 RTP/AVP 0\n",
        HEAD.encode() + b"m=audio -1 RTP/AVP 0\n",
        HEAD.encode() + b"m=audio 4000 RTP/AVP " + b"0 " * 200,
        HEAD.encode() + b"m=audio 4000 RTP/AVP 0\n" * (MAX_MEDIA + 1),
        HEAD.encode() + b"a=x\n" * 1001,
        HEAD.encode() + b"a=" + b"x" * 5000,
        HEAD.encode() + b"a=x\n" * MAX_BYTES,
    ],
)
def test_what_is_no_session_or_too_much_of_one_is_refused(body: bytes) -> None:
    with pytest.raises(SdpError):
        Session.parse(body)


@given(st.binary(max_size=300))
def test_no_body_whatever_raises_anything_else(body: bytes) -> None:
    try:
        read = Session.parse(HEAD.encode() + body)
    except SdpError:
        return
    for line in read.media:
        _ = line.codecs, line.crypto, line.rtcp_address, line.ptime_ms, line.effective_direction


@given(st.sampled_from([PLAIN, OPUS_FIRST, REQUIRED, VIDEO, FAX]), st.data())
def test_a_damaged_session_is_read_or_refused_and_reads_back(
    text: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.characters(codec="utf-8"))
    try:
        read = session(text[:place] + byte + text[place + 1 :])
    except SdpError:
        return
    assert Session.parse(bytes(read)) == read


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_read(end: str) -> None:
    assert Session.parse(PLAIN.replace("\n", end).encode()) == session(PLAIN)


def test_phones_leave_out_lines_that_say_nothing() -> None:
    read = session("o=- 1 1 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n\n")
    assert read.media[0].rtp_address == ("192.0.2.1", 4000)


def test_a_line_has_its_own_address_and_direction_or_the_sessions() -> None:
    read = session(
        HEAD + "a=sendonly\nm=audio 4000 RTP/AVP 0\n"
        "m=video 4002/2 RTP/AVP 34\nc=IN IP4 192.0.2.7/127\na=inactive\n"
    )
    audio, video = read.media
    assert (audio.host, audio.direction) == ("192.0.2.1", Direction.SENDONLY)
    assert (video.host, video.port, video.direction) == ("192.0.2.7", 4002, Direction.INACTIVE)


@pytest.mark.parametrize("text", [PLAIN, OPUS_FIRST, REQUIRED, VIDEO, FAX])
def test_what_is_printed_is_read_again(text: str) -> None:
    assert Session.parse(bytes(session(text))) == session(text)


def test_nothing_is_lost_between_reading_and_printing() -> None:
    # The direction always goes last, and each line of RTP says it.
    wanted = PLAIN + VIDEO[len(PLAIN) :] + "a=sendrecv\n"
    assert sorted(str(session(VIDEO)).split("\r\n")) == sorted(wanted.split("\n"))


def test_a_line_at_another_address_says_so() -> None:
    here = Media("audio", 4000, "RTP/AVP", ("0",), "192.0.2.1")
    there = Media("video", 4002, "RTP/AVP", ("34",), "2001:db8::1")
    text = str(Session(Origin("-", "1", "1", "192.0.2.1"), (here, there)))
    assert text.count("c=IN IP4 192.0.2.1") == 1
    assert "m=video 4002 RTP/AVP 34\r\nc=IN IP6 2001:db8::1\r\n" in text


def test_interop_13_the_origin_keeps_its_id_and_rises_only_with_a_change() -> None:
    first = session(PLAIN)
    again = session(PLAIN.replace("20518 0", "777 5")).following(first)
    assert again == first
    held = session(PLAIN.replace("20518 0", "777 5").replace("sendrecv", "sendonly"))
    changed = held.following(first)
    assert (changed.origin.key, changed.origin.version) == ("20518", "1")
    assert changed.media == held.media


def test_the_first_session_of_a_dialog_follows_nothing() -> None:
    assert session(PLAIN).following(None) == session(PLAIN)
