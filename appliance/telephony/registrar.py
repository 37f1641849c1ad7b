"""The registrar: what a REGISTER does to its device's bindings (RFC 3261 § 10.3).

On the way in: overload, password (`access.py`), whose address, which contacts, which order; then
all of the request or nothing of it. Outbound (RFC 5626), Path (RFC 3327) and NAT are part of it.
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Final

from appliance.model.bindings import RegistrationState, StoredBinding
from appliance.model.devices import DeviceKey
from appliance.model.subscribers import Subscriber
from appliance.telephony.access import Gate
from appliance.telephony.binding import Binding, behind_nat
from appliance.telephony.bindings import Bindings
from appliance.telephony.directory import Directory
from appliance.telephony.keepalives import KEEPALIVES, Keepalives, KeepaliveSettings
from appliance.telephony.sip.address import STAR, Address
from appliance.telephony.sip.flow import Flow
from appliance.telephony.sip.message import Request, Response

SUPPORTED: Final = frozenset({"path", "outbound"})
"""The extensions that a phone may require of its registrar."""

MAX_CONTACT: Final = 2048
MAX_USER_AGENT: Final = 200

_EXPIRY: Final = re.compile(r";\s*expires\s*=\s*[^;,\s]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RegistrarSettings:
    """Seconds, and counts. A NAT forgets a UDP phone soon, so that its registration is short.

    `new_per_second` bounds how many devices may come up at once: a site that powers up is told to
    come back rather than dropped (interop 6). Renewals are never refused.
    """

    default_seconds: int = 3600
    shortest_seconds: int = 60
    longest_seconds: int = 3600
    longest_behind_nat_seconds: int = 300
    spread: float = 0.1
    """Up to this share is taken off, so that phones which came up together part."""
    contacts_per_device: int = 10
    new_per_second: float = 10000.0
    retry_after_seconds: tuple[int, int] = (5, 30)


DEFAULTS: Final = RegistrarSettings()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One contact of a request: what it asks for."""

    contact: str
    uri: str
    seconds: int
    instance: str = ""
    reg_id: int = 0
    path: tuple[str, ...] = ()
    behind_nat: bool = False
    written: str = ""
    asked_seconds: int | None = None


EVERYTHING: Final = _Wanted("*", "*", 0)


