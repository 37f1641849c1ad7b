"""The transaction layer of the box, without clock, socket or logger (RFC 3261 § 17, § 18).

Messages and `now` (monotonic seconds) go in; events come back; `outgoing()` is what to send and
`next_timer()` when to call `handle_timer`. The transaction user (TU) is who receives the events.

The core does by itself: retransmissions of all kinds, 100 to an INVITE that waits, ACK to a
failure, the answer to CANCEL, 482 to a merged request, matching of PRACK (481 where there is
nothing to confirm). It leaves to the TU: Max-Forwards, authentication, dialogs.
"""

from collections.abc import Callable

from appliance.telephony.sip.client_requests import cancel_for
from appliance.telephony.sip.client_transaction import InviteClient, NonInviteClient
from appliance.telephony.sip.core_events import Event, RequestReceived
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.generations import Generations
from appliance.telephony.sip.matching import (
    Unconfirmed,
    ack_key,
    merge_key,
    server_key,
    via_for,
)
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.server_transaction import InviteServer, NonInviteServer
from appliance.telephony.sip.timers import Alarm, TimerHeap, Timers
from appliance.telephony.sip.transaction import (
    ABSORB,
    ClientTransaction,
    Owner,
    ServerTransaction,
    Transaction,
)
from appliance.telephony.sip.types import new_branch, new_tag


