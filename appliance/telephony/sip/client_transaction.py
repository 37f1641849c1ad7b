"""Client transactions: RFC 3261 § 17.1 with RFC 6026's Accepted state. A function per state."""

from appliance.telephony.sip.client_requests import ack_for_failure
from appliance.telephony.sip.core_events import ResponseReceived, TimedOut, TransportFailed
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.transaction import OPEN, ClientTransaction, Host, State


class NonInviteClient(ClientTransaction):
    """Any method but INVITE and ACK. Ends with its final response: what comes after it (timer K)
    matches nothing and is dropped by the core."""

    __slots__ = ("_data", "_deadline", "_interval")

    def __init__(self, host: Host, key: str, request: Request, flow: Flow, now: float) -> None:
        super().__init__(host, key, request, flow)
        self._data = bytes(request)
        self._interval = host.timers.t1
        self._deadline = now + host.timers.life
        host.send(flow, self._data)
        self._sleep(now)

    def receive(self, response: Response, _now: float) -> None:
        if response.status < 200:
            self._progress(response)
        else:
            self._end()
            self._host.tell(ResponseReceived(self, response))

    def _progress(self, response: Response) -> None:
        self.state = State.PROCEEDING
        self._interval = self._host.timers.t2
        if response.status > 100:
            self._host.tell(ResponseReceived(self, response))

    def ring(self, now: float) -> None:
        """Timer F ends it, timer E sends again."""
        if now >= self._deadline:
            self._end()
            self._host.tell(TimedOut(self))
            return
        self._host.send(self.flow, self._data)
        self._interval = min(self._interval * 2, self._host.timers.t2)
        self._sleep(now)

    def _sleep(self, now: float) -> None:
        again = self._deadline if self.flow.reliable else now + self._interval
        self._host.wake(self, min(again, self._deadline))

    def fail(self, _now: float) -> None:
        self._end()
        self._host.tell(TransportFailed(self))

    def _end(self) -> None:
        self.state = State.TERMINATED
        self._host.end_client(self)


class InviteClient(ClientTransaction):
    """INVITE. The core acknowledges failures; the TU every 2xx, through `acknowledge`."""

    __slots__ = ("_acks", "_cancel", "_data", "_deadline", "_failure_ack", "_interval", "_rseqs")

    def __init__(self, host: Host, key: str, request: Request, flow: Flow, now: float) -> None:
        super().__init__(host, key, request, flow)
        self.state = State.CALLING
        self._data = bytes(request)
        self._interval = host.timers.t1
        self._deadline = now + host.timers.life
        self._cancel: str | None = None  # a wanted CANCEL's Reason
        self._acks: dict[str, tuple[Flow, bytes] | None] = {}  # To tag of a 2xx -> our ACK
        self._rseqs: dict[str, int] = {}  # To tag -> last reliable provisional
        self._failure_ack = b""
        host.send(flow, self._data)
        self._sleep(now)

    # From the wire.

    def receive(self, response: Response, now: float) -> None:
        if self.state is State.ACCEPTED:
            self._in_accepted(response)
        elif self.state is State.COMPLETED:
            self._in_completed(response)
        elif self.state is not State.TERMINATED:
            self._while_open(response, now)

    def _while_open(self, response: Response, now: float) -> None:
        """CALLING and PROCEEDING."""
        if response.status < 200:
            self._progress(response, now)
        elif response.status < 300:
            self._accept(response, now)
        else:
            self._complete(response, now)

    def _progress(self, response: Response, now: float) -> None:
        first = self.state is State.CALLING
        self.state = State.PROCEEDING
        if first:
            self._host.sleep(self)
            if self._cancel is not None:
                self._send_cancel(self._cancel, now)
        if response.status > 100 and self._in_order(response):
            self._host.tell(ResponseReceived(self, response))

    def _in_order(self, response: Response) -> bool:
        """Reliable provisionals pass once and without gaps (RFC 3262 § 4)."""
        rseq = response.rseq
        if rseq is None or "100rel" not in response.require:
            return True
        last = self._rseqs.get(response.to.tag)
        if last is not None and rseq != last + 1:
            return False
        self._rseqs[response.to.tag] = rseq
        return True

    def _accept(self, response: Response, now: float) -> None:
        self.state = State.ACCEPTED
        self._data = b""  # half a minute is long for what is not sent again
        self._host.wake(self, now + self._host.timers.life)  # timer M
        self._in_accepted(response)

    def _in_accepted(self, response: Response) -> None:
        """A 2xx per To tag goes up; its retransmissions get the ACK again."""
        if not 200 <= response.status < 300:
            return
        tag = response.to.tag
        if tag not in self._acks:
            self._acks[tag] = None
            self._host.tell(ResponseReceived(self, response))
        elif (ack := self._acks[tag]) is not None:
            self._host.send(*ack)

    def _complete(self, response: Response, now: float) -> None:
        self.state = State.COMPLETED
        self._data = b""
        self._failure_ack = ack_for_failure(self.request, response)
        self._host.send(self.flow, self._failure_ack)
        if self.flow.reliable:
            self._end()
        else:
            self._host.wake(self, now + self._host.timers.life)  # timer D
        self._host.tell(ResponseReceived(self, response))

    def _in_completed(self, response: Response) -> None:
        if response.status >= 300:
            self._host.send(self.flow, self._failure_ack)

    # From the TU.

    def cancel(self, now: float, reason: str) -> None:
        """CANCEL waits for a provisional (RFC 3261 § 9.1) and comes too late after a final."""
        if self._cancel is not None or self.state not in OPEN:
            return
        self._cancel = reason
        if self.state is State.PROCEEDING:
            self._send_cancel(reason, now)

    def _send_cancel(self, reason: str, now: float) -> None:
        self._host.send_cancel(self, reason, now)
        self._deadline = now + self._host.timers.life
        self._host.wake(self, self._deadline)

    @property
    def cancel_reason(self) -> str:
        return self._cancel or ""

    def acknowledge(self, ack: Request, flow: Flow) -> None:
        """Send `ack`, and again for each retransmission of the 2xx with its To tag."""
        kept = (flow, bytes(ack))
        if self.state is State.ACCEPTED:
            self._acks[ack.to.tag] = kept
        self._host.send(*kept)

    # From the clock and the transport.

    def ring(self, now: float) -> None:
        """Timers A and B, the wait after CANCEL, timers D and M."""
        if self.answered:
            self._end()
        elif now >= self._deadline:
            self._end()
            self._host.tell(TimedOut(self))
        else:
            self._host.send(self.flow, self._data)
            self._interval *= 2
            self._sleep(now)

    def _sleep(self, now: float) -> None:
        again = self._deadline if self.flow.reliable else now + self._interval
        self._host.wake(self, min(again, self._deadline))

    def fail(self, _now: float) -> None:
        in_progress = not self.answered
        self._end()
        if in_progress:
            self._host.tell(TransportFailed(self))

    def _end(self) -> None:
        self.state = State.TERMINATED
        self._host.end_client(self)