class Registrar:
    """`chance` gives numbers in [0, 1), as random.random does. Times are monotonic seconds."""

    def __init__(
        self,
        gate: Gate,
        directory: Directory,
        bindings: Bindings,
        settings: RegistrarSettings = DEFAULTS,
        keepalives: KeepaliveSettings = KEEPALIVES,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._gate = gate
        self._directory = directory
        self._bindings = bindings
        self._settings = settings
        self._chance = chance
        self.keepalives = Keepalives(bindings, keepalives, chance)
        self._new_until = 0.0
        self.turned_away = 0
        """How many requests were told to come back later."""

    # -- requests --------------------------------------------------------------------------------

    def register(self, request: Request, flow: Flow, now: float) -> Response:
        """The answer to a REGISTER, once its bindings are as it says."""
        if self._crowded(now) and not self._known(request):
            return self._later(request)
        admitted = self._gate.admit(request, flow, now)
        if isinstance(admitted, Response):
            return admitted
        renewed = self._renew(admitted.device.key, request, flow, now)
        return renewed or self._update(admitted, request, flow, now)

    def _renew(
        self, device: DeviceKey, request: Request, flow: Flow, now: float
    ) -> Response | None:
        """The usual case: a phone says again what it said before, as the text of its Contact, its
        Call-ID and its CSeq show. None when it does not, or anything is out of the ordinary."""
        written = request.all("Contact")
        if len(written) != 1 or request.get("Path") is not None:
            return None
        for binding in self._bindings.of(device):
            if binding.written == written[0]:
                break
        else:
            return None
        if not binding.current or _out_of_order(binding, request):
            return None
        seconds = self._asked(binding.asked_seconds, request)
        if binding.call_id != request.call_id or seconds < self._settings.shortest_seconds:
            return None
        if binding.flow is not flow and binding.flow != flow:
            return None
        self._refresh(binding, request, self._granted(seconds, binding.behind_nat), now)
        return self._done(device, request, now)

    def _update(self, subscriber: Subscriber, request: Request, flow: Flow, now: float) -> Response:
        """Everything else: check the whole request, then do the whole of it."""
        device = subscriber.device.key
        refusal = self._refusal(subscriber, request, flow, now)
        if refusal is not None:
            return refusal
        wanted = self._wanted(request, flow)
        if isinstance(wanted, Response):
            return wanted
        changes = self._matched(device, wanted)
        if any(old is not None and _out_of_order(old, request) for _, old in changes):
            return request.reply(500, "CSeq Out Of Order")
        if not self._admits_new(device, wanted, now):
            return self._later(request)
        for want, old in changes:
            self._apply(device, want, old, request, flow, now)
        self._keep_within_limit(device, now)
        return self._done(device, request, now)

    def _refusal(
        self, subscriber: Subscriber, request: Request, flow: Flow, now: float
    ) -> Response | None:
        """403 for any address-of-record but the device's own, 420 for what we do not support."""
        own = subscriber.device.username
        if request.to.uri.user != own or request.from_.uri.user != own:
            reason = "registers for a name that is not its own"
            self._bindings.rejected(
                subscriber.device.key, self._gate.rejection(request, flow, reason), now
            )
            return request.reply(403)
        unknown = request.require - SUPPORTED
        if unknown:
            return request.reply(420, headers=[("Unsupported", ", ".join(sorted(unknown)))])
        return None

    # -- what a request wants --------------------------------------------------------------------

    def _wanted(self, request: Request, flow: Flow) -> list[_Wanted] | Response:
        """The contacts of the request; none when it only asks what there is."""
        contacts = request.contacts
        if contacts is STAR:
            return self._everything_off(request)
        if len(contacts) > self._settings.contacts_per_device:
            return request.reply(400, "Too Many Contacts")
        written = request.all("Contact")
        alone = written[0] if len(contacts) == len(written) == 1 else ""
        path = tuple(str(address) for address in request.path)
        wanted = [self._want(address, request, flow, path, alone) for address in contacts]
        if any(len(want.contact) > MAX_CONTACT for want in wanted):
            return request.reply(400, "Contact Too Long")
        if any(0 < want.seconds < self._settings.shortest_seconds for want in wanted):
            shortest = str(self._settings.shortest_seconds)
            return request.reply(423, headers=[("Min-Expires", shortest)])
        return wanted

    def _everything_off(self, request: Request) -> list[_Wanted] | Response:
        """`Contact: *` is for removing all, with Expires 0 only (RFC 3261 § 10.2.2)."""
        if request.expires != 0:
            return request.reply(400, "Contact * Wants Expires 0")
        return [EVERYTHING]

    def _want(
        self, address: Address, request: Request, flow: Flow, path: tuple[str, ...], alone: str
    ) -> _Wanted:
        asked, text = address.expires, str(address)
        return _Wanted(
            contact=_without_expiry(text) if "expires" in address.params else text,
            uri=str(address.uri),
            seconds=self._asked(asked, request),
            instance=(address.params.get("+sip.instance") or "").strip('"'),
            reg_id=_number(address.params.get("reg-id")),
            path=path,
            behind_nat=behind_nat(address.uri, flow, path),
            written=alone,
            asked_seconds=asked,
        )

    def _asked(self, parameter: int | None, request: Request) -> int:
        """The contact's own expiry, else the request's, else what we think best."""
        if parameter is not None:
            return parameter
        expires = request.expires
        return self._settings.default_seconds if expires is None else expires

    def _matched(
        self, device: DeviceKey, wanted: list[_Wanted]
    ) -> list[tuple[_Wanted, Binding | None]]:
        """Each wanted contact with the binding that it replaces, if any; no binding twice."""
        there = [b for b in self._bindings.of(device) if b.current]
        if EVERYTHING in wanted:
            return [(EVERYTHING, binding) for binding in there]
        matched: list[tuple[_Wanted, Binding | None]] = []
        for want in wanted:
            old = next((b for b in there if _same_contact(b, want)), None)
            old = old or next((b for b in there if _same_phone(b, want)), None)
            if old is not None:
                there.remove(old)
            matched.append((want, old))
        return matched

    # -- doing it --------------------------------------------------------------------------------

    def _apply(
        self,
        device: DeviceKey,
        want: _Wanted,
        old: Binding | None,
        request: Request,
        flow: Flow,
        now: float,
    ) -> None:
        """One contact. A new one comes before the old one goes, so that its device is not seen to
        come and go."""
        granted = self._granted(want.seconds, want.behind_nat) if want.seconds else 0
        if granted and old is not None and old.contact == want.contact:
            self._bindings.move(old, flow)
            old.behind_nat, old.path = want.behind_nat, want.path
            old.written, old.asked_seconds = want.written, want.asked_seconds
            self._refresh(old, request, granted, now)
            return
        if granted:
            binding = _binding(device, want, request, flow, now + granted, now)
            self._bindings.add(binding, now)
            self.keepalives.watch(binding, now)
        if old is not None:
            self._bindings.remove(old, now)

    def _refresh(self, binding: Binding, request: Request, granted: int, now: float) -> None:
        binding.call_id, binding.cseq = request.call_id, request.cseq.number
        binding.seen_at, binding.expires_at = now, now + granted
        self._bindings.refresh(binding, now)
        self.keepalives.watch(binding, now)

    def _granted(self, seconds: int, nat: bool) -> int:
        """The expiry in force: within bounds, a little less by chance (interop 6)."""
        settings = self._settings
        longest = settings.longest_behind_nat_seconds if nat else settings.longest_seconds
        seconds = min(seconds, longest)
        return max(
            seconds - int(seconds * settings.spread * self._chance()), settings.shortest_seconds
        )

    def _keep_within_limit(self, device: DeviceKey, now: float) -> None:
        """Over the limit the contact that was silent longest goes: a phone that comes up at a new
        port each time, without an instance id, must not lock itself out."""
        there = [b for b in self._bindings.of(device) if b.current]
        surplus = len(there) - self._settings.contacts_per_device
        for binding in sorted(there, key=lambda b: b.seen_at)[: max(surplus, 0)]:
            self._bindings.remove(binding, now)

    def _done(self, device: DeviceKey, request: Request, now: float) -> Response:
        """200 with every contact as its phone wrote it, and the expiry in force."""
        headers = []
        by_outbound = False
        for binding in self._bindings.of(device):
            if binding.current:
                left = max(0, round(binding.expires_at - now))
                headers.append(("Contact", f"{binding.contact};expires={left}"))
                by_outbound = by_outbound or binding.reg_id != 0
        if request.path and "path" in request.supported:
            headers += [("Path", str(address)) for address in request.path]
        if by_outbound and "outbound" in request.supported:
            headers.append(("Require", "outbound"))
        return request.reply(200, headers=headers)

    # -- overload --------------------------------------------------------------------------------

    def _crowded(self, now: float) -> bool:
        """Whether a second's worth of new devices has come up within a second."""
        return self._new_until - now > 1.0

    def _admits_new(self, device: DeviceKey, wanted: list[_Wanted], now: float) -> bool:
        """Count a device that comes up; False when there are too many at once. Only those count
        who knew their password: nobody else can keep the others out."""
        new = any(want.seconds for want in wanted)
        if not new or self._bindings.state(device) is RegistrationState.REGISTERED:
            return True
        if self._crowded(now):
            return False
        self._new_until = max(self._new_until, now) + 1 / self._settings.new_per_second
        return True

    def _known(self, request: Request) -> bool:
        """Whether this is about a device that is registered already."""
        subscriber = self._directory.subscriber(request.to.uri.user)
        if subscriber is None:
            return False
        return self._bindings.state(subscriber.device.key) is RegistrationState.REGISTERED

    def _later(self, request: Request) -> Response:
        self.turned_away += 1
        first, last = self._settings.retry_after_seconds
        seconds = first + int((last - first) * self._chance())
        return request.reply(503, headers=[("Retry-After", str(seconds))])

    # -- time and restarts -----------------------------------------------------------------------

    def next_timer(self) -> float | None:
        """When `handle_timer` and `keepalives.due` are wanted next."""
        moments = (self._bindings.next_timer(), self.keepalives.next_timer())
        return min((moment for moment in moments if moment is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """End the bindings that have expired."""
        self._bindings.handle_timer(now)

    def restore(self, stored: Iterable[StoredBinding], now: float) -> None:
        """Take back the bindings that were kept over a restart; ask the phones behind NAT soon."""
        for binding in self._bindings.restore(stored, now):
            self.keepalives.watch(binding, now)


def _same_contact(binding: Binding, want: _Wanted) -> bool:
    """Whether the two are one URI; of a phone with several flows, on one of them only."""
    if binding.uri != want.uri:
        return False
    return _same_phone(binding, want) or not (binding.reg_id and want.reg_id)


def _same_phone(binding: Binding, want: _Wanted) -> bool:
    """Whether the two are one flow of one phone, even if it came up elsewhere (RFC 5626 § 6)."""
    return bool(want.instance) and (binding.instance, binding.reg_id) == (
        want.instance,
        want.reg_id,
    )


def _out_of_order(binding: Binding, request: Request) -> bool:
    """RFC 3261 § 10.3 step 7."""
    return binding.call_id == request.call_id and request.cseq.number <= binding.cseq


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _without_expiry(text: str) -> str:
    """The Contact as its phone wrote it, but for the expiry, which is ours to say."""
    end = text.find(">") + 1
    return text[:end] + _EXPIRY.sub("", text[end:], count=1)


@lru_cache(maxsize=1024)
def _shared(names: frozenset[str]) -> frozenset[str]:
    """One copy of what thousands of phones say alike."""
    return names


def _binding(
    device: DeviceKey,
    want: _Wanted,
    request: Request,
    flow: Flow,
    expires_at: float,
    now: float,
) -> Binding:
    return Binding(
        device=device,
        contact=want.contact,
        uri=want.uri,
        flow=flow,
        call_id=request.call_id,
        cseq=request.cseq.number,
        registered_at=now,
        expires_at=expires_at,
        instance=want.instance,
        reg_id=want.reg_id,
        path=want.path,
        # The same few names for thousands of phones.
        user_agent=intern((request.get("User-Agent") or "")[:MAX_USER_AGENT]),
        supports=_shared(request.supported),
        behind_nat=want.behind_nat,
        written=want.written,
        asked_seconds=want.asked_seconds,
        seen_at=now,
    )
