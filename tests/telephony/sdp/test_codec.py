import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.telephony.sdp.codec import STATIC, Codec, our_codecs, parse_rtpmap


@pytest.mark.parametrize(
    "text",
    ["", "96", "96 opus", "96 opus/", "128 opus/48000", "x opus/48000", "96 /8000", "96 a/9999999"],
)
def test_an_rtpmap_without_sense_is_nothing(text: str) -> None:
    assert parse_rtpmap(text) is None


def test_names_know_no_case_and_digits_keep_their_own() -> None:
    assert parse_rtpmap("0 pcmu/8000") == Codec(0, "PCMU", 8000)
    assert parse_rtpmap("101 Telephone-Event/8000") == Codec(101, "telephone-event", 8000)


def test_opus_is_printed_as_it_is_registered() -> None:
    assert Codec(111, "OPUS", 48000, 2).rtpmap == "111 opus/48000/2"


def test_the_same_name_with_another_clock_is_another_codec() -> None:
    assert not Codec(9, "G722", 8000).matches(Codec(9, "G722", 16000))
    assert not Codec(100, "telephone-event", 48000).matches(Codec(101, "telephone-event", 8000))


def test_h264_of_another_packetization_does_not_match() -> None:
    one = Codec(97, "H264", 90000, fmtp="profile-level-id=42801F; packetization-mode=1")
    other = Codec(98, "H264", 90000, fmtp="profile-level-id=428014")
    level = Codec(99, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=42e00d")
    assert not one.matches(other)
    assert one.matches(level)


def test_interop_27_a_number_says_nothing_of_a_match() -> None:
    assert Codec(96, "OPUS", 48000, 2, "stereo=1").matches(Codec(111, "OPUS", 48000, 2))


def test_interop_29_our_offer_has_digits_with_the_clock_of_each_codec() -> None:
    offered = our_codecs(["OPUS", "G722", "PCMU", "telephone-event"])
    assert [codec.clock for codec in offered if codec.event] == [48000, 8000]
    assert len({codec.number for codec in offered}) == len(offered)


def test_g722_says_8000() -> None:
    assert STATIC[9].clock == 8000


def test_comfort_noise_and_digits_are_only_companions() -> None:
    assert Codec(13, "CN", 8000).companion
    assert Codec(101, "telephone-event", 8000).companion
    assert not Codec(0, "PCMU", 8000).companion


@given(
    st.integers(0, 127),
    st.text("abcdefXYZ0123456789-", min_size=1, max_size=20),
    st.integers(1, 192000),
    st.integers(1, 8),
)
def test_what_is_printed_is_read_again(number: int, name: str, clock: int, channels: int) -> None:
    codec = parse_rtpmap(f"{number} {name}/{clock}/{channels}")
    assert codec is not None
    assert parse_rtpmap(codec.rtpmap) == codec
