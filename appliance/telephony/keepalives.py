"""Keep-alives: OPTIONS to UDP phones behind NAT, so that the way to them stays open (interop 4) and
one that is gone is known to be. The switch sends them; this says to whom and when.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from appliance.model.devices import DeviceKey
from appliance.telephony.binding import Binding, Contact, Reach, contact
from appliance.telephony.bindings import Bindings
from appliance.telephony.wheel import Wheel


@dataclass(frozen=True, slots=True)
class KeepaliveSettings:
    """`seconds` between two; after `unanswered` in a row a phone is unreachable."""

    seconds: float = 30.0
    unanswered: int = 3


KEEPALIVES: Final = KeepaliveSettings()


@dataclass(frozen=True, slots=True)
class Keepalive:
    """An OPTIONS to send; tell `Keepalives` what became of it."""

    device: DeviceKey
    contact: Contact
    binding: Binding = field(repr=False)


class Keepalives:
    """`chance` gives numbers in [0, 1)."""

    def __init__(
        self, bindings: Bindings, settings: KeepaliveSettings, chance: Callable[[], float]
    ) -> None:
        self._bindings = bindings
        self._settings = settings
        self._chance = chance
        self._wheel: Wheel[Binding] = Wheel()

    def watch(self, binding: Binding, now: float) -> None:
        """Ask the phone from now on, if it is behind NAT; not all at one moment."""
        if binding.behind_nat:
            self._wheel.wake(binding, now + self._settings.seconds * (1 - self._chance() / 2))

    def due(self, now: float) -> list[Keepalive]:
        """To whom an OPTIONS is due now. A phone that has fallen silent is asked on."""
        due = []
        for binding in self._wheel.due(now):
            if binding.current and binding.behind_nat:
                self._wheel.wake(binding, now + self._settings.seconds)
                due.append(Keepalive(binding.device, contact(binding), binding))
        return due

    def next_timer(self) -> float | None:
        """When `due` is wanted next."""
        return self._wheel.next()

    def answered(self, keepalive: Keepalive, now: float) -> None:
        """Any final response, whatever its status: the phone is there."""
        binding = keepalive.binding
        binding.seen_at, binding.unanswered = now, 0
        if binding.reach is Reach.SILENT:
            self._bindings.reached(binding)

    def lost(self, keepalive: Keepalive) -> None:
        """The OPTIONS timed out, or could not be sent."""
        binding = keepalive.binding
        binding.unanswered += 1
        if binding.unanswered >= self._settings.unanswered:
            self._bindings.fell_silent(binding)
