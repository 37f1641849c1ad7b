"""The watch over an answered leg: its session timer (RFC 4028, interop 10), and asking a silent
one whether it still lives (decisions: silence ends no call by itself)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from appliance.telephony.sip import session_timer
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.session_timer import SessionTimer

if TYPE_CHECKING:
    from appliance.telephony.calls.leg import Leg

ASK_AGAIN_SECONDS: Final = 30.0
BUSY_SECONDS: Final = 1.0
GONE: Final = (408, 481)
"""Final responses which say that the far end knows no such call (RFC 5057 § 5.1)."""


class SessionWatch:
    """Refreshes the session when that is ours to do, and ends the leg when no refresh arrives."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._policy = leg.equipment.session_policy
        self._timer: SessionTimer | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._ask_alarm: asyncio.TimerHandle | None = None

    # -- headers of the messages that settle it ------------------------------------------------

    def offer_headers(self) -> list[tuple[str, str]]:
        """For our INVITE."""
        return [h for h in session_timer.ask(self._policy) if h[0] != "Supported"]

    def answer_headers(self, request: Request) -> list[tuple[str, str]]:
        """For our 2xx to an INVITE or UPDATE; the timer that it grants starts now."""
        self._timer, headers = session_timer.grant(self._policy, request)
        self._arm()
        return [h for h in headers if h[0] != "Supported"]

    def agreed(self, response: Response) -> None:
        """A 2xx to our INVITE or UPDATE: the timer that it settles starts now."""
        self._timer = session_timer.agreed(response)
        self._arm()

    def raise_interval(self, response: Response) -> None:
        """A 422 wants a longer interval."""
        self._policy = session_timer.raised(self._policy, response)

    def stop(self) -> None:
        """Watch no longer."""
        for alarm in (self._alarm, self._ask_alarm):
            if alarm is not None:
                alarm.cancel()
        self._alarm = self._ask_alarm = None

    # -- the session timer ---------------------------------------------------------------------

    def _arm(self) -> None:
        if self._timer is None:
            self._set(None)
        elif self._timer.we_refresh:
            self._set(self._timer.refresh_after, self._refresh)
        else:
            self._set(self._timer.ends_after, self._expire)

    def _set(self, seconds: float | None, then: Callable[[], None] | None = None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None
        if seconds is not None and then is not None:
            self._alarm = asyncio.get_running_loop().call_later(seconds, then)

    def _refresh(self) -> None:
        """UPDATE where the phone takes it, else a re-INVITE with the same SDP (RFC 4028 § 7.4)."""
        leg = self._leg
        headers = [h for h in session_timer.ask(self._policy, self._timer) if h[0] != "Supported"]
        if leg.takes_update:
            leg.send("UPDATE", self._refreshed, headers)
        elif leg.offers.busy:
            self._set(BUSY_SECONDS, self._refresh)
        else:
            leg.offers.refresh(self._refreshed, headers)

    def _refreshed(self, response: Response | None) -> None:
        leg = self._leg
        if not leg.confirmed:
            return
        if response is None or response.status in GONE:
            leg.call.note("Session refresh", "no response")
            leg.release("session_timeout")
        elif response.status == 491:
            self._set(leg.offers.glare_delay(), self._refresh)
        elif response.status == 422 and self._raises(response):
            self._set(BUSY_SECONDS, self._refresh)
        else:
            # Any other answer shows that the phone lives, which is what a refresh is for.
            leg.call.note("Session refresh", "ok")
            if response.status < 300:
                self._timer = session_timer.agreed(response) or self._timer
            self._arm()

    def _raises(self, response: Response) -> bool:
        """Whether this 422 wants a longer interval than the last one: a phone that refuses what
        it asked for is not asked again until the next refresh is due."""
        before = self._policy
        self.raise_interval(response)
        return self._policy.minimum > before.minimum

    def _expire(self) -> None:
        self._leg.call.note("Session refresh", "none arrived")
        self._leg.release("session_timeout")

    # -- silence -------------------------------------------------------------------------------

    def ask_alive(self) -> None:
        """No media has come for a while: ask the phone by OPTIONS within the dialog."""
        if self._leg.confirmed:
            self._leg.send("OPTIONS", self._alive)

    def _alive(self, response: Response | None) -> None:
        leg = self._leg
        if not leg.confirmed:
            return
        if response is None or response.status in GONE:
            leg.call.note("Media lost", f"{leg.number} does not respond")
            leg.release("media_timeout")
        elif leg.silent:
            loop = asyncio.get_running_loop()
            self._ask_alarm = loop.call_later(ASK_AGAIN_SECONDS, self.ask_alive)
