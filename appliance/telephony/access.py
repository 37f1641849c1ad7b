"""The gate: who a request comes from, by digest, and whether that device may (RFC 3261 § 22).

The authentication name decides the device, and with it the tenant; what From says decides nothing.
Challenges are 401 for every method: towards its phones the box is a registrar and a user agent,
never a proxy, whose 407 this would be (§ 22.3).

A name that nobody has costs the same work and gets the same answers as a wrong password (interop
7). Tenants that are suspended are admitted: their registrations stay and emergency numbers work;
that other calls are refused is the call's business, by `Subscriber.tenant.status`.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from appliance.model.subscribers import Subscriber
from appliance.telephony.binding import address
from appliance.telephony.bindings import Bindings, Rejection
from appliance.telephony.blocks import Blocks
from appliance.telephony.directory import Directory
from appliance.telephony.limited_digest import knows_md5_alone
from appliance.telephony.sip.challenge import Credentials
from appliance.telephony.sip.digest import Nonces, Verdict
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response
from appliance.telephony.sip.uri import Uri

log = logging.getLogger(__name__)

MAX_NAME: Final = 128

WRONG: Final = "wrong secret"
BLOCKED: Final = "blocked after too many wrong secrets"
DISABLED: Final = "extension is disabled"


@dataclass(slots=True)
class GateCounters:
    """What became of requests; shown by status and metrics."""

    admitted: int = 0
    challenged: int = 0
    wrong: int = 0
    blocked: int = 0
    refused: int = 0


class Gate:
    """`realm` is the box's one realm, for which every HA1 was made. `wall` is UTC now; nonces live
    by it, since they may outlive a restart, and everything else by the `now` of each call."""

    def __init__(
        self,
        directory: Directory,
        nonces: Nonces,
        realm: str,
        bindings: Bindings,
        blocks: Blocks,
        wall: Callable[[], datetime],
    ) -> None:
        self._directory = directory
        self._nonces = nonces
        self._realm = realm
        self._bindings = bindings
        self._blocks = blocks
        self._wall = wall
        self._nobody = {"MD5": secrets.token_hex(16), "SHA-256": secrets.token_hex(32)}
        self.counters = GateCounters()

    def admit(self, request: Request, flow: Flow, now: float) -> Subscriber | Response:
        """The device that sent the request, or what to answer instead."""
        for credentials in request.authorizations:
            if credentials.realm == self._realm:
                break
        else:
            return self._challenge(request)
        name, host = credentials.username, flow.remote[0]
        subscriber = self._directory.subscriber(name)
        # Checked for those who are blocked as well: they are not to be told by a faster answer.
        verdict = self._check(credentials, request.method, subscriber)
        if len(name) > MAX_NAME or verdict is Verdict.MALFORMED:
            return self._refuse(request, 400, "Bad Credentials")
        if self._blocks.holds(name, host):
            self.counters.blocked += 1
            return self._reject(request, flow, subscriber, BLOCKED, now)
        if verdict is Verdict.GOOD and subscriber is not None:
            return self._admitted(subscriber, credentials, request, flow, now)
        if verdict is Verdict.WRONG or subscriber is None:
            return self._wrong(request, name, subscriber, flow, now)
        return self._challenge(request, stale=True)

    def rejection(self, request: Request, flow: Flow, reason: str) -> Rejection:
        """What is remembered of a request that was refused."""
        agent = (request.get("User-Agent") or "")[:MAX_NAME]
        return Rejection(self._wall(), address(flow), flow.transport, agent, reason)

    def _check(
        self, credentials: Credentials, method: str, subscriber: Subscriber | None
    ) -> Verdict:
        secret = self._nobody
        if subscriber is not None:
            secret = {"MD5": subscriber.ha1_md5, "SHA-256": subscriber.ha1_sha256}
        return self._nonces.check(credentials, method, secret, self._wall().timestamp())

    def _admitted(
        self,
        subscriber: Subscriber,
        credentials: Credentials,
        request: Request,
        flow: Flow,
        now: float,
    ) -> Subscriber | Response:
        """The password was right; is everything else?"""
        if not _fits(credentials.uri, request):
            return self._refuse(request, 400, "Digest URI Mismatch")
        if not subscriber.extension.enabled:
            return self._reject(request, flow, subscriber, DISABLED, now)
        self._blocks.right_password(credentials.username, flow.remote[0])
        self.counters.admitted += 1
        return subscriber

    def _wrong(
        self, request: Request, name: str, subscriber: Subscriber | None, flow: Flow, now: float
    ) -> Response:
        """Challenged again, as RFC 3261 § 22.1 has it: a phone that is told 403 stops trying, and
        stays out when its secret has been put right."""
        self.counters.wrong += 1
        self._record(request, flow, subscriber, WRONG, now)
        if self._blocks.wrong_password(name, flow.remote[0], now):
            log.warning("blocked %s from %s: %s", name, flow.remote[0], WRONG)
        return self._challenge(request)

    def _challenge(self, request: Request, *, stale: bool = False) -> Response:
        """401 with fresh nonces, SHA-256 before MD5; MD5 alone for a device that wants it so, or
        that could not read the other."""
        self.counters.challenged += 1
        claimed = self._directory.subscriber(request.from_.uri.user)
        md5_only = claimed is not None and claimed.device.md5_only
        values = self._nonces.challenges(
            self._realm,
            self._wall().timestamp(),
            stale=stale,
            md5_only=md5_only or knows_md5_alone(request.get("User-Agent") or ""),
        )
        return request.reply(401, headers=[("WWW-Authenticate", value) for value in values])

    def _reject(
        self, request: Request, flow: Flow, subscriber: Subscriber | None, why: str, now: float
    ) -> Response:
        self._record(request, flow, subscriber, why, now)
        return self._refuse(request, 403)

    def _refuse(self, request: Request, status: int, reason: str = "") -> Response:
        self.counters.refused += 1
        return request.reply(status, reason)

    def _record(
        self, request: Request, flow: Flow, subscriber: Subscriber | None, why: str, now: float
    ) -> None:
        """Attempts to register are the device's state; those of names that nobody has are counted
        alone, since anybody can make up such names."""
        if subscriber is not None and request.method == "REGISTER":
            self._bindings.rejected(subscriber.device.key, self.rejection(request, flow, why), now)


def _fits(uri: str, request: Request) -> bool:
    """Whether the digest was made for this request (RFC 7616 § 3.4.6). Some phones leave out the
    parameters, or the user, so that the place alone has to be the same."""
    if uri == str(request.uri):
        return True
    try:
        claimed = Uri.parse(uri)
    except Malformed:
        return False
    return (claimed.host, claimed.port or 5060) == (request.uri.host, request.uri.port or 5060)
