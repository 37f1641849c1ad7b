from dataclasses import replace

import pytest

from appliance.telephony.sdp.codec import Codec
from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.media import Media, sendable

LINE = Media("audio", 4000, "RTP/AVP", ("0",), "192.0.2.1")


def test_a_dynamic_format_without_rtpmap_is_no_codec() -> None:
    assert replace(LINE, formats=("96", "0")).codecs == (Codec(0, "PCMU", 8000),)


def test_an_rtpmap_overrides_the_static_meaning() -> None:
    line = replace(LINE, attributes=(("rtpmap", "0 PCMA/8000"),))
    assert line.codecs == (Codec(0, "PCMA", 8000),)


def test_a_format_named_twice_counts_once() -> None:
    assert len(replace(LINE, formats=("0", "0", "8")).codecs) == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0:0:0:0:0:0:0:0"])
def test_interop_12_nothing_is_ever_sent_to_no_address(host: str) -> None:
    line = replace(LINE, host=host)
    assert line.rtp_address is None
    assert line.rtcp_address is None
    assert line.effective_direction is Direction.SENDONLY


def test_interop_12_an_inactive_line_with_no_address_stays_inactive() -> None:
    line = replace(LINE, host="0.0.0.0", direction=Direction.INACTIVE)
    assert line.effective_direction is Direction.INACTIVE


@pytest.mark.parametrize("host", ["224.0.1.75", "ff02::1", "255.255.255.255", "pbx.example", ""])
def test_media_go_to_one_address_only(host: str) -> None:
    assert not sendable(host)
    assert replace(LINE, host=host).rtp_address is None


def test_a_rejected_line_has_nowhere_to_send() -> None:
    assert LINE.rejected().rtp_address is None
    assert not LINE.rejected().live


def test_interop_31_rtcp_goes_to_the_next_port_unless_told_otherwise() -> None:
    assert LINE.rtcp_address == ("192.0.2.1", 4001)
    assert replace(LINE, attributes=(("rtcp", "53020"),)).rtcp_address == ("192.0.2.1", 53020)
    line = replace(LINE, attributes=(("rtcp", "53020 IN IP4 192.0.2.9"),))
    assert line.rtcp_address == ("192.0.2.9", 53020)


def test_an_rtcp_attribute_without_sense_is_as_none() -> None:
    assert replace(LINE, attributes=(("rtcp", "99999"),)).rtcp_address == ("192.0.2.1", 4001)
    assert replace(LINE, port=65535).rtcp_address is None


@pytest.mark.parametrize(
    ("asked", "taken"), [("", 20), ("10", 10), ("30", 30), ("35", 30), ("60", 60), ("5", 10),
                         ("240", 60), ("x", 20), ("99999", 20)]
)  # fmt: skip
def test_interop_28_packet_lengths_are_taken_as_asked_within_reason(asked: str, taken: int) -> None:
    assert replace(LINE, attributes=(("ptime", asked),)).ptime_ms == taken


def test_dtls_is_not_ours_to_key() -> None:
    assert not replace(LINE, protocol="UDP/TLS/RTP/SAVPF").rtp
    assert replace(LINE, protocol="RTP/SAVPF").savp


def test_an_unusable_crypto_line_is_seen_but_not_taken() -> None:
    line = replace(LINE, attributes=(("crypto", "1 F8_128_HMAC_SHA1_80 inline:AAAA"),))
    assert line.crypto == ()
    assert line.keyed
