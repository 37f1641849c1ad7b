from appliance.telephony.sdp.layout import arrange
from appliance.telephony.sdp.media import Media


def line(kind: str, port: int) -> Media:
    return Media(kind, port, "udptl" if kind == "image" else "RTP/AVP", ("0",), "192.0.2.1")


def test_a_place_without_a_line_becomes_port_0() -> None:
    arranged = arrange([line("audio", 10)], [line("audio", 1), line("video", 2)])
    assert [(media.kind, media.port) for media in arranged] == [("audio", 10), ("video", 0)]


def test_lines_without_a_place_go_to_the_end() -> None:
    arranged = arrange([line("video", 20), line("audio", 10)], [line("audio", 1)])
    assert [(media.kind, media.port) for media in arranged] == [("audio", 10), ("video", 20)]


def test_the_second_of_a_kind_stays_the_second() -> None:
    lines = [line("video", 20), line("video", 21), line("audio", 10)]
    like = [line("video", 1), line("audio", 2), line("video", 3)]
    assert [media.port for media in arrange(lines, like)] == [20, 10, 21]


def test_interop_32_fax_takes_the_place_of_the_voice() -> None:
    assert arrange([line("image", 10)], [line("audio", 1)]) == (line("image", 10),)


def test_a_fax_line_beside_an_ended_voice_line_comes_after_it() -> None:
    lines = [line("audio", 0), line("image", 10)]
    assert arrange(lines, [line("audio", 1)]) == tuple(lines)


def test_without_a_pattern_nothing_moves() -> None:
    lines = (line("video", 1), line("audio", 2))
    assert arrange(lines, ()) == lines
    assert arrange(lines, lines) == lines
