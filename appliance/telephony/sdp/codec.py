"""One payload type of a media line: its number and what it means (RFC 8866 § 6.6, RFC 3551 § 6)."""

from collections.abc import Iterable
from dataclasses import dataclass

TELEPHONE_EVENT = "telephone-event"
COMFORT_NOISE = "CN"
MAX_CLOCK = 1_000_000

REMEMBERED = 256
"""How many results the pure functions of codecs keep: some for each make of phone, and no more than
a few megabytes where somebody writes other codecs with every call."""


@dataclass(frozen=True, slots=True)
class Codec:
    """`name` in upper case but for `telephone-event`; `clock` in Hz as the rtpmap says it
    (G722 says 8000); `fmtp` the format's parameters as written, "" when there are none."""

    number: int
    name: str
    clock: int
    channels: int = 1
    fmtp: str = ""

    @property
    def event(self) -> bool:
        return self.name == TELEPHONE_EVENT

    @property
    def companion(self) -> bool:
        """Whether it only goes beside others: digits, comfort noise, repairs."""
        return self.name in _COMPANIONS

    @property
    def rtpmap(self) -> str:
        """The value of the rtpmap attribute."""
        name = _SPELLING.get(self.name, self.name)
        channels = f"/{self.channels}" if self.channels != 1 else ""
        return f"{self.number} {name}/{self.clock}{channels}"

    def matches(self, other: "Codec") -> bool:
        """Whether packets of one can be read as the other, whatever their numbers are."""
        return (
            self.name == other.name
            and self.clock == other.clock
            and self.channels == other.channels
            and (self.name not in _PARAMETERS or _variant(self) == _variant(other))
        )


def _variant(codec: Codec) -> tuple[str, ...]:
    """The values of those parameters that make two streams of one name incompatible."""
    given = dict(_parameter(item) for item in codec.fmtp.split(";"))
    wanted = _PARAMETERS[codec.name]
    return tuple(given.get(name, default)[:length] for name, default, length in wanted)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().lower()


def parse_rtpmap(text: str) -> Codec | None:
    """The codec of an rtpmap value such as `96 opus/48000/2`; None when it makes no sense."""
    number, _, encoding = text.partition(" ")
    name, _, rest = encoding.strip().partition("/")
    clock, _, channels = rest.partition("/")
    if not (_number(number, 127) and name and _number(clock.strip(), MAX_CLOCK)):
        return None
    count = int(channels) if _number(channels, 8) else 1
    return Codec(int(number), canonical(name), int(clock), count or 1)


def _number(text: str, most: int) -> bool:
    return text.isdecimal() and len(text) < 10 and int(text) <= most


def canonical(name: str) -> str:
    """Encoding names know no case (RFC 4855 § 3); ours are upper case but for one."""
    folded = name.lower()
    return folded if folded == TELEPHONE_EVENT else name.upper()


_COMPANIONS = frozenset({TELEPHONE_EVENT, COMFORT_NOISE, "RED", "RTX", "ULPFEC", "FLEXFEC-03"})

_SPELLING = {"OPUS": "opus", "ILBC": "iLBC", "SPEEX": "speex", "RTX": "rtx", "RED": "red"}
"""As the registrations write them: some phones compare names with their case."""

_PARAMETERS: dict[str, tuple[tuple[str, str, int], ...]] = {
    # name of the parameter, its default, how many characters of it count
    "H264": (("packetization-mode", "0", 1), ("profile-level-id", "42", 2)),
    "H265": (("profile-id", "1", 2),),
    "VP9": (("profile-id", "0", 1),),
    "AMR": (("octet-align", "0", 1),),
    "AMR-WB": (("octet-align", "0", 1),),
    "RTX": (("apt", "", 3),),
}

OURS: dict[str, Codec] = {
    "PCMU": Codec(0, "PCMU", 8000),
    "PCMA": Codec(8, "PCMA", 8000),
    "G722": Codec(9, "G722", 8000),
    "G729": Codec(18, "G729", 8000, fmtp="annexb=no"),
    "OPUS": Codec(96, "OPUS", 48000, 2, "useinbandfec=1"),
}
"""How we offer a codec that nobody offered before."""

_EVENT_NUMBERS = {8000: 101, 16000: 102, 48000: 100}


def our_codecs(names: Iterable[str]) -> tuple[Codec, ...]:
    """The codecs of an offer of our own, in the order of `names`; `telephone-event` stands for one
    entry for each clock of the others (RFC 4733 § 2.1, interop 29). Raises KeyError for a codec
    that we never offer."""
    wanted = list(names)
    codecs = [OURS[name] for name in wanted if name != TELEPHONE_EVENT]
    if TELEPHONE_EVENT in wanted:
        codecs += [event(clock) for clock in dict.fromkeys(codec.clock for codec in codecs)]
    return tuple(codecs)


def event(clock: int) -> Codec:
    """Digits, star, hash, A to D and flash, beside a codec of that clock."""
    return Codec(_EVENT_NUMBERS[clock], TELEPHONE_EVENT, clock, fmtp="0-16")


STATIC: dict[int, Codec] = {
    codec.number: codec
    for codec in (
        Codec(0, "PCMU", 8000),
        Codec(3, "GSM", 8000),
        Codec(4, "G723", 8000),
        Codec(5, "DVI4", 8000),
        Codec(6, "DVI4", 16000),
        Codec(7, "LPC", 8000),
        Codec(8, "PCMA", 8000),
        Codec(9, "G722", 8000),
        Codec(10, "L16", 44100, 2),
        Codec(11, "L16", 44100),
        Codec(12, "QCELP", 8000),
        Codec(13, COMFORT_NOISE, 8000),
        Codec(15, "G728", 8000),
        Codec(16, "DVI4", 11025),
        Codec(17, "DVI4", 22050),
        Codec(18, "G729", 8000),
        Codec(26, "JPEG", 90000),
        Codec(31, "H261", 90000),
        Codec(34, "H263", 90000),
    )
}
"""Payload types that mean something without an rtpmap (RFC 3551 § 6)."""
