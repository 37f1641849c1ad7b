"""What a running box tells of itself, and does for its own command line (manual § 22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.model.blocks import Block
from appliance.model.registrations import Registration
from appliance.web.metrics import Metric

if TYPE_CHECKING:
    from appliance.main import Box


class Operations:
    """Reads the parts of a box; everything here answers from memory."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def health(self) -> Mapping[str, object]:
        """What anybody may know: that the box is up."""
        return {"status": "ok", "version": __version__}

    def status(self) -> Mapping[str, object]:
        """The components of manual § 22.4, and the figures behind them."""
        box = self._box
        return {
            **self.health(),
            "seconds_up": round(box.clock.now() - box.started_at, 1),
            "edge": {
                "devices_registered": box.bindings.registered,
                "blocks": len(box.blocks.list()),
                "turned_away": box.registrar.turned_away,
                **asdict(box.gate.counters),
                "transport": box.driver.counters(),
            },
            "switch": {"calls": len(box.exchange.calls), **asdict(box.equipment.counters)},
            "media": {"scheduling": box.media.scheduling, **asdict(box.media.totals())},
            "ports": asdict(box.ready()),
        }

    def registrations(self) -> Sequence[Registration]:
        """Every device of the box as it stands now, in the order in which they were made."""
        side = self._box.side
        return [side.registration_of(s) for s in self._box.store.snapshot.subscribers()]

    def blocks(self) -> Sequence[Block]:
        return self._box.blocks.list()

    def unblock(self, username: str, address: str) -> int:
        """Lift the blocks of that name and that address, either of them empty for any."""
        return self._box.blocks.lift_all(username, address)

    def metrics(self) -> Iterable[Metric]:
        """The same figures for Prometheus; a counter's name ends in `_total`."""
        box = self._box
        totals = asdict(box.media.totals())
        yield Metric.gauge("byondvoice_calls", "Calls in progress.", len(box.exchange.calls))
        yield Metric.gauge(
            "byondvoice_devices_registered", "Devices registered.", box.bindings.registered
        )
        yield Metric.gauge("byondvoice_blocks", "Blocks in force.", len(box.blocks.list()))
        for name, value in asdict(box.equipment.counters).items():
            yield Metric.counter(f"byondvoice_calls_{name}_total", f"Calls: {name}.", value)
        for name, value in asdict(box.gate.counters).items():
            yield Metric.counter(f"byondvoice_requests_{name}_total", f"Requests: {name}.", value)
        for name, value in box.driver.counters().items():
            yield Metric.gauge(f"byondvoice_sip_{name}", f"SIP transport: {name}.", value)
        for name, value in totals.items():
            yield Metric.gauge(f"byondvoice_media_{name}", f"Media core: {name}.", value)
