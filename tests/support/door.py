"""A world whose people really sign in: accounts with passwords, a browser that keeps cookies."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import httpx2
from starlette.applications import Starlette

from appliance.control import passwords
from appliance.control.caller import SYSTEM
from appliance.control.changes import Change
from appliance.control.door import Door
from appliance.control.hashing import hashed
from appliance.control.passwords import NewPassword
from appliance.model.accounts import Account, AccountKey, AccountStatus, Link, LinkRole, Tier
from appliance.model.policy import Policy
from appliance.store import accounts, policies, rows
from appliance.store.database import connection
from appliance.store.mails import facts
from appliance.store.rows import NewExtension
from appliance.web.api.serving import Api, FirstAnswers
from tests.support.api import World

PASSWORDS: Final = {
    "sara": "glacier-Tandem-41-quilt",
    "nimbus.ops": "harbour-Violin-87-maple",
    "acme": "lantern-Orchid-52-canyon",
    "helios": "saffron-Beacon-19-willow",
    "alice.tan": "meadow-Copper-73-falcon",
    "zoe": "thunder-Pebble-64-ivory",
}
NEW: Final = "ribbon-Walnut-28-comet"
"""A password that the policy lets through and nobody has."""

PAGE: Final = {"x-requested-with": "tests", "origin": "https://box.example"}


@dataclass(frozen=True, slots=True)
class Signing:
    """The world, its door, and the key of each account by name."""

    world: World
    door: Door
    keys: dict[str, AccountKey]

    @classmethod
    async def made(cls, world: World, *, people: bool = True) -> "Signing":
        """Nobody needs a second factor at first. `people` False: nobody is there."""
        door = Door.built(world.control, "ByondVoice", bytes(32), world.keys.caller)
        await door.identity.load()
        world.parts.extend(door.parts)
        signing = cls(world, door, {})
        if not people:
            return signing
        await world.control.change(SYSTEM, signing._populate)
        await signing.policy(Policy(admin_second_factor=False))
        return signing

    def _populate(self, change: Change) -> None:
        acme, helios = self.world.tenants["acme"].key, self.world.tenants["helios"].key
        (line,) = rows.insert_extensions(change.database, acme, [NewExtension("1001", "Alice Tan")])
        change.transaction.swap(lambda snapshot: snapshot.put_extensions([line]))
        nimbus = self.world.resellers["nimbus"].key
        for account in (
            _account("sara", Tier.PLATFORM, "Sara Alvarez"),
            replace(_account("nimbus.ops", Tier.RESELLER, "Noor Khan"), reseller=nimbus),
            replace(_account("acme", Tier.TENANT, "Ben Ong"), tenant=acme, owner=True),
            replace(_account("helios", Tier.TENANT, "Hugo Weber"), tenant=helios, owner=True),
            replace(
                _account("alice.tan", Tier.USER, "Alice Tan"),
                tenant=acme,
                links=(Link(line.key, LinkRole.PRIMARY),),
            ),
            replace(_account("zoe", Tier.USER, "Zoe A"), tenant=acme),
            replace(_account("zoe", Tier.USER, "Zoe H"), tenant=helios),
        ):
            made = accounts.insert(change.transaction, account)
            passwords.put(change, made, NewPassword(_hash(account.username)))
            self.keys.setdefault(account.username, made.key)

    async def policy(self, policy: Policy) -> None:
        def put(change: Change) -> None:
            policies.put(change.transaction, policies.FLOOR, policy)
            change.record("policy", "Saved policy", "security policy")

        await self.world.control.change(SYSTEM, put)

    def account(self, name: str) -> Account:
        found = self.door.identity.account(self.keys[name])
        assert found is not None
        return found

    async def put(self, account: Account) -> None:
        def put(change: Change) -> None:
            accounts.update(change.transaction, account)
            change.record("user", "Changed user", account.username)

        await self.world.control.change(SYSTEM, put)

    def browser(self, address: str = "192.0.2.7", scheme: str = "https") -> "Browser":
        api = Api(
            self.world.control,
            self.door.identity,
            self.world.rates,
            _NoFirstAnswers(),
            self.world.operations,
            self.world.parts,
        )
        return Browser(Starlette(routes=api.routes()), address, scheme)

    async def mails(self, kind: str) -> list[dict[str, Any]]:
        """What mails of that kind say, the oldest first, with their `recipient`."""
        await self.door.followups.settle()

        def ask(change: Change) -> list[dict[str, Any]]:
            query = "SELECT key, recipient FROM mails WHERE kind = ? ORDER BY key"
            found = list(connection(change.database).execute(query, (kind,)))
            change.record("mail", "Read mail", kind)
            keys = change.transaction.keys
            return [
                {"recipient": recipient, **facts(change.database, keys, key)}
                for key, recipient in found
            ]

        return await self.world.control.change(SYSTEM, ask)

    async def actions(self) -> list[str]:
        await self.door.followups.settle()
        return [f"{action}: {target}" for _, action, target in await self.world.actions()]


class _NoFirstAnswers(FirstAnswers):
    async def once(self, caller: Any, key: Any, fingerprint: Any, do: Any) -> Any:
        return await do()


class Browser:
    """One page: it keeps its cookies and, once signed in, its token."""

    def __init__(self, app: Any, address: str, scheme: str) -> None:
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app, client=(address, 50_000)),
            base_url=f"{scheme}://box.example",
            headers={"user-agent": "Firefox"},
        )

    async def sign_in(self, username: str, password: str = "", **more: str) -> httpx2.Response:
        body = {"username": username, "password": password or PASSWORDS[username], **more}
        return self._keep(await self.http.post("/v1/login", json=body))

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        return self._keep(await self.http.post(path, json=body, headers=PAGE))

    async def put(self, path: str, **body: Any) -> httpx2.Response:
        return await self.http.put(path, json=body)

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path)

    async def delete(self, path: str) -> httpx2.Response:
        return await self.http.delete(path)

    def _keep(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.status_code == 200 and "token" in answer.json():
            self.http.headers["authorization"] = f"Bearer {answer.json()['token']}"
        return answer


@cache
def _hash(username: str) -> str:
    """Once for all tests: it is slow on purpose."""
    return hashed(PASSWORDS[username])


def _account(username: str, tier: Tier, name: str) -> Account:
    email = f"{username}@people.example"
    return Account(AccountKey(0), tier, username, name, email, AccountStatus.INVITED)
