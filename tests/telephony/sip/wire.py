"""Two cores joined by a wire that can lose messages, in virtual time."""

from collections import Counter
from collections.abc import Callable, Collection
from heapq import heappop, heappush
from itertools import count

from appliance.telephony.sip.core import Core
from appliance.telephony.sip.core_events import Event
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response, parse

DELAY = 0.01
PHONE = ("192.0.2.10", 5062)
BOX = ("192.0.2.1", 5060)


class Side:
    """One core; `events` are those it raised, each also shown to `on_event`."""

    def __init__(self, name: str, flow: Flow) -> None:
        self.name = name
        self.core = Core()
        self.flow = flow
        self.events: list[Event] = []
        self.on_event: Callable[[Event], None] = lambda event: None

    def take(self, events: list[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.on_event(event)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


class Wire:
    """`lose` names what does not arrive: ("INVITE", 1) is the first INVITE put on the wire,
    ("200 INVITE", 2) the second 200 to an INVITE. `log`, `sent` and `times` tell what was put on
    it, lost or not."""

    def __init__(self, transport: str = "udp", lose: Collection[tuple[str, int]] = ()) -> None:
        number = 0 if transport == "udp" else 7
        self.now = 100.0
        self.lose = lose
        self.log: list[str] = []
        self.times: list[float] = []
        self.sent: list[bytes] = []
        self.phone = Side("phone", Flow(transport, PHONE, BOX, number))
        self.box = Side("box", Flow(transport, BOX, PHONE, number))
        self._seen: Counter[str] = Counter()
        self._flying: list[tuple[float, int, Side, bytes]] = []
        self._order = count()

    def run(self, seconds: float) -> None:
        """Let time pass, delivering and ringing whatever falls into it."""
        end = self.now + seconds
        self._collect()
        while (at := self._next()) is not None and at <= end:
            self.now = max(self.now, at)
            self._deliver()
            for side in (self.phone, self.box):
                side.take(side.core.handle_timer(self.now))
            self._collect()
        self.now = end

    def count(self, label: str) -> int:
        return self.log.count(label)

    def put(self, sender: Side, data: bytes) -> None:
        """A message goes on the wire as if `sender`'s core had sent it."""
        label = label_of(data)
        self._seen[label] += 1
        self.log.append(label)
        self.times.append(self.now)
        self.sent.append(data)
        if (label, self._seen[label]) not in self.lose:
            to = self.box if sender is self.phone else self.phone
            heappush(self._flying, (self.now + DELAY, next(self._order), to, data))

    def _collect(self) -> None:
        for side in (self.phone, self.box):
            for _, data in side.core.outgoing():
                self.put(side, data)

    def _next(self) -> float | None:
        times = [side.core.next_timer() for side in (self.phone, self.box)]
        times += [self._flying[0][0]] if self._flying else []
        return min((at for at in times if at is not None), default=None)

    def _deliver(self) -> None:
        while self._flying and self._flying[0][0] <= self.now:
            _, _, to, data = heappop(self._flying)
            to.take(to.core.receive(parse(data), to.flow, self.now))


def label_of(data: bytes) -> str:
    """INVITE, 200 INVITE, …"""
    message = parse(data)
    if isinstance(message, Request):
        return message.method
    assert isinstance(message, Response)
    return f"{message.status} {message.cseq.method}"
