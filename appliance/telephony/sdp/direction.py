"""The direction of a stream as one side writes it (RFC 3264 § 5.1, RFC 8866 § 6.7)."""

from enum import Flag


class Direction(Flag):
    """Which ways media may go, seen from the side whose SDP this is.

    `first & second` is what both allow; mirror one of them when the two are of opposite sides.
    """

    INACTIVE = 0
    SENDONLY = 1
    RECVONLY = 2
    SENDRECV = 3

    @property
    def sends(self) -> bool:
        return self in _SENDING

    @property
    def receives(self) -> bool:
        return self in _RECEIVING

    @property
    def mirrored(self) -> "Direction":
        """The same as the other side sees it: sendonly is answered recvonly."""
        return _MIRRORED[self]

    def __str__(self) -> str:
        return _WORDS[self]


_SENDING = (Direction.SENDONLY, Direction.SENDRECV)
_RECEIVING = (Direction.RECVONLY, Direction.SENDRECV)
_MIRRORED = {
    Direction.INACTIVE: Direction.INACTIVE,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.SENDRECV: Direction.SENDRECV,
}
_WORDS = {
    Direction.INACTIVE: "inactive",
    Direction.SENDONLY: "sendonly",
    Direction.RECVONLY: "recvonly",
    Direction.SENDRECV: "sendrecv",
}
DIRECTIONS = {word: direction for direction, word in _WORDS.items()}
"""Direction by its attribute's name."""
