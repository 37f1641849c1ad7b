"""The media of one leg: what each side said in SDP, what was agreed, and the streams behind it.

A line's stream is opened when an offer or answer first needs it, configured once both sides have
spoken, and closed when the line or the leg is over. An offer under way may bring new streams; they
replace the old ones only when it is answered, so that a refused one leaves what was (interop 32).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from appliance.model.calls import MediaFigures
from appliance.model.devices import MediaSecurity
from appliance.telephony.media.port import (
    Carriage,
    Keys,
    MediaEvent,
    MediaPort,
    Payload,
    Stream,
    StreamSetup,
    StreamStatistics,
    Tone,
)
from appliance.telephony.sdp.agreement import Agreement, agree, joinable
from appliance.telephony.sdp.codec import Codec
from appliance.telephony.sdp.crypto import Crypto, Keyring
from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.layout import MAIN, arrange
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.negotiation import (
    answer_back,
    answer_locally,
    fresh_offer,
    offer_from,
    onward_offer,
)
from appliance.telephony.sdp.origin import Origin
from appliance.telephony.sdp.own_line import LocalMedia
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.security import carried
from appliance.telephony.sdp.session import Session

SPOKEN: Final = ("PCMU", "PCMA", "telephone-event")
"""What the box itself speaks and hears."""

OFFERED: Final = ("OPUS", "G722", "PCMU", "PCMA", "telephone-event")
"""What the box offers for a caller who made no offer: any two phones find a codec in it."""

RINGBACK: Final = Tone((425.0,), (1000, 4000))
"""ITU-T E.180: one second in five."""


class MediaRefused(Exception):
    """An answer that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One media line of ours: its stream, and the keys that are its own for life."""

    kind: str
    stream: Stream
    carriage: Carriage
    keys: Iterable[Crypto]

    @property
    def local(self) -> LocalMedia:
        stream = self.stream
        return LocalMedia(stream.host, stream.port, stream.rtcp_port, self.keys)


class LegMedia:
    def __init__(
        self,
        port: MediaPort,
        host: str,
        security: MediaSecurity,
        on_event: Callable[[MediaEvent], None],
    ) -> None:
        self.local: Session | None = None
        self.remote: Session | None = None
        self._port = port
        self._host = host
        self._security = security
        self._on_event = on_event
        self._origin = Origin.new(host)
        self._lines: list[Line | None] = []
        self._opened: list[Line | None] = []
        """The lines of an offer under way; those of `_lines` that it keeps are in both."""
        self._agreements: list[Agreement] = []
        self._their_offer: Session | None = None
        self._our_offer: Session | None = None
        self._last_sent: Session | None = None
        self._when_agreed: Callable[[], None] | None = None
        self._last_figures = (MediaFigures(), MediaFigures())
        self._closed = False

    # -- what is so ----------------------------------------------------------------------------

    @property
    def offered(self) -> bool:
        """Whether the far end has described its media."""
        return self.description is not None

    @property
    def offering(self) -> bool:
        """Whether an offer of ours waits for its answer."""
        return self._our_offer is not None

    @property
    def agreed(self) -> bool:
        return self.remote is not None

    @property
    def description(self) -> Session | None:
        """What the far end last said of its media."""
        return self._their_offer or self.remote

    @property
    def codec(self) -> str:
        """The first speech codec that the far end takes; "" before there is one."""
        voice = self._voice
        return next((c.name for c in voice.send if not c.companion), "") if voice else ""

    @property
    def secure(self) -> bool:
        """Whether the voice is SRTP."""
        return self._voice is not None and self._voice.send_keys is not None

    @property
    def _voice(self) -> Agreement | None:
        """What was agreed of the first line that is in use; it outlives the streams."""
        return next((agreement for agreement in self._agreements if agreement.live), None)

    def figures(self) -> tuple[MediaFigures, MediaFigures]:
        """What was received from and sent to the far end, of the voice stream."""
        main = self._main()
        return _figures(main[0].stream.statistics()) if main else self._last_figures

    def joinable(self, other: LegMedia) -> bool:
        """Whether the two legs' voice can be connected as it is agreed now."""
        mine, theirs = self._main(), other._main()
        if mine is None or theirs is None:
            return False
        return joinable(mine[1], theirs[1], self._port.codecs_joinable)

    # -- offers of ours ------------------------------------------------------------------------

    def offer_like(self, other: LegMedia) -> Session:
        """Offer what the other leg's far end offers now, or else what it agreed to, whether or not
        it is on hold; without either, what most phones have."""
        if other._their_offer is not None:
            return self.offer_onward(other._their_offer)
        if other.remote is None:
            return self.offer_fresh()
        return self._offer_after(other.remote, offer_from)

    def offer_onward(self, source: Session) -> Session:
        """Offer what another leg's far end offers."""
        return self._offer_after(source, onward_offer)

    def _offer_after(self, source: Session, made: Callable[..., Session]) -> Session:
        lines = arrange(source.media, self.local.media if self.local else ())
        offer = made(
            source,
            self._open(lines),
            self._origin,
            secure=self._secure,
            previous=self.local,
        )
        return self._offer(offer)

    def offer_fresh(self) -> Session:
        """Offer one voice line of our own making."""
        line = Media(MAIN, 1, "RTP/AVP", (), self._host)
        local = self._open_one(0, line)
        self._opened = [local]
        return self._offer(fresh_offer(OFFERED, local.local, self._origin, secure=self._security))

    def offer_again(self) -> Session:
        """Offer what is agreed, both ways open: the answer to a re-INVITE without an offer."""
        if self.local is None:
            return self.offer_fresh()
        self._opened = list(self._lines)
        lines = tuple(replace(m, direction=Direction.SENDRECV) for m in self.local.media)
        return self._offer(replace(self.local, media=lines))

    def unchanged(self) -> Session:
        """What we last agreed to, word for word: a session refresh (RFC 4028 § 7.4)."""
        assert self.local is not None
        self._opened = list(self._lines)
        self._our_offer = self.local
        return self.local

    def take_answer(self, answer: Session) -> None:
        """Apply the far end's answer to our offer; a repeated one changes nothing.

        Raises MediaRefused when no line is left or the keys do not fit.
        """
        offer = self._our_offer or self.local
        if offer is None:
            raise MediaRefused("an answer without an offer")
        if self._our_offer is not None or answer != self.remote:
            self._our_offer = None
            self._agree(offer, answer)

    def insist_on_security(self) -> None:
        """Offer by the secure profile from now on, for a phone that refuses any other."""
        self._security = MediaSecurity.REQUIRED

    def take_any_profile(self) -> None:
        """Offer SRTP within the plain profile again."""
        self._security = MediaSecurity.OPTIONAL

    def withdraw(self) -> None:
        """The offer under way came to nothing: close what it alone had opened."""
        self._our_offer = self._their_offer = None
        self._keep(self._lines)

    # -- offers of the far end -----------------------------------------------------------------

    def take_offer(self, offer: Session) -> None:
        """Remember the far end's offer until one of the answers below is given."""
        self._their_offer = offer

    def answer_like(self, other: LegMedia) -> Session | None:
        """Answer with what the other leg's far end answered; None when nothing is shared."""
        offer, like = self.description, other.remote
        if offer is None or like is None:
            return None
        ours = self._open(offer.media)
        return self._answered(
            offer,
            answer_back(offer, like, ours, self._origin, secure=self._security),
        )

    def answer_offer(self) -> Session | None:
        """Answer by the box itself, with what it speaks; None when the far end speaks none."""
        assert self._their_offer is not None
        return self._answer_with(self._their_offer, SPOKEN)

    def answer_again(self, offer: Session) -> Session | None:
        """Answer a later offer without asking anybody: hold, resume, new address, new keys, fewer
        codecs. None when it brings lines or codecs that only the other leg can agree to."""
        self._their_offer = offer
        if self.local is None or not _same_lines(self.local, offer):
            return None
        names = {codec.name for line in self.local.media for codec in line.codecs}
        return self._answer_with(offer, names)

    def _answer_with(self, offer: Session, names: Sequence[str] | set[str]) -> Session | None:
        ours = self._open(offer.media)
        return self._answered(
            offer, answer_locally(offer, names, ours, self._origin, secure=self._security)
        )

    def _answered(self, offer: Session, answer: Session | Refusal) -> Session | None:
        if isinstance(answer, Refusal):
            self._keep(self._lines)
            return None
        session = self._last_sent = answer.following(self._last_sent)
        self._their_offer = None
        try:
            self._agree(session, offer)
        except MediaRefused:
            return None
        return session

    # -- streams -------------------------------------------------------------------------------

    def join(self, other: LegMedia) -> None:
        """Relay between the two legs' streams, line by line of a kind."""
        theirs = other._live()
        for kind, line in self._live().items():
            if kind in theirs:
                line.stream.connect(theirs[kind].stream)

    def when_agreed(self, then: Callable[[], None]) -> None:
        """Call once the offer under way has been answered."""
        self._when_agreed = then

    def part(self) -> None:
        """Relay nothing for now."""
        for line in self._live().values():
            line.stream.disconnect()

    def echo(self) -> None:
        """Send the far end its own media back."""
        for line in self._live().values():
            line.stream.echo()

    def ringback(self) -> None:
        """Let the far end hear a ringing tone."""
        main = self._main()
        if main is not None:
            main[0].stream.play(RINGBACK)

    def press(self, digit: str, duration_ms: int) -> None:
        """Press a key toward the far end."""
        main = self._main()
        if main is not None:
            main[0].stream.send_dtmf(digit, duration_ms)

    def close(self) -> None:
        """Free every stream; the figures stay readable."""
        if not self._closed:
            self._last_figures = self.figures()
            self._closed = True
            self._when_agreed = None
            self._keep([])

    @property
    def by_secure_profile(self) -> bool:
        """Whether the far end offers or answered RTP/SAVP, the profile of phones set to compulsory
        SRTP."""
        lines = self.description.media if self.description else ()
        return any(line.savp for line in lines)

    @property
    def _secure(self) -> MediaSecurity:
        """The policy for our next offer: what is secure by its profile stays so (interop 30)."""
        return MediaSecurity.REQUIRED if self.by_secure_profile else self._security

    # -- within --------------------------------------------------------------------------------

    def _main(self) -> tuple[Line, Agreement] | None:
        """The voice line, or the fax in its place, with what was agreed of it."""
        if self._closed:
            return None
        for line, agreement in zip(self._lines, self._agreements, strict=False):
            if line is not None and agreement.live and line.kind in (MAIN, "image"):
                return line, agreement
        return None

    def _live(self) -> dict[str, Line]:
        """The lines in use, by kind; a second one of a kind is not relayed."""
        live: dict[str, Line] = {}
        for line, agreement in zip(self._lines, self._agreements, strict=False):
            if line is not None and agreement.live:
                live.setdefault(MAIN if line.kind == "image" else line.kind, line)
        return live

    def _open(self, lines: Sequence[Media]) -> list[LocalMedia | None]:
        """Our side of each of the lines; None for those that we do not carry."""
        self._opened = [
            self._open_one(place, line) if carried(line, self._security) else None
            for place, line in enumerate(lines)
        ]
        return [line.local if line else None for line in self._opened]

    def _open_one(self, place: int, line: Media) -> Line:
        """The stream that the place has already, if it can carry the line; else a new one."""
        carriage = Carriage.UDPTL if line.udptl else Carriage.RTP
        known = [*self._lines[place : place + 1], *self._opened[place : place + 1]]
        for old in known:
            if old is not None and old.carriage is carriage and old.kind == line.kind:
                return old
        stream = self._port.open(self._host, self._on_event, carriage)
        keys = () if self._security is MediaSecurity.PLAIN else Keyring()
        return Line(line.kind, stream, carriage, keys)

    def _offer(self, offer: Session) -> Session:
        self._last_sent = self._our_offer = offer.following(self._last_sent)
        return self._our_offer

    def _agree(self, local: Session, remote: Session) -> None:
        """Settle local against remote, whichever was the offer, and tell the media core."""
        agreements = []
        for ours, theirs in zip(local.media, remote.media, strict=False):
            agreement = agree(ours, theirs)
            if isinstance(agreement, Refusal):
                self.withdraw()
                raise MediaRefused(agreement.reason)
            agreements.append(agreement)
        if not any(agreement.live for agreement in agreements):
            self.withdraw()
            raise MediaRefused("no media line is left")
        self.local, self.remote, self._agreements = local, remote, agreements
        self._keep(self._opened or self._lines)
        for line, agreement in zip(self._lines, agreements, strict=False):
            if line is not None and agreement.live:
                line.stream.configure(_setup(agreement))
        self._tell_agreed()

    def _tell_agreed(self) -> None:
        then, self._when_agreed = self._when_agreed, None
        if then is not None:
            then()

    def _keep(self, lines: Sequence[Line | None]) -> None:
        """Make `lines` the leg's own and close every other."""
        kept = {id(line) for line in lines}
        for line in (*self._lines, *self._opened):
            if line is not None and id(line) not in kept:
                line.stream.close()
        self._lines, self._opened = list(lines), []


