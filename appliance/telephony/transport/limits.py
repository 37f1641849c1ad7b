"""How much the box takes from the network, and from one address of it."""

from collections.abc import Callable
from dataclasses import dataclass


def nobody(_host: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Limits:
    """At the defaults 500 phones behind one address can all start at once: each registers
    (2 requests), subscribes twice and answers an OPTIONS, and keeps calling afterwards."""

    messages_per_second: float = 500.0  # per source address; /64 with IPv6. See `admission.py`
    burst: int = 4000  # messages that a quiet source may send at once
    sources: int = 20_000  # addresses remembered
    messages_per_turn: int = 64  # parsed per socket and turn of the event loop
    backlog_seconds: float = 0.15  # of turns that did not empty a socket, until rates bind
    connections: int = 12_000
    connections_per_source: int = 1200  # 500 phones that reconnect before the old ones are gone
    handshake_seconds: float = 10.0
    message_seconds: float = 30.0  # for the first whole message, and for any begun one
    idle_seconds: float = 7200.0  # a phone that registers for an hour is heard in between
    unsent_bytes: int = 262_144  # a connection whose peer reads no more is closed
    exempt: Callable[[str], bool] = nobody  # addresses without a rate: peers, benches
