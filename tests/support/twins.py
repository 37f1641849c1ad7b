"""A box of look-alikes: resellers and tenants with the same numbers, names and usernames, real
logins for everybody, real keys, and in each tenant and reseller a word that nobody outside may ever
read.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import httpx2
from starlette.applications import Starlette

from appliance.clock import Clock
from appliance.control import api_keys, api_settings, devices, extensions, logins, policy, webhooks
from appliance.control.api_keys import NewApiKey
from appliance.control.api_settings import ApiSettings
from appliance.control.caller import SYSTEM, Right
from appliance.control.changes import Change
from appliance.control.devices import Wanted
from appliance.control.hashing import hashed
from appliance.control.live import BoxFacts, Live
from appliance.control.logins import Whereabouts
from appliance.control.webhooks import NewWebhook
from appliance.control_plane import ControlPlane
from appliance.events import Events
from appliance.model.accounts import Account, AccountKey, AccountStatus, Link, LinkRole, Tier
from appliance.model.bindings import RegistrationState
from appliance.model.blocks import Block
from appliance.model.calls import CallRecord, Disposition, LegRecord
from appliance.model.devices import DeviceKey, DeviceType
from appliance.model.policy import Policy
from appliance.model.registrations import Registration
from appliance.model.resellers import Reseller, ResellerKey
from appliance.model.tenants import Tenant, TenantKey
from appliance.store import Store, accounts, credentials, rows
from appliance.store.rows import NewExtension

RESELLERS: Final = ("nimbus", "orion")
TENANTS: Final[Mapping[str, str | None]] = {
    "acme": "nimbus",
    "zephyr": "nimbus",
    "globex": "orion",
    "helios": None,
    "frozen": None,
}
"""By slug its reseller. All of them are called the same."""
NUMBERS: Final = {"1001": "Alice Tan", "1002": "Ben Ong", "1003": "Carmen Lim"}
USERS: Final = {"alice.tan": "1001", "ben.ong": "1002"}
NUMBER_OF_THE_WORD: Final = "1009"
PASSWORD: Final = "violet tractor 81 under snow"


def word_of(place: str) -> str:
    """What is written in some names of a tenant (its slug) or reseller (its code), and nowhere
    else."""
    return f"zq{hashlib.sha256(place.encode()).hexdigest()[:12]}"


class Phones:
    """Fills Edge and Switchboard: every desk phone is registered and blocked from somewhere, every
    tenant has a call in progress."""

    def __init__(self) -> None:
        self.store: Store | None = None
        self.going_on: list[CallRecord] = []
        self.lifted: set[tuple[str, str]] = set()

    def registration(self, device: DeviceKey) -> Registration | None:
        known = self.store.snapshot.device(device) if self.store else None
        if known is None:
            return None
        return Registration(
            known.tenant.slug,
            known.extension.number,
            known.device.username,
            known.device.type.value,
            RegistrationState.REGISTERED,
            user_agent=f"Phone of {word_of(known.tenant.slug)}",
        )

    def states(self) -> Mapping[DeviceKey, RegistrationState]:
        known = self.store.snapshot.subscribers() if self.store else ()
        return {one.device.key: RegistrationState.REGISTERED for one in known}

    def blocks(self) -> Sequence[Block]:
        known = self.store.snapshot.subscribers() if self.store else ()
        moment = datetime.fromisoformat("2026-11-23T11:00:00+00:00")
        return [
            Block(one.device.username, "198.51.100.9", "wrong password", moment) for one in known
        ]

    def calls(self, tenant: TenantKey | None = None) -> Sequence[CallRecord]:
        return [one for one in self.going_on if tenant in (None, one.tenant)]

    def count(self, tenant: TenantKey | None = None) -> int:
        return len(self.calls(tenant))


class Twins:
    """`async with Twins.made(store, clock) as twins`. `tokens`: `platform`, `reseller:nimbus`,
    `tenant:acme`, `user:acme`, and what tests add. Everybody's password is PASSWORD."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.events = Events()
        self.phones = Phones()
        self.phones.store = store
        facts = BoxFacts(
            "ByondVoice", "1.0.0", "2026.06", "192.0.2.1", lambda: {"sips": 5061, "https": 443}
        )
        self.plane = ControlPlane(
            store, clock, self.events, Live(self.phones, self.phones, tuple, facts)
        )
        self.control = self.plane.control
        self.identity = self.plane.people.identity
        self.feed = self.plane.feed
        self.tokens: dict[str, str] = {}
        self.ids: dict[tuple[str, str], str] = {}
        """By noun (`key`, `webhook`, `call`) and whose it is."""
        self.accounts: dict[str, Account] = {}

    @classmethod
    @asynccontextmanager
    async def made(cls, store: Store, clock: Clock) -> AsyncIterator["Twins"]:
        twins = cls(store, clock)
        await twins.control.change(SYSTEM, twins._populate)
        async with AsyncExitStack() as parts:
            await twins.plane.start(parts)
            for name, account in twins.accounts.items():
                await twins.sign_in(name, account)
            for slug in TENANTS:
                twins._call(slug)
            await store.calls.flush()
            yield twins

    # -- who asks --------------------------------------------------------------------------------

    async def sign_in(self, name: str, account: Account) -> None:
        """A login for the account, whose token goes by that name."""
        where = Whereabouts("192.0.2.7", "a browser")
        begun = await logins.begin(self.identity, account, where, "none")
        self.tokens[name] = begun.granted.token

    async def key(self, whose: str, *rights: Right, expires_at: datetime | None = None) -> str:
        """The secret of a key of `platform`, `reseller:nimbus` or `tenant:acme`."""
        tier, _, place = whose.partition(":")
        new = NewApiKey(
            "A key of a test",
            rights,
            tier,
            place if tier == "reseller" else "",
            place if tier == "tenant" else "",
            expires_at,
        )
        made = await self.control.change(SYSTEM, lambda change: api_keys.create(change, new))
        return made.secret

    def app(self) -> Starlette:
        return Starlette(routes=list(self.plane.routes()))

    def as_(self, name: str) -> "Asking":
        """A client with the token of that name, or with `name` itself for a token."""
        return Asking(self.app(), self.tokens.get(name, name))

    # -- what there is ---------------------------------------------------------------------------

    def tenant(self, slug: str) -> Tenant:
        return next(one for one in self.store.snapshot.tenants() if one.slug == slug)

    def _populate(self, change: Change) -> None:
        api_settings.save(change, ApiSettings(requests_per_minute=1_000_000))
        policy.save_floor(change, Policy(admin_second_factor=False))
        self._operator(change, "platform", "sara.alvarez", None)
        self._operator(change, "platform:2", "sven.berg", None)
        for code in RESELLERS:
            self._reseller(change, code)
        for code in ("vacant", "hollow"):
            self._bare_reseller(change, code)
        for slug, owner in TENANTS.items():
            self._tenant(change, slug, owner)

    def _bare_reseller(self, change: Change, code: str) -> Reseller:
        new = Reseller(ResellerKey(0), code.upper(), "Partner", f"ops@{word_of(code)}.example")
        made = rows.insert_reseller(change.database, new, change.now)
        change.transaction.swap(lambda snapshot: snapshot.put_reseller(made))
        change.record("reseller", "Created reseller", "reseller Partner", reseller=made)
        return made

    def _reseller(self, change: Change, code: str) -> None:
        made = self._bare_reseller(change, code)
        self._operator(change, f"reseller:{code}", f"{code}.lead", made)
        self._operator(change, f"reseller:{code}:ops", f"{code}.ops", made)
        self._operator(change, f"reseller:{code}:desk", f"{code}.desk", made)
        self._bare_key(change, f"reseller:{code}", "reseller", code, "")

    def _operator(
        self, change: Change, name: str, username: str, reseller: Reseller | None
    ) -> None:
        tier = Tier.RESELLER if reseller else Tier.PLATFORM
        word = word_of(reseller.code.lower() if reseller else "platform")
        new = Account(
            AccountKey(0),
            tier,
            username,
            f"Operator {word}",
            f"{username}@{word}.example",
            AccountStatus.ACTIVE,
            reseller=reseller.key if reseller else None,
        )
        self._account(change, name, new)

    def _account(self, change: Change, name: str, new: Account) -> None:
        made = accounts.insert(change.transaction, new)
        self.accounts[name] = credentials.put_password(
            change.transaction, made.key, _hash(), temporary=False
        )

    def _tenant(self, change: Change, slug: str, code: str | None) -> None:
        reseller = rows.reseller_by_code(change.database, code) if code else None
        new = Tenant(TenantKey(0), slug, "Customer", reseller=reseller.key if reseller else None)
        made = rows.insert_tenant(change.database, new, change.now)
        change.transaction.swap(lambda snapshot: snapshot.put_tenant(made))
        change.record("tenant", "Created tenant", "tenant Customer", tenant=made)
        word = word_of(slug)
        for number, name in {**NUMBERS, NUMBER_OF_THE_WORD: f"Word {word}"}.items():
            extensions.create(change, slug, NewExtension(number, name))
            devices.create(change, slug, number, Wanted(DeviceType.DESK, f"Phone {name}"))
        self._people(change, made, word)
        self._bare_key(change, f"tenant:{slug}", "tenant", "", slug)

    def _people(self, change: Change, tenant: Tenant, word: str) -> None:
        slug = tenant.slug
        lines = rows.load_extensions(change.database, "WHERE tenant_id = ?", tenant.key)
        by_number = {line.number: line.key for line in lines}
        for username, number in USERS.items():
            new = Account(
                *(AccountKey(0), Tier.USER, username, NUMBERS[number]),
                *(f"{username}@example.com", AccountStatus.ACTIVE),
                tenant=tenant.key,
                links=(Link(by_number[number], LinkRole.PRIMARY),),
            )
            name = f"user:{slug}" if username == "alice.tan" else f"user:{slug}:2"
            self._account(change, name, new)
        owner = Account(
            *(AccountKey(0), Tier.TENANT, slug, f"Owner {word}", f"owner@{word}.example"),
            *(AccountStatus.ACTIVE, None, tenant.key),
            owner=True,
        )
        self._account(change, f"tenant:{slug}", owner)

    def _bare_key(self, change: Change, name: str, tier: str, code: str, slug: str) -> None:
        new = NewApiKey(f"Key {word_of(code or slug)}", [Right.PBX_READ], tier, code, slug)
        self.ids["key", name] = api_keys.create(change, new).key.public_id
        url = f"https://{word_of(code or slug)}.example/"
        hook = NewWebhook(url, ["call.completed"], "Hook", tier, code, slug)
        self.ids["webhook", name] = webhooks.create(change, hook, ApiSettings()).webhook.public_id

    def _call(self, slug: str) -> None:
        """A call that is over, and one that goes on."""
        tenant, now = self.tenant(slug), self.clock.wall()
        for position, over in enumerate((True, False)):
            key = hashlib.sha256(f"{slug} {position}".encode()).hexdigest()[:32]
            leg = LegRecord(
                *("in", "1001", None, "1001-desk", "192.0.2.7:5060", "udp"),
                *(f"Phone of {word_of(slug)}", "200 OK"),
            )
            record = CallRecord(
                *(key, tenant.key, "1001", f"Alice {word_of(slug)}", "1002", now),
                ended_at=now + timedelta(seconds=9) if over else None,
                disposition=Disposition.ANSWERED if over else None,
                legs=(leg,),
            )
            self.store.calls.begin(record)
            if over:
                self.store.calls.finish(record)
                self.ids["call", f"tenant:{slug}"] = f"cdr_{key}"
            else:
                self.phones.going_on.append(record)


@cache
def _hash() -> str:
    return hashed(PASSWORD)


class Asking:
    """`answer = await twins.as_("tenant:acme").ask("GET", "/v1/…", body)`"""

    def __init__(self, app: Starlette, token: str, address: str = "192.0.2.7") -> None:
        transport = httpx2.ASGITransport(app=app, client=(address, 50_000))
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx2.AsyncClient(
            transport=transport, base_url="https://box.example", headers=headers
        )

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        return await self._client.request(
            method, path, json=body, params=dict(query) if query else None, headers=headers
        )

    async def send(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """With a body as it is, byte by byte."""
        return await self._client.request(method, path, content=content, headers=headers)
