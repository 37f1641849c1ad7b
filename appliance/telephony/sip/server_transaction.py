"""Server transactions: RFC 3261 § 17.2 with RFC 6026's Accepted state, and reliable provisionals
(RFC 3262). A function per state and input; an input without one is ignored in that state.

The 2xx is retransmitted here and not by the TU (RFC 3261 § 13.3.1.4), over every transport.
"""

from collections import deque

from appliance.telephony.sip.core_events import (
    Acknowledged,
    Cancelled,
    NotAcknowledged,
    ReliableLost,
    TransportFailed,
)
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import ABSORB, Host, ServerTransaction, State


class NonInviteServer(ServerTransaction):
    """Any method but INVITE and ACK. Ends with its final response; the core keeps that for
    retransmissions (timer J). It has no alarm: the core forgets requests that nobody answers."""

    __slots__ = ("_last", "began")

    def __init__(self, host: Host, key: str, request: Request, flow: Flow, now: float) -> None:
        super().__init__(host, key, request, flow)
        self.merge_key = None
        self.began = now
        self._last = b""

    def retransmitted(self) -> None:
        if self._last:
            self._host.send(self.flow, self._last)

    def respond(self, response: Response, now: float) -> None:
        if self.state is State.TERMINATED:
            return
        data = bytes(response)
        if response.status < 200:
            self.state = State.PROCEEDING
            self._last = data
        else:
            self.state = State.TERMINATED
            self._host.end_server(self, None if self.flow.reliable else data, now)
        self._host.send(self.flow, data)

    def fail(self, now: float) -> None:
        """The TU hears nothing: what it answers later goes nowhere."""
        self.state = State.TERMINATED
        self._host.end_server(self, None, now)


class InviteServer(ServerTransaction):
    """INVITE. Cancelled, acknowledged and given up here."""

    __slots__ = ("_deadline", "_interval", "_last", "_unconfirmed", "to_tag")

    def __init__(self, host: Host, key: str, request: Request, flow: Flow, now: float) -> None:
        super().__init__(host, key, request, flow)
        self.merge_key = None
        self.state = State.PROCEEDING
        self.to_tag = ""  # of our responses
        self._last = b""
        self._unconfirmed: deque[tuple[int, bytes]] = deque()  # reliable 1xx, the first one sent
        self._interval = self._deadline = 0.0
        host.wake(self, now + host.timers.trying)

    # From the TU.

    def respond(self, response: Response, now: float) -> None:
        if self.state is not State.PROCEEDING:
            return
        self.to_tag = response.to.tag
        if response.status < 200:
            self._progress(response, now)
        elif response.status < 300:
            self._accept(response, now)
        else:
            self._refuse(response, now)

    def _progress(self, response: Response, now: float) -> None:
        if response.rseq is not None:
            self._unconfirmed.append((response.rseq, bytes(response)))
            self._host.expect_prack(self, response)
            if len(self._unconfirmed) == 1:
                self._send_reliable(now)
            return
        self._last = bytes(response)
        if not self._unconfirmed:
            self._host.sleep(self)
        self._host.send(self.flow, self._last)

    def _send_reliable(self, now: float) -> None:
        """One at a time: the next waits for the PRACK of this one (RFC 3262 § 3)."""
        self._last = self._unconfirmed[0][1]
        self._host.send(self.flow, self._last)
        self._start(now)

    def _accept(self, response: Response, now: float) -> None:
        self.state = State.ACCEPTED
        self._last = bytes(response)
        self._host.expect_ack(self, response)
        self._start(now)
        self._host.send(self.flow, self._last)

    def _refuse(self, response: Response, now: float) -> None:
        self.state = State.COMPLETED
        self._last = bytes(response)
        self._host.send(self.flow, self._last)
        if self.flow.reliable:
            self._end(now)
        else:
            self._start(now)

    # From the wire.

    def retransmitted(self) -> None:
        if self._last:
            self._host.send(self.flow, self._last)

    def acknowledge(self, ack: Request, now: float) -> None:
        """An ACK by either key: phones exist that reuse the INVITE's branch for a 2xx."""
        if self.state is State.ACCEPTED:
            self._host.tell(Acknowledged(self, ack))
            self._end(now)
        elif self.state is State.COMPLETED:
            self._end(now)

    def cancel(self, cancel: Request) -> None:
        if self.state is State.PROCEEDING:
            self._host.tell(Cancelled(self, cancel))

    def confirm(self, rseq: int, now: float) -> None:
        """A PRACK for the provisional response with this RSeq."""
        if not self._unconfirmed or self._unconfirmed[0][0] != rseq:
            return
        self._unconfirmed.popleft()
        if self.state is not State.PROCEEDING:
            return
        self._host.sleep(self)
        if self._unconfirmed:
            self._send_reliable(now)

    # From the clock and the transport.

    def ring(self, now: float) -> None:
        if self.state is State.PROCEEDING:
            self._ring_in_proceeding(now)
        elif now < self._deadline:
            self._resend(self._last, now, self._host.timers.t2)
        else:
            accepted = self.state is State.ACCEPTED
            self._end(now)
            if accepted:
                self._host.tell(NotAcknowledged(self))

    def _ring_in_proceeding(self, now: float) -> None:
        if not self._unconfirmed:
            self._last = bytes(self.request.reply(100))
            self._host.send(self.flow, self._last)
        elif now < self._deadline:
            self._resend(self._unconfirmed[0][1], now, self._host.timers.life)
        else:
            self._unconfirmed.clear()
            self._host.tell(ReliableLost(self))

    def _start(self, now: float) -> None:
        """The first sending of what is retransmitted until the other side confirms it."""
        self._interval = self._host.timers.t1
        self._deadline = now + self._host.timers.life
        self._host.wake(self, now + self._interval)

    def _resend(self, data: bytes, now: float, longest: float) -> None:
        self._host.send(self.flow, data)
        self._interval = min(self._interval * 2, longest)
        self._host.wake(self, min(now + self._interval, self._deadline))

    def fail(self, now: float) -> None:
        if self.state in (State.PROCEEDING, State.ACCEPTED):
            self._host.tell(TransportFailed(self))
        self._end(now)

    def _end(self, now: float) -> None:
        """From now on retransmissions of the INVITE are absorbed (CONFIRMED, timer L)."""
        self.state = State.TERMINATED
        self._host.end_server(self, ABSORB, now)
