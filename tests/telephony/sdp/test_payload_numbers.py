from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from appliance.telephony.sdp.codec import Codec, our_codecs
from appliance.telephony.sdp.payload_numbers import added, renumbered

OPUS = Codec(96, "OPUS", 48000, 2)
EVENT = Codec(101, "telephone-event", 8000)
PCMU = Codec(0, "PCMU", 8000)
H264 = Codec(97, "H264", 90000)
RTX = Codec(98, "RTX", 90000, fmtp="apt=97")


def test_a_taken_number_is_not_given_another_meaning() -> None:
    (moved,) = renumbered([replace(OPUS, number=101)], [EVENT])
    assert moved.number not in (101, 96 - 1)
    assert moved.matches(OPUS)


def test_a_codec_known_in_the_dialog_keeps_its_number_there() -> None:
    assert renumbered([OPUS, PCMU], [replace(OPUS, number=111)])[0].number == 111


def test_repairs_go_when_the_numbers_they_name_have_changed() -> None:
    assert renumbered([H264, RTX], []) == (H264, RTX)
    assert renumbered([H264, RTX], [replace(H264, number=120)]) == (replace(H264, number=120),)


def test_nothing_changes_in_a_new_dialog() -> None:
    assert renumbered([OPUS, PCMU, EVENT], []) == (OPUS, PCMU, EVENT)


def test_what_is_there_already_is_not_added() -> None:
    assert added([replace(PCMU, number=100)], [PCMU]) == (replace(PCMU, number=100),)


def test_an_added_codec_avoids_the_numbers_in_use() -> None:
    codecs = added([EVENT], our_codecs(["OPUS", "telephone-event"]))
    assert len({codec.number for codec in codecs}) == len(codecs) == 3


def test_a_static_number_in_foreign_use_cannot_be_added() -> None:
    foreign = Codec(0, "L16", 16000)
    assert added([foreign], [PCMU]) == (foreign,)


@given(
    st.lists(st.sampled_from([OPUS, EVENT, PCMU, H264]), unique=True),
    st.lists(st.integers(96, 127), min_size=4, max_size=4, unique=True),
)
def test_no_number_ever_means_two_things(offered: list[Codec], numbers: list[int]) -> None:
    used = [replace(c, number=n) for c, n in zip([EVENT, OPUS, H264], numbers, strict=False)]
    meaning = {codec.number: codec.name for codec in used}
    for codec in renumbered(offered, used):
        assert meaning.setdefault(codec.number, codec.name) == codec.name
