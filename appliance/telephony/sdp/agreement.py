"""What one line of an offer and its answer settled, for the media core (RFC 3264 § 6–8)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from appliance.telephony.sdp.codec import REMEMBERED, Codec
from appliance.telephony.sdp.crypto import Crypto, agreed
from appliance.telephony.sdp.media import DEFAULT_PTIME_MS, Address, Media
from appliance.telephony.sdp.origin import family
from appliance.telephony.sdp.refusal import Refusal


class Carriage(Enum):
    RTP = "rtp"
    UDPTL = "udptl"


@dataclass(frozen=True, slots=True)
class Agreement:
    """`remote` None: send nothing, or learn the address from what arrives. `send` are the far
    end's payloads in its order, `receive` ours, both as far as the two sides share them.
    `live` is False for a line that is rejected or over; nothing else of it then means anything."""

    carriage: Carriage = Carriage.RTP
    live: bool = True
    remote: Address | None = None
    remote_rtcp: Address | None = None
    send: tuple[Codec, ...] = ()
    receive: tuple[Codec, ...] = ()
    sending: bool = False
    receiving: bool = False
    send_keys: Crypto | None = None
    receive_keys: Crypto | None = None
    rtcp_mux: bool = False
    ptime_ms: int = DEFAULT_PTIME_MS


def agree(local: Media, remote: Media) -> Agreement | Refusal:
    """What our line and theirs settled, whichever of the two was the offer. A Refusal when they
    do not fit: no codec, or keys missing where the profile wants them (interop 30)."""
    carriage = Carriage.UDPTL if local.udptl else Carriage.RTP
    if not (local.live and remote.live):
        return Agreement(carriage, live=False)
    if remote.rtp_address is not None and family(local.host) != family(remote.host):
        return Refusal("the media address is of another family than ours")
    if local.udptl and remote.udptl:
        way = local.direction & remote.effective_direction.mirrored
        return Agreement(
            carriage, remote=remote.rtp_address, sending=way.sends, receiving=way.receives
        )
    if not (local.rtp and remote.rtp and local.kind == remote.kind):
        return Refusal("the answer changes the kind of media")
    return _agree_rtp(local, remote)


def _agree_rtp(local: Media, remote: Media) -> Agreement | Refusal:
    send, receive = _both_ways(local.codecs, remote.codecs)
    if all(codec.companion for codec in send):
        return Refusal("no codec in common")
    keys = _keys(local, remote)
    if isinstance(keys, Refusal):
        return keys
    way = local.direction & remote.effective_direction.mirrored
    mux = local.rtcp_mux and remote.rtcp_mux
    return Agreement(
        remote=remote.rtp_address,
        remote_rtcp=remote.rtp_address if mux else remote.rtcp_address,
        send=send,
        receive=receive,
        sending=way.sends,
        receiving=way.receives,
        send_keys=keys and keys[0],
        receive_keys=keys and keys[1],
        rtcp_mux=mux,
        ptime_ms=remote.ptime_ms,
    )


@lru_cache(maxsize=REMEMBERED)
def _both_ways(
    local: tuple[Codec, ...], remote: tuple[Codec, ...]
) -> tuple[tuple[Codec, ...], tuple[Codec, ...]]:
    """What each side takes of the other: theirs in their numbers, then ours in ours."""
    return _shared(remote, local), _shared(local, remote)


def _shared(codecs: tuple[Codec, ...], others: tuple[Codec, ...]) -> tuple[Codec, ...]:
    return tuple(codec for codec in codecs if any(codec.matches(other) for other in others))


def _keys(local: Media, remote: Media) -> tuple[Crypto, Crypto] | Refusal | None:
    """Our sending and receiving line. A far end that answers keys with keys that do not fit would
    hear noise from us: that is refused as well."""
    if not (remote.keyed or local.savp or remote.savp):
        return None
    pair = agreed(local.crypto, remote.crypto)
    if pair is None and (local.savp or remote.savp or (local.crypto and remote.keyed)):
        return Refusal("no crypto line in common")
    return pair


def joinable(a: Agreement, b: Agreement, codecs_joinable: Callable[[str, str], bool]) -> bool:
    """Whether the streams of two legs can be connected as they are. Everything that either side
    may send counts, since it may change its codec at any packet."""
    if a.carriage is not b.carriage or not (a.live and b.live):
        return False
    return _heard(a, b, codecs_joinable) and _heard(b, a, codecs_joinable)


def _heard(talker: Agreement, listener: Agreement, joins: Callable[[str, str], bool]) -> bool:
    return all(
        any(_joins(spoken, known, joins) for known in listener.send)
        for spoken in talker.receive
        if not spoken.companion
    )


def _joins(spoken: Codec, known: Codec, joins: Callable[[str, str], bool]) -> bool:
    if spoken.name == known.name:
        return spoken.matches(known)
    return not known.companion and joins(spoken.name, known.name)
