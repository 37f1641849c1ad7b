"""Which address of the box a remote sees. A wildcard bind does not tell; the kernel's routes do."""

import socket

from appliance.telephony.sip.generations import Generations

KEPT_SECONDS = 300.0


class LocalAddresses:
    """Answers are kept for some minutes: routes change rarely, and a datagram must be cheap."""

    def __init__(self) -> None:
        self._known: Generations[str, str] = Generations(KEPT_SECONDS, limit=20_000)

    def toward(self, family: socket.AddressFamily, remote: str, now: float) -> str:
        """The concrete local address; the wildcard itself where there is no route."""
        known = self._known.get(remote)
        if known is None:
            known = _ask_kernel(family, remote)
            self._known.put(remote, known, now)
        return known


def is_wildcard(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")  # noqa: S104


def _ask_kernel(family: socket.AddressFamily, remote: str) -> str:
    """A connected datagram socket sends nothing and has the source address of its route."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))
        except OSError:
            return "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104
        return str(probe.getsockname()[0])
