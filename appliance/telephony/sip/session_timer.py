"""Session timers (RFC 4028): pure arithmetic on headers, for both roles. All times in seconds.

Roles are those of one request: who sent it is its UAC. Whoever refreshes sends a re-INVITE or
UPDATE at `refresh_after`; the other ends the call when nothing came by `ends_after`.
`Supported: timer` is the TU's to add, beside its other options.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.telephony.sip.message import Request, Response

FLOOR = 90  # RFC 4028 § 4: no Min-SE below

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """What we ask for and the least that we accept."""

    seconds: int = 1800
    minimum: int = FLOOR


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """What the two sides agreed on."""

    seconds: int
    we_refresh: bool

    @property
    def refresh_after(self) -> float:
        """Seconds from the last 2xx to our refresh (§ 7.2: half the interval)."""
        return self.seconds / 2

    @property
    def ends_after(self) -> float:
        """Seconds from the last 2xx to our BYE when no refresh came (§ 10)."""
        return self.seconds - min(32.0, self.seconds / 3)


# As UAC: INVITE, re-INVITE, UPDATE that we send.


def ask(policy: SessionPolicy, current: SessionTimer | None = None) -> list[Header]:
    """Headers of our request; a refresh keeps the refresher of `current` (§ 7.4)."""
    seconds = current.seconds if current else policy.seconds
    value = str(max(seconds, policy.minimum))
    if current:
        value += ";refresher=" + ("uac" if current.we_refresh else "uas")
    return [("Session-Expires", value), *_min_se(policy)]


def raised(policy: SessionPolicy, response: Response) -> SessionPolicy:
    """The policy with which to repeat our request after a 422 (§ 7.4)."""
    minimum = max(policy.minimum, response.min_se or FLOOR)
    return replace(policy, seconds=max(policy.seconds, minimum), minimum=minimum)


def agreed(response: Response) -> SessionTimer | None:
    """What a 2xx to our request settles; None: the session needs no refresh."""
    expires = response.session_expires
    if expires is None:
        return None
    return SessionTimer(max(expires.seconds, FLOOR), we_refresh=expires.refresher != "uas")


# As UAS: INVITE, re-INVITE, UPDATE that we receive.


def too_small(policy: SessionPolicy, request: Request) -> list[Header] | None:
    """The header of the 422 that refuses `request`; None when it may pass. Who does not know the
    extension cannot understand a 422 (§ 9)."""
    expires = request.session_expires
    if expires is None or "timer" not in request.supported or expires.seconds >= policy.minimum:
        return None
    return [("Min-SE", str(policy.minimum))]


def grant(policy: SessionPolicy, request: Request) -> tuple[SessionTimer, Sequence[Header]]:
    """The timer that our 2xx settles and its headers (§ 9, table 2). We refresh unless the UAC
    wants to: so the box learns of a phone that is gone."""
    asked = request.session_expires
    knows = "timer" in request.supported
    seconds = min(policy.seconds, asked.seconds) if asked else policy.seconds
    seconds = max(seconds, policy.minimum, request.min_se or 0)
    uac = knows and asked is not None and asked.refresher == "uac"
    timer = SessionTimer(seconds, we_refresh=not uac)
    value = f"{seconds};refresher=" + ("uac" if uac else "uas")
    headers = [("Session-Expires", value)]
    return timer, [*headers, ("Require", "timer")] if uac else headers


def _min_se(policy: SessionPolicy) -> list[Header]:
    return [("Min-SE", str(policy.minimum))] if policy.minimum > FLOOR else []
