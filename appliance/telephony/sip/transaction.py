"""What the four kinds of transaction share (RFC 3261 § 17, RFC 6026).

    client_transaction.py
        InviteClient     CALLING → PROCEEDING → ACCEPTED or COMPLETED → TERMINATED
        NonInviteClient  TRYING → PROCEEDING → TERMINATED
    server_transaction.py
        InviteServer     PROCEEDING → ACCEPTED or COMPLETED → TERMINATED
        NonInviteServer  TRYING → PROCEEDING → TERMINATED

States in which the RFCs only absorb what comes late (CONFIRMED, ACCEPTED after the ACK, COMPLETED
of a non-INVITE server) are no objects here: the core keeps their last response in an
`Generations`. What a transaction does goes through its `Host`; only the core implements it.
"""

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from appliance.telephony.sip.core_events import Event
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.timers import Alarm, Timers

Owner = Callable[[Event], None]


class State(Enum):
    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    TERMINATED = "terminated"


ABSORB = b""  # the answer that is none: retransmissions are dropped without a word
OPEN = frozenset({State.CALLING, State.TRYING, State.PROCEEDING})


class Host(Protocol):
    """What a transaction needs of the core."""

    timers: Timers

    def send(self, flow: Flow, data: bytes) -> None: ...

    def tell(self, event: Event) -> None: ...

    def wake(self, transaction: "Transaction", at: float) -> None: ...

    def sleep(self, transaction: "Transaction") -> None: ...

    def end_client(self, transaction: "ClientTransaction") -> None: ...

    def end_server(
        self, transaction: "ServerTransaction", answer: bytes | None, now: float
    ) -> None:
        """`answer`: what retransmissions of the request get from now on; None: forget it all."""

    def send_cancel(self, invite: "ClientTransaction", reason: str, now: float) -> None: ...

    def expect_ack(self, invite: "ServerTransaction", response: Response) -> None: ...

    def expect_prack(self, invite: "ServerTransaction", response: Response) -> None: ...


class Transaction:
    """`owner` receives the transaction's events; without one they go to the driver's `on_event`.
    An owner that is done sets it to None, so that late events do not keep it alive."""

    __slots__ = ("_host", "alarm", "flow", "key", "owner", "request", "state")

    def __init__(self, host: Host, key: str, request: Request, flow: Flow) -> None:
        self._host = host
        self.key = key
        self.request = request
        self.flow = flow
        self.owner: Owner | None = None
        self.alarm: Alarm | None = None
        self.state = State.TRYING

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def answered(self) -> bool:
        """A final response has passed, or none will."""
        return self.state not in OPEN

    def ring(self, now: float) -> None:
        """The alarm's time has come."""
        raise NotImplementedError

    def fail(self, now: float) -> None:
        """The flow is gone."""
        raise NotImplementedError


class ClientTransaction(Transaction):
    """A request of ours. Made by `Core.request` only."""

    __slots__ = ()

    def receive(self, response: Response, now: float) -> None:
        raise NotImplementedError


class ServerTransaction(Transaction):
    """A request of theirs. Made by the core only; answered with `Core.respond`."""

    __slots__ = ("merge_key",)

    merge_key: tuple[str, int, str] | None  # see matching.merge_key

    def retransmitted(self) -> None:
        """The request came again."""
        raise NotImplementedError

    def respond(self, response: Response, now: float) -> None:
        raise NotImplementedError

    def abandon(self, now: float) -> None:
        """Forget the request: a retransmission of it is a new one."""
        self.state = State.TERMINATED
        self._host.end_server(self, None, now)
