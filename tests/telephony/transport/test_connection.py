"""One connection with a fake socket, in virtual time."""

import asyncio
from typing import Any, cast

from appliance.telephony.sip.flow import Address, Flow
from appliance.telephony.sip.message import ParseError, Request, Response
from appliance.telephony.transport.admission import Admission
from appliance.telephony.transport.connection import Connection, Hub, Link
from appliance.telephony.transport.limits import Limits
from tests.telephony.transport.phone import options


class FakeSocket(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reading = True
        self.closing = False
        self.aborted = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        port = 5060 if name == "sockname" else 40_000
        return ("192.0.2.1", port) if name in ("sockname", "peername") else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True


class FakeLoop:
    """Time and timers by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Any]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, work: Any) -> "FakeLoop":
        self.later.append((self.now + seconds, work))
        return self

    def cancel(self) -> None:
        self.later.clear()

    def ring(self) -> None:
        at, work = self.later.pop()
        self.now = at
        work()


class Party:
    """The set of connections and the driver in one."""

    def __init__(self, limits: Limits, *, room: bool = True) -> None:
        self.hub: Hub = self
        self.limits = limits
        self.admission = Admission(limits)
        self.fake_loop = FakeLoop()
        self.loop = cast(asyncio.AbstractEventLoop, self.fake_loop)
        self.room = room
        self.messages: list[Request | Response] = []
        self.refused: list[ParseError] = []
        self.detached: list[Flow] = []

    def opened(self, _connection: Connection, _source: str) -> bool:
        return self.room

    def closed(self, connection: Connection, source: str) -> None:
        pass

    def attach(self, _link: Link, transport: str, local: Address, remote: Address) -> Flow:
        return Flow(transport, local, remote, 1)

    def detach(self, flow: Flow) -> None:
        self.detached.append(flow)

    def receive(self, message: Request | Response, _flow: Flow) -> None:
        self.messages.append(message)

    def refuse(self, error: ParseError, _flow: Flow) -> None:
        self.refused.append(error)


def connected(
    limits: Limits | None = None, *, room: bool = True, ours: bool = False
) -> tuple[Connection, FakeSocket, Party]:
    party = Party(limits or Limits(), room=room)
    connection = Connection(party, "tcp", ours=ours)
    link = FakeSocket()
    connection.connection_made(link)
    return connection, link, party


def test_one_too_many_is_shut_at_once() -> None:
    connection, link, party = connected(room=False)
    assert link.aborted
    connection.connection_lost(None)
    assert connection.flow is None
    assert party.detached == []


def test_who_says_nothing_after_connecting_is_overdue() -> None:
    connection, _, _ = connected()
    assert connection.overdue(29.0) == ""
    assert connection.overdue(31.0) == "slow"


def test_who_sends_a_message_byte_by_byte_is_overdue() -> None:
    connection, _, party = connected()
    connection.data_received(options())
    for second in range(1, 40):
        party.fake_loop.now = float(second)
        connection.data_received(options()[second - 1 : second])
    assert connection.overdue(32.0) == "slow"


def test_a_connection_of_ours_may_wait_for_its_first_message() -> None:
    connection, _, _ = connected(ours=True)
    assert connection.overdue(100.0) == ""


def test_who_is_silent_for_hours_is_overdue() -> None:
    connection, _, _ = connected()
    connection.data_received(options())
    assert connection.overdue(7000.0) == ""
    assert connection.overdue(7300.0) == "idle"


def test_who_reads_nothing_is_shut() -> None:
    connection, link, party = connected()
    assert link.high == party.limits.unsent_bytes
    connection.pause_writing()
    assert link.aborted
    assert party.admission.dropped["unsent"] == 1


def test_who_sends_too_fast_is_not_read_from_until_the_rate_allows() -> None:
    connection, link, party = connected(Limits(messages_per_second=1, burst=3))
    connection.data_received(b"".join(options(number) for number in range(5)))
    assert len(party.messages) == 3
    assert not link.reading
    party.fake_loop.ring()
    party.fake_loop.ring()
    party.fake_loop.ring() if party.fake_loop.later else None
    assert len(party.messages) == 5
    assert link.reading


def test_a_turn_takes_its_share_and_leaves_the_rest_for_the_next() -> None:
    connection, link, party = connected(Limits(messages_per_turn=2))
    connection.data_received(b"".join(options(number) for number in range(5)))
    assert len(party.messages) == 2
    party.fake_loop.ring()
    party.fake_loop.ring()
    assert len(party.messages) == 5
    assert link.reading


def test_after_rubbish_the_connection_ends() -> None:
    connection, link, party = connected()
    connection.data_received(b"INVITE rubbish\r\n\r\n" + options())
    assert len(party.refused) == 1
    assert party.messages == []
    assert link.closing


def test_interop_4_a_ping_gets_a_pong() -> None:
    connection, link, _ = connected()
    connection.data_received(b"\r\n\r\n")
    assert link.written == b"\r\n"


def test_a_lost_connection_is_told_once() -> None:
    connection, _, party = connected()
    connection.connection_lost(None)
    assert party.detached == [connection.flow]
