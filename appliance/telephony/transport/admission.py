"""Who may be heard: a rate per source address, so that one flood does not silence the others.

A token bucket in its one-number form (GCRA): per source the time at which its bucket would be
full again. An unknown source has a full bucket.

Over UDP, where all share one socket, the rates bind only while the box is short of time (see
`backlog.py`): a whole site behind one address is heard as fast as it speaks while that costs
nobody else anything. A connection waits for its rate by itself, so that it always binds there.
"""

from collections import Counter
from ipaddress import IPv6Address

from appliance.telephony.sip.generations import Generations
from appliance.telephony.transport.limits import Limits


class Admission:
    """`dropped` counts what was not heard, by reason: rate, malformed, too_large, connections,
    slow, idle, unsent. Times are monotonic seconds."""

    def __init__(self, limits: Limits) -> None:
        self._interval = 1 / limits.messages_per_second
        self._depth = (limits.burst - 0.5) * self._interval  # half: no doubt from rounding
        self._exempt = limits.exempt
        self._full_at: Generations[str, float] = Generations(
            limits.burst * self._interval, limits.sources
        )
        self.dropped: Counter[str] = Counter()

    def admits(self, source: str, now: float, *, rates_bind: bool = True) -> bool:
        """Take a token from the bucket of `source` (see `source_of`); False: none left. Where rates
        do not bind, who has none is heard without: it owes nothing for that later."""
        full_at = self._full_at.get(source)
        if full_at is None or full_at < now:
            full_at = now
        if full_at - now > self._depth and not self._exempt(source):
            return not rates_bind
        self._full_at.put(source, full_at + self._interval, now)
        return True

    def wait(self, source: str, now: float) -> float:
        """Seconds until `source` has a token again."""
        return max(0.0, (self._full_at.get(source) or now) - self._depth - now)


def source_of(host: str) -> str:
    """What one rate is kept for: an IPv4 address, an IPv6 /64 (a host has a whole one)."""
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(IPv6Address(int(address) >> 64 << 64))
