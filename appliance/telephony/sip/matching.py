"""Which transaction a message belongs to (RFC 3261 § 17.1.3, § 17.2.3, § 8.2.2.2) and what our
Via says."""

from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.generations import Generations
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.server_transaction import InviteServer
from appliance.telephony.sip.transaction import ABSORB, ServerTransaction
from appliance.telephony.sip.types import MAGIC


def server_key(request: Request, method: str = "") -> str:
    """The key of the server transaction; an ACK has its INVITE's. `method` overrides."""
    via = request.via
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    if via.branch.startswith(MAGIC):
        return f"{via.branch} {via.host}:{via.port} {method}"
    cseq = request.cseq.number
    return f"{request.call_id} {request.from_.tag} {cseq} {via.host}:{via.port} {method}"


def merge_key(request: Request) -> tuple[str, int, str] | None:
    """What the copies of a forked request share; only those outside a dialog are compared, and
    only while one of them is in progress. A REGISTER taken twice does no harm."""
    if request.method == "REGISTER" or request.to.tag:
        return None
    return (request.call_id, request.cseq.number, request.from_.tag)


def ack_key(ack: Request) -> str:
    """The dialog and CSeq that a 2xx and its ACK share."""
    return f"{ack.call_id} {ack.to.tag} {ack.from_.tag} {ack.cseq.number}"


def via_for(flow: Flow, branch: str) -> str:
    host, port = flow.local
    name = f"[{host}]" if ":" in host else host
    return f"SIP/2.0/{flow.transport.upper()} {name}:{port};branch={branch};rport"


class Unconfirmed:
    """Responses to INVITE that wait for a request: a 2xx for its ACK, a reliable provisional for
    its PRACK. A PRACK may come after the end of the INVITE, for `seconds`: it still matches."""

    def __init__(self, seconds: float) -> None:
        self._acks: dict[str, ServerTransaction] = {}
        self._pracks: dict[str, ServerTransaction] = {}
        self._keys: dict[ServerTransaction, list[str]] = {}
        self._late: Generations[str, bytes] = Generations(seconds, limit=10_000)

    def __len__(self) -> int:
        return len(self._acks) + len(self._pracks) + len(self._late)

    def expect_ack(self, invite: ServerTransaction, response: Response) -> None:
        cseq = response.cseq.number
        key = f"{response.call_id} {response.to.tag} {response.from_.tag} {cseq}"
        self._acks[key] = invite
        self._keys.setdefault(invite, []).append(key)

    def expect_prack(self, invite: ServerTransaction, response: Response) -> None:
        cseq = response.cseq.number
        key = f"{response.call_id} {response.to.tag} {response.rseq} {cseq}"
        self._pracks[key] = invite
        self._keys.setdefault(invite, []).append(key)

    def invite(self, key: str) -> ServerTransaction | None:
        return self._acks.get(key)

    def confirm(self, prack: Request, now: float) -> bool:
        """Whether this PRACK names a provisional response of ours (RFC 3262 § 3)."""
        rack = prack.rack
        if rack is None or rack.method != "INVITE":
            return False
        key = f"{prack.call_id} {prack.to.tag} {rack.rseq} {rack.cseq}"
        invite = self._pracks.pop(key, None)
        if isinstance(invite, InviteServer):
            invite.confirm(rack.rseq, now)
            return True
        return self._late.get(key) is not None

    def forget(self, invite: ServerTransaction, now: float) -> None:
        for key in self._keys.pop(invite, ()):
            self._acks.pop(key, None)
            if self._pracks.pop(key, None) is not None:
                self._late.put(key, ABSORB, now)

    def forget_old(self, now: float) -> None:
        self._late.forget_old(now)