class Core:
    """`cache_entries` bounds the answers kept for retransmissions of finished requests over UDP
    (about 1 kB each); RFC 3261 wants them for 32 s, and a flood shortens that."""

    def __init__(
        self,
        timers: Timers | None = None,
        *,
        cache_entries: int = 20_000,
        branch: Callable[[], str] = new_branch,
    ) -> None:
        self.timers = timers or Timers()
        self._branch = branch
        self._clients: dict[str, ClientTransaction] = {}
        self._servers: dict[str, ServerTransaction] = {}
        self._merges: dict[tuple[str, int, str], str] = {}
        self._connections: dict[int, set[Transaction]] = {}
        self._unconfirmed = Unconfirmed(self.timers.life)
        self._answers: Generations[str, bytes] = Generations(self.timers.life, cache_entries)
        self._absorbed: Generations[str, bytes] = Generations(self.timers.life, cache_entries)
        self._alarms: TimerHeap[Transaction | _Sweep] = TimerHeap()
        self._sweep = _Sweep(self._forget_unanswered)
        self._out: list[tuple[Flow, bytes]] = []
        self._events: list[Event] = []

    # From the wire and the clock.

    def receive(self, message: Request | Response, flow: Flow, now: float) -> list[Event]:
        if isinstance(message, Request):
            self._receive_request(message, flow, now)
        else:
            self._receive_response(message, now)
        return self._take_events()

    def flow_closed(self, flow: Flow, now: float) -> list[Event]:
        """The connection is gone, or a datagram could not be sent."""
        for transaction in self._on(flow):
            transaction.fail(now)
        return self._take_events()

    def next_timer(self) -> float | None:
        return self._alarms.next()

    def handle_timer(self, now: float) -> list[Event]:
        while (sleeper := self._alarms.pop(now)) is not None:
            sleeper.ring(now)
        return self._take_events()

    def outgoing(self) -> list[tuple[Flow, bytes]]:
        """What to send, in order; each message is handed out once."""
        out, self._out = self._out, []
        return out

    def sizes(self) -> dict[str, int]:
        """How much is held, for metrics and for tests that look for leaks."""
        return {
            "client_transactions": len(self._clients),
            "server_transactions": len(self._servers),
            "alarms": len(self._alarms),
            "answers_kept": len(self._answers) + len(self._absorbed),
        }

    # From the TU.

    def request(
        self, request: Request, flow: Flow, now: float, owner: Owner | None = None
    ) -> ClientTransaction:
        """Send `request` (any but ACK and CANCEL) on `flow`; our Via is put on top of it."""
        branch = self._branch()
        request.headers.prepend("Via", via_for(flow, branch))
        return self._open_client(branch, request, flow, now, owner)

    def respond(
        self,
        transaction: ServerTransaction,
        response: Response,
        now: float,
        *,
        remember: bool = True,
    ) -> None:
        """Answer a request. Not `remember`: forget the request at once, so that a retransmission
        is a new one; right for challenges, which cost a stranger's flood no memory."""
        if remember:
            transaction.respond(response, now)
        elif not transaction.answered:
            transaction.abandon(now)
            self.send(transaction.flow, bytes(response))

    def cancel(self, transaction: ClientTransaction, now: float, reason: str = "") -> None:
        """Give up an INVITE, `reason` being a Reason header's value. The CANCEL waits for a
        provisional response; after a final one nothing is sent. A 2xx may still come up."""
        if isinstance(transaction, InviteClient):
            transaction.cancel(now, reason)

    def acknowledge(
        self, transaction: ClientTransaction, ack: Request, flow: Flow | None = None
    ) -> None:
        """Send the ACK to a 2xx, on the INVITE's flow unless told otherwise, and again whenever
        that 2xx comes again. A fork's further 2xx (other To tags) have ACKs of their own."""
        if isinstance(transaction, InviteClient):
            path = flow or transaction.flow
            ack.headers.prepend("Via", via_for(path, self._branch()))
            transaction.acknowledge(ack, path)

    # Requests.

    def _receive_request(self, request: Request, flow: Flow, now: float) -> None:
        key = server_key(request)
        if request.method == "ACK":
            self._receive_ack(request, key, now)
        elif (known := self._servers.get(key)) is not None:
            known.retransmitted()
        elif (answer := self._answers.get(key)) is not None:
            self.send(flow, answer)
        elif request.method != "INVITE" or self._absorbed.get(key) is None:
            request.mark_source(*flow.remote)
            self._receive_new(request, key, flow, now)

    def _receive_new(self, request: Request, key: str, flow: Flow, now: float) -> None:
        merge = merge_key(request)
        if request.method == "CANCEL":
            self._receive_cancel(request, key, flow, now)
        elif merge is not None and merge in self._merges:
            self._refuse(request, 482, key, flow, now)
        elif request.method == "PRACK" and not self._unconfirmed.confirm(request, now):
            self._refuse(request, 481, key, flow, now)
        else:
            server = self._open_server(request, key, flow, now)
            if merge is not None:
                server.merge_key = merge
                self._merges[merge] = key
            self._events.append(RequestReceived(server, request))

    def _open_server(self, request: Request, key: str, flow: Flow, now: float) -> ServerTransaction:
        kind = InviteServer if request.method == "INVITE" else NonInviteServer
        server = self._servers[key] = kind(self, key, request, flow, now)
        if flow.connection:
            self._connections.setdefault(flow.connection, set()).add(server)
        if self._sweep.alarm is None:
            self._alarms.set(self._sweep, now + self.timers.life)
        return server

    def _receive_ack(self, ack: Request, key: str, now: float) -> None:
        """An ACK that fits nothing (to a challenge, or come twice) is absorbed."""
        invite = self._servers.get(key) or self._unconfirmed.invite(ack_key(ack))
        if isinstance(invite, InviteServer):
            invite.acknowledge(ack, now)

    def _receive_cancel(self, cancel: Request, key: str, flow: Flow, now: float) -> None:
        """RFC 3261 § 9.2; the answer carries the To tag that the INVITE's responses had."""
        invite_key = server_key(cancel, "INVITE")
        invite = self._servers.get(invite_key)
        if isinstance(invite, InviteServer):
            self._refuse(cancel, 200, key, flow, now, invite.to_tag)
            invite.cancel(cancel)
        else:
            known = self._absorbed.get(invite_key) is not None
            self._refuse(cancel, 200 if known else 481, key, flow, now)

    def _refuse(
        self, request: Request, status: int, key: str, flow: Flow, now: float, tag: str = ""
    ) -> None:
        response = request.reply(status, to_tag=tag or new_tag())
        self._open_server(request, key, flow, now).respond(response, now)

    # Responses.

    def _receive_response(self, response: Response, now: float) -> None:
        """One that fits no transaction is dropped: it is late, or forged."""
        client = self._clients.get(f"{response.via.branch} {response.cseq.method}")
        if client is not None:
            client.receive(response, now)

    def _open_client(
        self, branch: str, request: Request, flow: Flow, now: float, owner: Owner | None
    ) -> ClientTransaction:
        kind = InviteClient if request.method == "INVITE" else NonInviteClient
        key = f"{branch} {request.method}"
        client = self._clients[key] = kind(self, key, request, flow, now)
        client.owner = owner
        if flow.connection:
            self._connections.setdefault(flow.connection, set()).add(client)
        return client

    # The host of the transactions.

    def send(self, flow: Flow, data: bytes) -> None:
        self._out.append((flow, data))

    def tell(self, event: Event) -> None:
        """Our CANCEL's fate is nobody's news: the INVITE's is."""
        if event.transaction.method != "CANCEL":
            self._events.append(event)

    def wake(self, transaction: Transaction, at: float) -> None:
        self._alarms.set(transaction, at)

    def sleep(self, transaction: Transaction) -> None:
        self._alarms.clear(transaction)

    def send_cancel(self, invite: ClientTransaction, reason: str, now: float) -> None:
        branch = invite.request.via.branch
        self._open_client(branch, cancel_for(invite.request, reason), invite.flow, now, None)

    def expect_ack(self, invite: ServerTransaction, response: Response) -> None:
        self._unconfirmed.expect_ack(invite, response)

    def expect_prack(self, invite: ServerTransaction, response: Response) -> None:
        self._unconfirmed.expect_prack(invite, response)

    def end_client(self, transaction: ClientTransaction) -> None:
        self._clients.pop(transaction.key, None)
        self._forget(transaction)

    def end_server(self, transaction: ServerTransaction, answer: bytes | None, now: float) -> None:
        self._servers.pop(transaction.key, None)
        if transaction.merge_key is not None:
            self._merges.pop(transaction.merge_key, None)
        if answer == ABSORB:
            self._absorbed.put(transaction.key, ABSORB, now)
            self._unconfirmed.forget(transaction, now)
        elif answer is not None:
            self._answers.put(transaction.key, answer, now)
        self._forget(transaction)

    def _forget(self, transaction: Transaction) -> None:
        self._alarms.clear(transaction)
        if transaction.flow.connection:
            on_flow = self._connections.get(transaction.flow.connection, set())
            on_flow.discard(transaction)
            if not on_flow:
                self._connections.pop(transaction.flow.connection, None)

    def _on(self, flow: Flow) -> list[Transaction]:
        if flow.connection:
            return list(self._connections.get(flow.connection, ()))
        everything = [*self._clients.values(), *self._servers.values()]
        return [transaction for transaction in everything if transaction.flow == flow]

    def _forget_unanswered(self, now: float) -> None:
        """Requests that no TU answered in 64*T1 have no asker any more (RFC 4320 § 4.2)."""
        for server in list(self._servers.values()):
            if isinstance(server, NonInviteServer) and now >= server.began + self.timers.life:
                server.fail(now)
        self._answers.forget_old(now)
        self._absorbed.forget_old(now)
        self._unconfirmed.forget_old(now)
        if self._servers or self._answers or self._absorbed or self._unconfirmed:
            self._alarms.set(self._sweep, now + self.timers.life)

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events


class _Sweep:
    """The core's own alarm: housekeeping every 64*T1 while there is something to keep."""

    __slots__ = ("_work", "alarm")

    def __init__(self, work: Callable[[float], None]) -> None:
        self._work = work
        self.alarm: Alarm | None = None

    def ring(self, now: float) -> None:
        self._work(now)
