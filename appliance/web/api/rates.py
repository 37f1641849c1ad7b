"""How often a credential may ask: a token bucket each (manual § 25.3: 600 requests a minute a key).

A key has its own bucket, a login too; who has neither is counted by the address it comes from.
"""

import ipaddress
from collections.abc import Callable
from typing import Final

from appliance.control.errors import TooMany

PER_MINUTE: Final = 600
MOST_BUCKETS: Final = 20_000
"""Full ones are forgotten first, then those not asked for longest."""


class TokenBuckets:
    """Fills serving's Rates. A full bucket holds a minute's requests; it fills again evenly.

    `now`: monotonic seconds. `per_minute` is asked each time: it is a setting.
    """

    def __init__(
        self, now: Callable[[], float], per_minute: Callable[[], int] = lambda: PER_MINUTE
    ) -> None:
        self._now = now
        self._per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}
        """By credential what is left and when that was so; asked last, stands last."""

    def take(self, credential: str) -> None:
        """Take one request out. Raises TooMany where there is none."""
        now, full = self._now(), float(self._per_minute())
        left, at = self._buckets.pop(credential, (full, now))
        left = min(full, left + (now - at) * full / 60)
        allowed = left >= 1
        self._buckets[credential] = (left - 1 if allowed else left, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._forget(now, full)
        if not allowed:
            raise TooMany("Rate budget exceeded.", (1 - left) * 60 / full)

    def _forget(self, now: float, full: float) -> None:
        """Let go of a tenth at least, the full ones first."""
        partly = [
            (credential, bucket)
            for credential, bucket in self._buckets.items()
            if bucket[0] + (now - bucket[1]) * full / 60 < full
        ]
        self._buckets = dict(partly[-MOST_BUCKETS * 9 // 10 :])


def source(address: str) -> str:
    """The credential of who has none: its address, by the /64 where that is IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"address:{address}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
