"""Payload type numbers within a dialog: one number never changes its meaning (RFC 3264 § 8.3.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from appliance.telephony.sdp.codec import STATIC, Codec

DYNAMIC = range(96, 128)


def renumbered(codecs: Sequence[Codec], used: Sequence[Codec]) -> tuple[Codec, ...]:
    """`codecs` with numbers that fit a dialog in which those of `used` were given out: a known
    codec gets its old number, one whose number is taken a free one. Repairs name the numbers of
    others in their parameters; they are left out when any number had to change."""
    given: list[Codec] = []
    for codec in codecs:
        known = next((old.number for old in used if old.matches(codec)), None)
        taken = {other.number for other in (*used, *given)}
        if known is not None:
            given.append(replace(codec, number=known))
        elif codec.number in taken:
            given += _moved(codec, taken, codecs)
        else:
            given.append(codec)
    if [codec.number for codec in given] == [codec.number for codec in codecs]:
        return tuple(given)
    return tuple(codec for codec in given if codec.name not in ("RTX", "RED", "ULPFEC"))


def added(codecs: Sequence[Codec], more: Iterable[Codec]) -> tuple[Codec, ...]:
    """`codecs`, then those of `more` that none of them matches, under numbers still free."""
    new = [codec for codec in more if not any(codec.matches(own) for own in codecs)]
    out = list(codecs)
    for codec in new:
        taken = {other.number for other in out}
        out += [codec] if codec.number not in taken else _moved(codec, taken, out)
    return tuple(out)


def _moved(codec: Codec, taken: set[int], others: Iterable[Codec]) -> list[Codec]:
    """The codec under a free dynamic number; nothing when all are taken, or when its number is a
    static one, which cannot mean anything else."""
    wanted = taken | {other.number for other in others}
    if codec.number in STATIC:
        return []
    return [replace(codec, number=n) for n in DYNAMIC if n not in wanted][:1]
