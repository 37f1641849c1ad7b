"""News within the box: what happened, told to whoever listens, in the event loop and in order.

An event is a frozen dataclass; its class is its topic. A listener that breaks costs its own news.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)

E = TypeVar("E")


class Events:
    """For the event loop's thread alone. Listeners return at once: who has work queues it."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[..., None]]] = {}

    def listen(self, topic: type[E], listener: Callable[[E], None]) -> Callable[[], None]:
        """Hear every event of that class from now on; what comes back ends it."""
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def publish(self, event: object) -> None:
        for listener in list(self._listeners.get(type(event), ())):
            try:
                listener(event)
            except Exception:
                log.exception("news not taken: %s", type(event).__name__)
