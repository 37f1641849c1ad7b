"""What parsing SDP can fail with."""


class SdpError(ValueError):
    """The body is no SDP, or goes over a limit; the text says what, in words for a Warning."""
