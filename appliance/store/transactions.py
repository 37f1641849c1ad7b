"""One change of box.db: done whole, or not at all, with its audit row, in the writer's thread.

What the change means for memory (the snapshot that calls read) and for listeners is collected while
it is made and happens after the commit, in the event loop, before whoever asked is answered.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import apsw
from peewee import SqliteDatabase as Database

from appliance.store.database import connection
from appliance.store.keys import KeyRing
from appliance.store.snapshot import Snapshot

Swap = Callable[[Snapshot], None]


@dataclass(slots=True)
class Transaction:
    """`now` is the moment of the change, in UTC; `realm` the box's digest realm."""

    database: Database
    keys: KeyRing
    now: datetime
    realm: str
    swaps: list[Swap] = field(default_factory=list)
    events: list[object] = field(default_factory=list)

    @property
    def file(self) -> apsw.Connection:
        """APSW's own connection, for what is asked often."""
        return connection(self.database)

    def swap(self, swap: Swap) -> None:
        """Have the snapshot changed so, once this is committed."""
        self.swaps.append(swap)

    def tell(self, event: object) -> None:
        """Publish the event, once this is committed."""
        self.events.append(event)
