from dataclasses import replace

from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.own_line import LocalMedia, dead_line, own_line
from tests.telephony.sdp.examples import FAX, OURS, VIDEO, local, session


def made(source: Media, side: LocalMedia) -> Media:
    return own_line(source, side, source.protocol, source.codecs, Direction.SENDRECV, ())


def test_nothing_of_the_other_leg_shows_but_its_media() -> None:
    video = made(session(VIDEO).media[1], local(30000))
    text = "\n".join(video.lines("192.0.2.10"))
    assert "203.0.113.1" not in text
    assert "candidate" not in text
    assert "54402" not in text


def test_feedback_goes_on_for_the_formats_that_are_left() -> None:
    source = session(VIDEO).media[1]
    assert ("rtcp-fb", "97 nack pli") in made(source, local()).attributes
    without = own_line(source, local(), "RTP/AVP", (), Direction.SENDRECV, ())
    assert "rtcp-fb" not in dict(without.attributes)


def test_interop_32_fax_goes_on_with_its_own_parameters_only() -> None:
    source = session(FAX + "a=candidate:1 1 UDP 1 10.0.0.1 5 typ host\n").media[0]
    line = made(source, local(30000))
    assert (line.kind, line.protocol, line.formats) == ("image", "udptl", ("t38",))
    assert line.rtp_address == ("192.0.2.10", 30000)
    assert [name for name, _ in line.attributes] == [
        "T38FaxVersion",
        "T38MaxBitRate",
        "T38FaxRateManagement",
    ]


def test_interop_31_rtcp_is_named_only_where_nobody_would_guess_it() -> None:
    source = session(VIDEO).media[0]
    assert "rtcp" not in dict(made(source, local(30000)).attributes)
    odd = made(source, replace(local(30000), rtcp_port=40000))
    assert odd.rtcp_address == ("192.0.2.10", 40000)
    assert made(source, replace(local(30000), rtcp_port=30000)).rtcp_mux


def test_a_line_not_carried_shows_no_address_of_the_other_leg() -> None:
    line = dead_line(session(VIDEO).media[0], OURS)
    assert not line.live
    assert line.host == "192.0.2.10"
