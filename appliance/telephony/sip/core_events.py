"""What the core tells the transaction user (TU). Every event names its transaction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from appliance.telephony.sip.message import Request, Response
    from appliance.telephony.sip.transaction import ClientTransaction, ServerTransaction


class RequestReceived(NamedTuple):
    """A new request, never ACK or CANCEL. The TU answers it with `Core.respond`."""

    transaction: "ServerTransaction"
    request: "Request"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The caller gave up an INVITE that has no final response yet. The CANCEL is answered; the TU
    sends the 487. `request` is the CANCEL, which may carry a Reason."""

    transaction: "ServerTransaction"
    request: "Request"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The first ACK to our 2xx, with the answer if the 2xx carried the offer."""

    transaction: "ServerTransaction"
    request: "Request"


@dataclass(frozen=True, slots=True)
class NotAcknowledged:
    """Our 2xx had no ACK for 64*T1: the TU ends the dialog (RFC 3261 § 13.3.1.4)."""

    transaction: "ServerTransaction"


@dataclass(frozen=True, slots=True)
class ReliableLost:
    """A reliable provisional response had no PRACK for 64*T1: the TU refuses the INVITE
    with a 5xx (RFC 3262 § 3)."""

    transaction: "ServerTransaction"


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """A response other than 100; a 2xx to INVITE once per To tag, a reliable provisional once."""

    transaction: "ClientTransaction"
    response: "Response"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No final response in 64*T1, after the request or, for an INVITE, after our CANCEL."""

    transaction: "ClientTransaction"


@dataclass(frozen=True, slots=True)
class TransportFailed:
    """The flow of a transaction in progress closed or could not send."""

    transaction: "ClientTransaction | ServerTransaction"


Event: TypeAlias = (
    RequestReceived
    | Cancelled
    | Acknowledged
    | NotAcknowledged
    | ReliableLost
    | ResponseReceived
    | TimedOut
    | TransportFailed
)
