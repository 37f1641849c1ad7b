"""A media line of ours, made in place of the one that the far end of another leg wrote."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from appliance.telephony.sdp.attributes import Attributes, every, first
from appliance.telephony.sdp.codec import REMEMBERED, Codec
from appliance.telephony.sdp.crypto import Crypto
from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.origin import Origin

PASSED_ON = frozenset({"ptime", "maxptime", "framerate", "imageattr", "content", "lang"})
"""Attributes of an RTP line that mean the same beyond us; all others are between the two ends of
one leg (addresses, keys, ICE, identifications), or we do not know what they promise."""


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Our side of one media line. `keys` are the stream's `crypto.Keyring`; RTP and RTCP on one
    port means that they are multiplexed."""

    host: str
    rtp_port: int
    rtcp_port: int
    keys: Iterable[Crypto] = ()


def own_line(
    source: Media,
    local: LocalMedia,
    profile: str,
    codecs: tuple[Codec, ...],
    way: Direction,
    keys: Iterable[Crypto],
) -> Media:
    """A line of ours with these codecs; fax passes through with T.38's own attributes (interop
    32)."""
    if not source.rtp:
        return _fax_line(source, local, way)
    attributes = (
        *_codec_attributes(codecs),
        *_passed_on(source, codecs),
        *_rtcp(local),
        *(("crypto", str(key)) for key in keys),
    )
    return Media(
        source.kind,
        local.rtp_port,
        profile,
        _formats(codecs),
        local.host,
        way,
        source.bandwidth,
        attributes,
    )


def _fax_line(source: Media, local: LocalMedia, way: Direction) -> Media:
    attributes = tuple(item for item in source.attributes if item[0].lower().startswith("t38"))
    return replace(
        source, port=local.rtp_port, host=local.host, direction=way, attributes=attributes
    )


@lru_cache(maxsize=REMEMBERED)
def _formats(codecs: tuple[Codec, ...]) -> tuple[str, ...]:
    return tuple(str(codec.number) for codec in codecs)


@lru_cache(maxsize=REMEMBERED)
def _codec_attributes(codecs: tuple[Codec, ...]) -> Attributes:
    """Static types get their rtpmap as well: some phones look nowhere else."""
    out: list[tuple[str, str]] = []
    for codec in codecs:
        out.append(("rtpmap", codec.rtpmap))
        if codec.fmtp:
            out.append(("fmtp", f"{codec.number} {codec.fmtp}"))
    return tuple(out)


def _passed_on(source: Media, codecs: tuple[Codec, ...]) -> Attributes:
    """What of the far end's line means the same beyond us; feedback (RFC 4585 § 4.2) for the
    formats that are left and keep their numbers."""
    passed = tuple(item for item in source.attributes if item[0] in PASSED_ON)
    if first(source.attributes, "rtcp-fb") is None:
        return passed
    there = {(codec.number, codec.name) for codec in source.codecs}
    kept = {str(c.number) for c in codecs if (c.number, c.name) in there} | {"*"}
    feedback = (
        ("rtcp-fb", value)
        for value in every(source.attributes, "rtcp-fb")
        if value.partition(" ")[0] in kept
    )
    return (*passed, *feedback)


def _rtcp(local: LocalMedia) -> Attributes:
    """Nothing where RTCP is on the next port, which everyone assumes."""
    if local.rtcp_port == local.rtp_port:
        return (("rtcp-mux", ""),)
    if local.rtcp_port == local.rtp_port + 1:
        return ()
    return (("rtcp", str(local.rtcp_port)),)


def dead_line(line: Media, origin: Origin) -> Media:
    """The line as not carried, without the other side's address."""
    return replace(line.rejected(), host=origin.host)
