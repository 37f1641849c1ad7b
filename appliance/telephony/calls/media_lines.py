"""The media lines of one leg: for each its stream and its keys, and what was agreed of it.

An offer under way may bring new streams; they replace the old ones only when it is answered, so
that a refused one leaves what was (interop 32).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from appliance.model.calls import MediaFigures
from appliance.model.devices import MediaSecurity
from appliance.telephony.calls.stream_setup import media_figures, stream_setup
from appliance.telephony.media.port import Carriage, MediaEvent, MediaPort, Stream
from appliance.telephony.sdp.agreement import Agreement
from appliance.telephony.sdp.crypto import Crypto, Keyring
from appliance.telephony.sdp.layout import MAIN
from appliance.telephony.sdp.media import Media
from appliance.telephony.sdp.own_line import LocalMedia
from appliance.telephony.sdp.security import carried


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


class MediaLines:
    """A line's stream is opened when an offer or answer first needs it, configured once both sides
    have spoken, and closed when the line or the leg is over."""

    def __init__(self, port: MediaPort, host: str, on_event: Callable[[MediaEvent], None]) -> None:
        self._port = port
        self._host = host
        self._on_event = on_event
        self._lines: list[Line | None] = []
        self._opened: list[Line | None] = []
        """The lines of an offer under way; those of `_lines` that it keeps are in both."""
        self._agreements: list[Agreement] = []
        self._last_figures = (MediaFigures(), MediaFigures())

    # -- what is so ----------------------------------------------------------------------------

    @property
    def voice(self) -> Agreement | None:
        """What was agreed of the first line that is in use; it outlives the streams."""
        return next((agreement for agreement in self._agreements if agreement.live), None)

    def main(self) -> tuple[Line, Agreement] | None:
        """The voice line, or the fax in its place, with what was agreed of it."""
        for line, agreement in zip(self._lines, self._agreements, strict=False):
            if line is not None and agreement.live and line.kind in (MAIN, "image"):
                return line, agreement
        return None

    def live(self) -> dict[str, Line]:
        """The lines in use, by kind; a second one of a kind is not relayed."""
        live: dict[str, Line] = {}
        for line, agreement in zip(self._lines, self._agreements, strict=False):
            if line is not None and agreement.live:
                live.setdefault(MAIN if line.kind == "image" else line.kind, line)
        return live

    def figures(self) -> tuple[MediaFigures, MediaFigures]:
        """What was received and sent by the voice stream; after `close`, as it was then."""
        main = self.main()
        return media_figures(main[0].stream.statistics()) if main else self._last_figures

    # -- offers and answers --------------------------------------------------------------------

    def open(self, lines: Sequence[Media], security: MediaSecurity) -> list[LocalMedia | None]:
        """Our side of each of the lines; None for those that we do not carry. Where the ports run
        out, what was opened until then is closed with the leg."""
        before, self._opened = self._opened, []
        try:
            for place, line in enumerate(lines):
                known = (*self._lines[place : place + 1], *before[place : place + 1])
                takes = carried(line, security)
                self._opened.append(self._open_one(known, line, security) if takes else None)
        finally:
            _close(before, but=(*self._lines, *self._opened))
        return [line.local if line else None for line in self._opened]

    def open_same(self) -> None:
        """The offer under way has the lines that there are."""
        self._opened = list(self._lines)

    def _open_one(self, known: Sequence[Line | None], line: Media, security: MediaSecurity) -> Line:
        """The stream that the place has already, if it can carry the line; else a new one."""
        carriage = Carriage.UDPTL if line.udptl else Carriage.RTP
        for old in known:
            if old is not None and old.carriage is carriage and old.kind == line.kind:
                return old
        stream = self._port.open(self._host, self._on_event, carriage)
        keys = () if security is MediaSecurity.PLAIN else Keyring()
        return Line(line.kind, stream, carriage, keys)

    def settle(self, agreements: list[Agreement]) -> None:
        """The offer under way is answered: its lines are ours, set up as agreed."""
        self._agreements = agreements
        self._keep(self._opened or self._lines)
        for line, agreement in zip(self._lines, agreements, strict=False):
            if line is not None and agreement.live:
                line.stream.configure(stream_setup(agreement))

    def withdraw(self) -> None:
        """The offer under way came to nothing: close what it alone had opened."""
        self._keep(self._lines)

    def close(self) -> None:
        """Free every stream; the figures stay readable, and nobody is told of events any more."""
        main = self.main()
        self._keep([])
        if main is not None:
            self._last_figures = media_figures(main[0].stream.statistics())
        self._on_event = _unheard

    def _keep(self, lines: Sequence[Line | None]) -> None:
        """Make `lines` the leg's own and close every other."""
        _close((*self._lines, *self._opened), but=lines)
        self._lines, self._opened = list(lines), []


def _close(lines: Sequence[Line | None], *, but: Sequence[Line | None]) -> None:
    kept = {id(line) for line in but}
    for line in lines:
        if line is not None and id(line) not in kept:
            line.stream.close()


def _unheard(event: MediaEvent) -> None:
    """The leg is over."""
