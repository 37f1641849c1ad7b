"""One binding: where a device can be reached until when, in the table and over a restart."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from appliance.model.bindings import StoredBinding
from appliance.model.devices import DeviceKey
from appliance.telephony.sip.address import Address
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.uri import Uri


class Reach(Enum):
    """Whether a binding's device can be reached by it."""

    LIVE = "live"
    SILENT = "silent"
    """It does not answer our keep-alives."""
    CLOSED = "closed"
    """Its connection is gone, by the far end or by a restart of ours."""
    EXPIRED = "expired"


@dataclass(slots=True, eq=False)
class Binding:
    """`contact` is the phone's own Contact value, without its expiry; `written` is the whole header
    when it held this contact alone, to know a refresh by. Times are monotonic seconds."""

    device: DeviceKey
    contact: str
    uri: str
    flow: Flow
    call_id: str
    cseq: int
    registered_at: float
    expires_at: float
    instance: str = ""
    reg_id: int = 0
    path: tuple[str, ...] = ()
    user_agent: str = ""
    supports: frozenset[str] = frozenset()
    behind_nat: bool = False
    written: str = ""
    asked_seconds: int | None = None
    """The expires parameter that `written` holds."""
    seen_at: float = 0.0
    unanswered: int = 0
    reach: Reach = Reach.LIVE

    @property
    def current(self) -> bool:
        """Whether a registrar lists it: neither expired nor without its connection."""
        return self.reach in (Reach.LIVE, Reach.SILENT)


@dataclass(frozen=True, slots=True)
class Contact:
    """Where to send a request: to `uri`, over `flow`, by way of `path` (RFC 3327), whatever host
    the URI names (interop 2)."""

    uri: Uri
    flow: Flow
    path: tuple[str, ...]
    user_agent: str
    supports: frozenset[str]
    instance: str = ""


def contact(binding: Binding) -> Contact:
    """Where to send to reach the phone of the binding."""
    return Contact(
        Uri.parse(binding.uri),
        binding.flow,
        binding.path,
        binding.user_agent,
        binding.supports,
        binding.instance,
    )


def behind_nat(uri: Uri, flow: Flow, path: tuple[str, ...]) -> bool:
    """Whether a datagram phone's way to us must be kept open: its Contact names another address
    than its packets come from, and no proxy on the way keeps it for us."""
    return not flow.reliable and not path and (uri.host, uri.port or 5060) != flow.remote


def address(flow: Flow) -> str:
    """The far end's address and port, as people write them."""
    host, port = flow.remote
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def stored(binding: Binding, now: float, wall: datetime) -> StoredBinding:
    """The binding as it is kept; `now` and `wall` are the same moment."""
    flow = binding.flow
    return StoredBinding(
        binding.device,
        binding.contact,
        binding.instance,
        binding.reg_id,
        flow.transport,
        flow.remote[0],
        flow.remote[1],
        flow.local[0],
        flow.local[1],
        ", ".join(binding.path),
        binding.user_agent,
        binding.call_id,
        binding.cseq,
        wall + timedelta(seconds=binding.registered_at - now),
        wall + timedelta(seconds=binding.expires_at - now),
    )


def restored(row: StoredBinding, now: float, wall: datetime) -> Binding:
    """The binding that was kept; one of a connection comes back closed."""
    flow = Flow(row.transport, (row.local_host, row.local_port), (row.remote_host, row.remote_port))
    uri = Address.parse(row.contact).uri
    path = tuple(re.split(r",\s*(?=<)", row.path)) if row.path else ()
    expires_at = now + (row.expires_at - wall).total_seconds()
    registered_at = now + (row.registered_at - wall).total_seconds()
    reach = Reach.CLOSED if flow.reliable else Reach.LIVE
    return Binding(
        row.device,
        row.contact,
        str(uri),
        flow,
        row.call_id,
        row.cseq,
        registered_at,
        expires_at,
        row.instance,
        row.reg_id,
        path,
        row.user_agent,
        behind_nat=behind_nat(uri, flow, path),
        seen_at=registered_at,
        reach=reach if expires_at > now else Reach.EXPIRED,
    )
