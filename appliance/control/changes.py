"""How anything is changed: one order, one place, shared by every noun.

    scope       the caller enters the tenant or reseller that it names (`scope.py`)
    rule        what is asked for is checked, field by field
    cap         what there is already is counted, within the same transaction
    write       all of it, or nothing
    audit       a row in the chain; a change without one is undone
    version     the configuration's number goes up
    event       listeners hear of it after the commit, when the snapshot that calls read has it

A noun's module has functions that take a `Change` and do the first four; this does the others.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeVar

from appliance.clock import Clock
from appliance.control import audit, scope
from appliance.control.audit import AuditEntry
from appliance.control.caller import Caller
from appliance.events import Events
from appliance.model.resellers import Reseller, ResellerKey
from appliance.model.tenants import Tenant, TenantKey
from appliance.store import Store
from appliance.store.database import Database
from appliance.store.transactions import Transaction

T = TypeVar("T")

VERSION: Final = "configuration_version"

ALSO: Final[ContextVar[Callable[[Transaction], None] | None]] = ContextVar("also", default=None)
"""What belongs to each change made in this context besides: the claim of an Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Something was changed: `noun` of `target`, in this tenant or of this reseller."""

    noun: str
    target: str
    version: int
    tenant: TenantKey | None = None
    reseller: ResellerKey | None = None


class Change:
    """A change that is being made: the caller, the transaction, and what it leaves in the log."""

    def __init__(self, caller: Caller, transaction: Transaction) -> None:
        self.caller = caller
        self.transaction = transaction
        self.database = transaction.database
        self.file = transaction.file
        self.now = transaction.now
        self._recorded = 0

    def tenant(self, slug: str) -> Tenant:
        """Enter the tenant. Raises Forbidden, NotFound."""
        return scope.enter_tenant(self.caller, self.database, slug)

    def reseller(self, code: str) -> Reseller:
        """Enter the reseller. Raises Forbidden, NotFound."""
        return scope.enter_reseller(self.caller, self.database, code)

    def record(
        self,
        noun: str,
        action: str,
        target: str,
        *,
        tenant: Tenant | None = None,
        reseller: Reseller | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Put the audit row, and have listeners told. `action` is in the manual's grammar:
        `Rotated SIP secret`; `target` its object: `device 1001-web`."""
        self._recorded += 1
        of_reseller = reseller.key if reseller else tenant.reseller if tenant else None
        where = (
            f"tenant {tenant.name}" if tenant else f"reseller {reseller.name}" if reseller else ""
        )
        entry = AuditEntry(
            self.now,
            self.caller.label,
            action,
            target,
            where or "platform",
            of_reseller,
            tenant.key if tenant else None,
            self.caller.address,
            detail or {},
        )
        audit.append(self.database, entry)
        version = self._next_version()
        key = tenant.key if tenant else None
        self.transaction.tell(Changed(noun, target, version, key, of_reseller))

    def finish(self) -> None:
        """Raises RuntimeError where nothing was recorded: nothing is changed unseen."""
        if not self._recorded:
            raise RuntimeError("a change without an audit row")

    def _next_version(self) -> int:
        self.file.execute(
            "INSERT INTO box_settings (name, value) VALUES (?, '1')"
            " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
            (VERSION,),
        )
        return int(
            self.file.execute("SELECT value FROM box_settings WHERE name = ?", (VERSION,)).get
        )


class Control:
    """What operators and users may do. The API, the command line and the demo all go through it."""

    def __init__(self, store: Store, clock: Clock, events: Events) -> None:
        self.store = store
        self.clock = clock
        self.events = events
        self.besides: list[Callable[[Transaction], None]] = []
        """What else is done with every change, in the writer's thread, once it is made."""

    async def change(self, caller: Caller, make: Callable[[Change], T]) -> T:
        """Make a change; answered once calls see it. Raises Refused, and nothing is changed."""

        also = ALSO.get()

        def work(transaction: Transaction) -> T:
            change = Change(caller, transaction)
            result = make(change)
            change.finish()
            for work_besides in (*self.besides, *([also] if also else [])):
                work_besides(transaction)
            return result

        return await self.store.change(work, self.clock.wall(), self.events.publish)

    async def read(self, ask: Callable[[Database], T]) -> T:
        """What `ask` finds in box.db; it applies the caller's scope itself."""
        return await self.store.readers.run(ask)

    async def read_records(self, ask: Callable[[Database], T]) -> T:
        """What `ask` finds in records.db."""
        return await self.store.record_readers.run(ask)
