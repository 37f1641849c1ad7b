"""Offers and answers of a B2BUA that anchors media (RFC 3264, RFC 4568). All functions are pure.

Each side of a call sees only our addresses, ports and keys; codecs, their order and numbers, and
directions pass through. `ours` are our sides of the lines, one for each line of the session that
is made; None where we do not carry it. Give the result to `Session.following(last_sent)` before it
is sent, so that the origin's version is right.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from appliance.model.devices import MediaSecurity
from appliance.telephony.sdp.codec import REMEMBERED, TELEPHONE_EVENT, Codec, our_codecs
from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.layout import arrange
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.origin import Origin
from appliance.telephony.sdp.own_line import LocalMedia, dead_line, own_line
from appliance.telephony.sdp.payload_numbers import added, renumbered
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.security import NOT_CARRIED, answer_keys, protocol
from appliance.telephony.sdp.session import Session

INTERCHANGEABLE = ("PCMU", "PCMA")
"""Codecs that the media core turns into each other at little cost."""


Ours = Sequence[LocalMedia | None]


def onward_offer(
    offer: Session,
    ours: Ours,
    origin: Origin,
    *,
    secure: MediaSecurity,
    previous: Session | None = None,
    also: tuple[str, ...] = INTERCHANGEABLE,
) -> Session:
    """The offer to one leg made from what the far end of another offered or last sent.

    `previous` is what we last sent in the dialog that the offer goes to: its lines keep their
    places (`layout.arrange` tells for which lines `ours` are wanted) and its payload numbers
    their meaning. A line with one of the codecs in `also` offers the others of them too, and keys
    by RFC 4733, which the media core turns into what the other side has; all last, so
    that a far end without the first can still be talked to.
    """
    old = previous.media if previous else ()
    lines = arrange(offer.media, old)
    media = []
    for place, (line, local) in enumerate(zip(lines, ours, strict=True)):
        if local is None or not line.live:
            media.append(dead_line(line, origin))
            continue
        used = old[place].codecs if place < len(old) else ()
        codecs = _to_offer(line.codecs, used, also if line.kind == "audio" else ())
        keys = () if secure is MediaSecurity.PLAIN else local.keys
        media.append(
            own_line(line, local, protocol(line, secure), codecs, line.effective_direction, keys)
        )
    return Session(origin, tuple(media))


def offer_from(
    remote: Session,
    ours: Ours,
    origin: Origin,
    *,
    secure: MediaSecurity,
    previous: Session | None = None,
    direction: Direction = Direction.SENDRECV,
    also: tuple[str, ...] = INTERCHANGEABLE,
) -> Session:
    """The offer to a leg that is to be brought together with another, whose far end last sent
    `remote`: as `onward_offer`, but who held whom before counts no more."""
    media = tuple(replace(line, host=origin.host, direction=direction) for line in remote.media)
    return onward_offer(
        replace(remote, media=media), ours, origin, secure=secure, previous=previous, also=also
    )


def fresh_offer(
    codecs: Sequence[str],
    local: LocalMedia,
    origin: Origin,
    *,
    secure: MediaSecurity,
    direction: Direction = Direction.SENDRECV,
) -> Session:
    """One audio line of our own, as for a call that we place, or to answer the first INVITE
    without an offer. `codecs` are names of `codec.OURS`, and `telephone-event`."""
    blank = Media("audio", local.rtp_port, "RTP/AVP", (), local.host)
    keys = () if secure is MediaSecurity.PLAIN else local.keys
    offered = our_codecs(codecs)
    line = own_line(blank, local, protocol(blank, secure), offered, direction, keys)
    return Session(origin, (line,))


def answer_back(
    offer: Session,
    onward_answer: Session,
    ours: Ours,
    origin: Origin,
    *,
    secure: MediaSecurity,
    also: tuple[str, ...] = INTERCHANGEABLE,
) -> Session | Refusal:
    """The answer to the offerer made from the answer to our `onward_offer` (interop 27): the
    offerer's order and numbers for what both share; where they share nothing, its codecs in `also`
    if the answerer has one of those. Digits only where both ends have them, so that they are not
    lost between. Refusal when not one line is left."""
    answers = arrange(onward_answer.media, offer.media)
    media: list[Media | Refusal] = []
    for offered, answered, local in zip(offer.media, answers[: len(ours)], ours, strict=True):
        if local is None or not (offered.live and answered.live):
            media.append(dead_line(offered, origin))
            continue
        codecs = _passing(offered.codecs, answered.codecs, also)
        way = answered.effective_direction & offered.effective_direction.mirrored
        media.append(_answer_line(offered, answered, local, codecs, way, secure))
    return _answer(offer, media, origin)


def answer_locally(
    offer: Session,
    codecs: Collection[str] | None,
    ours: Ours,
    origin: Origin,
    *,
    secure: MediaSecurity,
    direction: Direction = Direction.SENDRECV,
) -> Session | Refusal:
    """The box's own answer: echo, prompts, hold and resume that the far side need not see (interop
    12). `codecs` are the names that we handle, None for all (echo); `direction` is what we are
    ready for: sendonly and the old 0.0.0.0 are answered recvonly, inactive inactive."""
    media: list[Media | Refusal] = []
    for offered, local in zip(offer.media, ours, strict=True):
        if local is None or not offered.live:
            media.append(dead_line(offered, origin))
            continue
        kept = tuple(c for c in offered.codecs if codecs is None or c.name in codecs)
        way = direction & offered.effective_direction.mirrored
        media.append(_answer_line(offered, offered, local, _clocked(kept), way, secure))
    return _answer(offer, media, origin)


def same_media(old: Session, new: Session) -> bool:
    """Whether `new` changes nothing but directions, addresses, ports and keys, so that it can be
    answered without asking the other leg."""
    if len(old.media) != len(new.media):
        return False
    return all(
        (before.kind, before.live, before.savp, before.udptl, before.codecs)
        == (after.kind, after.live, after.savp, after.udptl, after.codecs)
        for before, after in zip(old.media, new.media, strict=True)
    )


def _answer(offer: Session, media: list[Media | Refusal], origin: Origin) -> Session | Refusal:
    """The answer with refused lines at port 0; the first Refusal when there is nothing else."""
    refusals = [line for line in media if isinstance(line, Refusal)]
    lines = tuple(
        dead_line(offered, origin) if isinstance(line, Refusal) else line
        for offered, line in zip(offer.media, media, strict=True)
    )
    wanted = any(line.live for line in offer.media)
    if wanted and not any(line.live for line in lines):
        return refusals[0] if refusals else Refusal("no media line that both sides have")
    return Session(origin, lines)


def _answer_line(
    offered: Media,
    source: Media,
    local: LocalMedia,
    codecs: tuple[Codec, ...],
    way: Direction,
    secure: MediaSecurity,
) -> Media | Refusal:
    """Our line in answer to `offered`, with the attributes that `source` has to pass on."""
    if offered.kind != source.kind or not (offered.rtp or offered.udptl):
        return NOT_CARRIED
    if offered.rtp and all(codec.companion for codec in codecs):
        return Refusal("no codec in common")
    keys = answer_keys(offered, local.keys, secure)
    if isinstance(keys, Refusal):
        return keys
    line = own_line(source, local, offered.protocol, codecs, way, (keys,) if keys else ())
    if offered.rtcp_mux or not line.rtcp_mux:
        return line
    return replace(line, attributes=tuple(a for a in line.attributes if a[0] != "rtcp-mux"))


@lru_cache(maxsize=REMEMBERED)
def _to_offer(
    wanted: tuple[Codec, ...], used: tuple[Codec, ...], also: tuple[str, ...]
) -> tuple[Codec, ...]:
    """The codecs `wanted` under numbers that fit `used`, with the others of `also`."""
    codecs = renumbered(wanted, used)
    if not any(codec.name in also for codec in codecs):
        return codecs
    return added(codecs, our_codecs((*also, TELEPHONE_EVENT)))


@lru_cache(maxsize=REMEMBERED)
def _passing(
    offered: tuple[Codec, ...], answered: tuple[Codec, ...], also: tuple[str, ...]
) -> tuple[Codec, ...]:
    """What of the offered codecs can go through to an answerer with those of `answered`, with the
    answerer's own parameters."""
    pairs = ((c, next((a for a in answered if a.matches(c)), None)) for c in offered)
    passing = {c.number: replace(c, fmtp=a.fmtp) for c, a in pairs if a}
    if all(c.companion for c in passing.values()) and any(c.name in also for c in answered):
        passing |= {c.number: c for c in offered if c.name in also}
    return _clocked(tuple(passing[c.number] for c in offered if c.number in passing))


def _clocked(codecs: tuple[Codec, ...]) -> tuple[Codec, ...]:
    """Digits with the clock of a codec that is there (interop 29); with another clock only where
    the far end has no better one."""
    clocks = {codec.clock for codec in codecs if not codec.companion}
    if not any(codec.event and codec.clock in clocks for codec in codecs):
        return codecs
    return tuple(codec for codec in codecs if not codec.event or codec.clock in clocks)