def _same_lines(local: Session, offer: Session) -> bool:
    """Whether the offer has the lines that are agreed, and no more alive than those."""
    if len(local.media) != len(offer.media):
        return False
    return all(
        ours.kind == theirs.kind and ours.udptl == theirs.udptl and ours.live == theirs.live
        for ours, theirs in zip(local.media, offer.media, strict=True)
    )


def _setup(agreement: Agreement) -> StreamSetup:
    return StreamSetup(
        remote=agreement.remote,
        remote_rtcp=agreement.remote_rtcp,
        send=_payloads(agreement.send),
        receive=_payloads(agreement.receive),
        sending=agreement.sending,
        receiving=agreement.receiving,
        send_keys=_keys(agreement.send_keys),
        receive_keys=_keys(agreement.receive_keys),
        rtcp_mux=agreement.rtcp_mux,
        ptime_ms=agreement.ptime_ms,
    )


def _payloads(codecs: Sequence[Codec]) -> tuple[Payload, ...]:
    return tuple(Payload(c.number, c.name, c.clock, c.channels) for c in codecs)


def _keys(crypto: Crypto | None) -> Keys | None:
    return None if crypto is None else Keys(crypto.suite, crypto.key)


def _figures(statistics: StreamStatistics) -> tuple[MediaFigures, MediaFigures]:
    received = MediaFigures(
        statistics.packets_received,
        statistics.bytes_received,
        statistics.lost,
        statistics.jitter_ms,
    )
    sent = MediaFigures(
        statistics.packets_sent,
        statistics.bytes_sent,
        statistics.reported_lost,
        statistics.reported_jitter_ms,
    )
    return received, sent
