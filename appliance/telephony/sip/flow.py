"""A flow: the transport path on which a message came or will go (RFC 5626 § 3)."""

from dataclasses import dataclass

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Flow:
    """`transport` is udp, tcp, tls, ws or wss; `local` is a concrete address of the box, never a
    wildcard; `connection` is 0 for UDP, else a number no other connection of this process had."""

    transport: str
    local: Address
    remote: Address
    connection: int = 0

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"

    @property
    def secure(self) -> bool:
        return self.transport in ("tls", "wss")
