"""The API over a real store, without a box around it: two resellers and four tenants, a token for
everybody, and a client that speaks HTTP to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx2
from starlette.applications import Starlette

from appliance.clock import Clock
from appliance.control.api_keys import ApiKeys
from appliance.control.caller import Caller
from appliance.control.changes import Change, Control
from appliance.control.errors import NotAuthenticated
from appliance.control.first_answers import FirstAnswers
from appliance.control.live import BoxFacts, Live
from appliance.events import Events
from appliance.model.accounts import Tier
from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.calls import CallRecord
from appliance.model.devices import DeviceKey
from appliance.model.registrations import Registration
from appliance.model.resellers import Reseller, ResellerKey
from appliance.model.tenants import Tenant, TenantKey
from appliance.store import Store, rows
from appliance.store.database import connection
from appliance.web.api.families import OPERATIONS
from appliance.web.api.operation import Operation
from appliance.web.api.rates import TokenBuckets
from appliance.web.api.serving import Api

RESELLERS: Final = {"nimbus": "Nimbus Telecom", "orion": "Orion Voice"}
TENANTS: Final = {"acme": "nimbus", "zephyr": "nimbus", "globex": "orion", "helios": None}
"""By slug its reseller."""


class NoPhones:
    """Fills Edge and Switchboard where nothing registers and nobody calls."""

    def registration(self, device: DeviceKey) -> Registration | None:
        return None

    def states(self) -> Mapping[DeviceKey, RegistrationState]:
        return {}

    def blocks(self) -> Sequence[Block]:
        return ()

    def calls(self, tenant: TenantKey | None = None) -> Sequence[CallRecord]:
        return ()

    def count(self, tenant: TenantKey | None = None) -> int:
        return 0


def quiet_box() -> Live:
    facts = BoxFacts("ByondVoice", "1.0.0", "2026.06", "192.0.2.1", dict)
    return Live(NoPhones(), NoPhones(), tuple, facts)


class People:
    """Fills Identity: `platform`, `reseller:nimbus`, `tenant:acme`, `user:acme` are tokens; keys
    are asked for themselves."""

    def __init__(self, keys: ApiKeys) -> None:
        self.keys = keys
        self.known: dict[str, Caller] = {
            "platform": Caller(Tier.PLATFORM, "login:platform", "platform-admin (SA)")
        }

    def caller(self, token: str, address: str) -> Caller:
        found = self.known.get(token) or self.keys.caller(token, address)
        if found is None:
            raise NotAuthenticated("Missing or invalid token.")
        return replace(found, address=address)


class World:
    """Made by `await World.made(store, clock)`."""

    def __init__(self, store: Store, clock: Clock, operations: Sequence[Operation]) -> None:
        self.store = store
        self.clock = clock
        self.events = Events()
        self.told: list[object] = []
        self.control = Control(store, clock, self.events)
        self.keys = ApiKeys(self.control)
        self.people = People(self.keys)
        self.rates = TokenBuckets(clock.now, lambda: self.per_minute)
        self.per_minute = 60_000
        self.parts: list[object] = [self.keys, quiet_box()]
        self.operations = operations
        self.tenants: dict[str, Tenant] = {}
        self.resellers: dict[str, Reseller] = {}

    @classmethod
    async def made(
        cls, store: Store, clock: Clock, operations: Sequence[Operation] = OPERATIONS
    ) -> "World":
        world = cls(store, clock, operations)
        await world.control.change(world.people.known["platform"], world._populate)
        await world.keys.load()
        return world

    def _populate(self, change: Change) -> None:
        for code, name in RESELLERS.items():
            new = Reseller(ResellerKey(0), code.upper(), name, f"ops@{code}.example")
            made = self.resellers[code] = rows.insert_reseller(change.database, new, change.now)
            self._login(f"reseller:{code}", Tier.RESELLER, f"reseller · {name}", made.key, None)
        for slug, owner in TENANTS.items():
            of = self.resellers[owner].key if owner else None
            new_tenant = Tenant(TenantKey(0), slug, slug.title(), reseller=of)
            tenant = rows.insert_tenant(change.database, new_tenant, change.now)
            self.tenants[slug] = tenant
            self._login(f"tenant:{slug}", Tier.TENANT, f"tenant-admin · {slug}", None, tenant.key)
            self._login(f"user:{slug}", Tier.USER, f"user · {slug}", None, tenant.key)
        for one in self.resellers.values():
            change.transaction.swap(lambda snapshot, one=one: snapshot.put_reseller(one))  # type: ignore[misc]
        for each in self.tenants.values():
            change.transaction.swap(lambda snapshot, each=each: snapshot.put_tenant(each))  # type: ignore[misc]
        change.record("tenant", "Created tenants", f"{len(self.tenants)} tenants")

    def _login(
        self,
        name: str,
        tier: Tier,
        label: str,
        reseller: ResellerKey | None,
        tenant: TenantKey | None,
    ) -> None:
        self.people.known[name] = Caller(
            tier, f"login:{name}", label, reseller=reseller, tenant=tenant
        )

    async def put_tenant(self, tenant: Tenant) -> None:
        """Have it stand so, as if by a change of it."""

        def put(change: Change) -> None:
            rows.update_tenant(change.database, tenant)
            change.transaction.swap(lambda snapshot: snapshot.put_tenant(tenant))
            change.record("tenant", "Changed tenant", tenant.slug, tenant=tenant)

        await self.control.change(self.people.known["platform"], put)

    async def put_reseller(self, reseller: Reseller) -> None:
        def put(change: Change) -> None:
            rows.update_reseller(change.database, reseller)
            change.transaction.swap(lambda snapshot: snapshot.put_reseller(reseller))
            change.record("reseller", "Changed reseller", reseller.code, reseller=reseller)

        await self.control.change(self.people.known["platform"], put)

    def app(self) -> Starlette:
        api = Api(
            self.control,
            self.people,
            self.rates,
            FirstAnswers(self.control),
            self.operations,
            self.parts,
        )
        return Starlette(routes=api.routes())

    def as_(self, token: str, address: str = "192.0.2.7") -> "Asking":
        """A client that bears this token; "" bears none."""
        return Asking(self.app(), token, address)

    async def actions(self) -> list[tuple[str, str, str]]:
        """Actor, action and target of the audit log, the oldest first."""
        query = "SELECT actor, action, target FROM audit ORDER BY number"
        return await self.store.readers.run(
            lambda database: list(connection(database).execute(query))
        )


class Asking:
    """`answer = await world.as_("tenant:acme").get("/v1/…")`"""

    def __init__(self, app: Starlette, token: str, address: str) -> None:
        transport = httpx2.ASGITransport(app=app, client=(address, 50_000))
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx2.AsyncClient(
            transport=transport, base_url="https://box.example", headers=headers
        )

    async def get(self, path: str, **params: Any) -> httpx2.Response:
        return await self._client.get(path, params=params or None)

    async def post(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        return await self._client.post(path, json=body, headers=headers)

    async def put(self, path: str, body: object) -> httpx2.Response:
        return await self._client.put(path, json=body)

    async def patch(
        self, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        return await self._client.patch(path, json=body, headers=headers)

    async def delete(self, path: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        return await self._client.delete(path, headers=headers)
