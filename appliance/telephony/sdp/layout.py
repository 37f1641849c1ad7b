"""The order of media lines within a dialog (RFC 3264 § 8).

A dialog's lines are only ever added: a line that is over stays as port 0. Two legs of one call may
have had different lines, so an offer or answer is brought into the order of the leg it goes to.
"""

from collections.abc import Sequence

from appliance.telephony.sdp.media import Media

MAIN = "audio"
"""Voice, or the fax that took its place on the same line (RFC 3264 § 8.3.3)."""


def arrange(lines: Sequence[Media], like: Sequence[Media]) -> tuple[Media, ...]:
    """`lines` in the places that `like` has for them: the nth of a kind stands where the nth of
    that kind stood. A place without a line becomes port 0; lines without a place go to the end."""
    waiting = {kind: [line for line in lines if _kind(line) == kind] for kind in map(_kind, lines)}
    out = []
    for place in like:
        queue = waiting.get(_kind(place))
        out.append(queue.pop(0) if queue else place.rejected())
    left = {id(line) for queue in waiting.values() for line in queue}
    return (*out, *(line for line in lines if id(line) in left))


def _kind(line: Media) -> str:
    return MAIN if line.kind == "image" else line.kind
