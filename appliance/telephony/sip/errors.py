"""What is wrong with a value of a SIP message."""


class Malformed(ValueError):
    """Text that RFC 3261's grammar does not allow, however lenient. `status` is the answer that a
    request gets for it. The words fit a reason phrase: they never repeat what the peer sent."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status
