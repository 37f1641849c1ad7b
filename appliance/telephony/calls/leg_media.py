"""The media of one leg: what each side said in SDP and what was agreed; the streams behind it are
in `media_lines.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from appliance.model.calls import MediaFigures
from appliance.model.devices import MediaSecurity
from appliance.telephony.calls.media_lines import MediaLines
from appliance.telephony.media.port import (
    MediaEvent,
    MediaPort,
    Tone,
)
from appliance.telephony.sdp.agreement import agree, joinable
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
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.session import Session

SPOKEN: Final = ("PCMU", "PCMA", "telephone-event")
"""What the box itself speaks and hears."""

OFFERED: Final = ("OPUS", "G722", "PCMU", "PCMA", "telephone-event")
"""What the box offers for a caller who made no offer: any two phones find a codec in it."""

RINGBACK: Final = Tone((425.0,), (1000, 4000))
"""ITU-T E.180: one second in five."""


class MediaRefused(Exception):
    """An answer that cannot be used; the text says why."""


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
        self._origin = Origin.new(host)
        self._lines = MediaLines(port, host, on_event)
        self._their_offer: Session | None = None
        self._our_offer: Session | None = None
        self._last_sent: Session | None = None
        self._when_agreed: Callable[[], None] | None = None

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
        voice = self._lines.voice
        return next((c.name for c in voice.send if not c.companion), "") if voice else ""

    @property
    def secure(self) -> bool:
        """Whether the voice is SRTP."""
        voice = self._lines.voice
        return voice is not None and voice.send_keys is not None

    def figures(self) -> tuple[MediaFigures, MediaFigures]:
        """What was received from and sent to the far end, of the voice stream."""
        return self._lines.figures()

    def joinable(self, other: LegMedia) -> bool:
        """Whether the two legs' voice can be connected as it is agreed now."""
        mine, theirs = self._lines.main(), other._lines.main()
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
            self._lines.open(lines, self._security),
            self._origin,
            secure=self._secure,
            previous=self.local,
        )
        return self._offer(offer)

    def offer_fresh(self) -> Session:
        """Offer one voice line of our own making."""
        line = Media(MAIN, 1, "RTP/AVP", (), self._host)
        (local,) = self._lines.open([line], self._security)
        assert local is not None
        return self._offer(fresh_offer(OFFERED, local, self._origin, secure=self._security))

    def offer_again(self) -> Session:
        """Offer what is agreed, both ways open: the answer to a re-INVITE without an offer."""
        if self.local is None:
            return self.offer_fresh()
        self._lines.open_same()
        lines = tuple(replace(m, direction=Direction.SENDRECV) for m in self.local.media)
        return self._offer(replace(self.local, media=lines))

    def unchanged(self) -> Session:
        """What we last agreed to, word for word: a session refresh (RFC 4028 § 7.4)."""
        assert self.local is not None
        self._lines.open_same()
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
        self._lines.withdraw()

    # -- offers of the far end -----------------------------------------------------------------

    def take_offer(self, offer: Session) -> None:
        """Remember the far end's offer until one of the answers below is given."""
        self._their_offer = offer

    def answer_like(self, other: LegMedia) -> Session | None:
        """Answer with what the other leg's far end answered; None when nothing is shared."""
        offer, like = self.description, other.remote
        if offer is None or like is None:
            return None
        ours = self._lines.open(offer.media, self._security)
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
        ours = self._lines.open(offer.media, self._security)
        return self._answered(
            offer, answer_locally(offer, names, ours, self._origin, secure=self._security)
        )

    def _answered(self, offer: Session, answer: Session | Refusal) -> Session | None:
        if isinstance(answer, Refusal):
            self._lines.withdraw()
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
        theirs = other._lines.live()
        for kind, line in self._lines.live().items():
            if kind in theirs:
                line.stream.connect(theirs[kind].stream)

    def when_agreed(self, then: Callable[[], None]) -> None:
        """Call once the offer under way has been answered."""
        self._when_agreed = then

    def part(self) -> None:
        """Relay nothing for now."""
        for line in self._lines.live().values():
            line.stream.disconnect()

    def echo(self) -> None:
        """Send the far end its own media back."""
        for line in self._lines.live().values():
            line.stream.echo()

    def ringback(self) -> None:
        """Let the far end hear a ringing tone."""
        main = self._lines.main()
        if main is not None:
            main[0].stream.play(RINGBACK)

    def press(self, digit: str, duration_ms: int) -> None:
        """Press a key toward the far end."""
        main = self._lines.main()
        if main is not None:
            main[0].stream.send_dtmf(digit, duration_ms)

    def close(self) -> None:
        """Free every stream; the figures stay readable."""
        self._when_agreed = None
        self._lines.close()

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
        self.local, self.remote = local, remote
        self._lines.settle(agreements)
        self._tell_agreed()

    def _tell_agreed(self) -> None:
        then, self._when_agreed = self._when_agreed, None
        if then is not None:
            then()


def _same_lines(local: Session, offer: Session) -> bool:
    """Whether the offer has the lines that are agreed, and no more alive than those."""
    if len(local.media) != len(offer.media):
        return False
    return all(
        ours.kind == theirs.kind and ours.udptl == theirs.udptl and ours.live == theirs.live
        for ours, theirs in zip(local.media, offer.media, strict=True)
    )
