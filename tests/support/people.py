"""People over a test's world: passwords that are chosen, a caller for an account, mails to them."""

from datetime import timedelta
from functools import cache

from appliance.control.account_audit import caller
from appliance.control.caller import Caller
from appliance.control.hashing import Hashing
from appliance.control.identity import Identity
from appliance.control.passwords import Passwords
from appliance.model.accounts import Account
from appliance.model.logins import Login
from appliance.store import accounts, logins
from appliance.store.database import Database, connection
from appliance.store.transactions import Transaction
from tests.support.api import World

GOOD = "plum-otter-Kayak-93"
"""A password that the policy lets through."""


@cache
def hashing() -> Hashing:
    """One pool for every test."""
    return Hashing()


async def give_passwords(world: World) -> Identity:
    """Have the world's API choose passwords; who is known then."""
    identity = Identity(world.control, bytes(32))
    await identity.load()
    world.parts.append(Passwords(identity, hashing()))
    return identity


async def account_of(world: World, tenant: str, username: str) -> Account:
    """A login of a tenant; of no tenant for ""."""

    def ask(database: Database) -> Account | None:
        if not tenant:
            return accounts.operator_named(database, username)
        (key,) = connection(database).execute("SELECT key FROM tenants WHERE slug = ?", (tenant,))
        return accounts.by_username(database, key[0], username)

    found = await world.control.read(ask)
    assert found is not None
    return found


async def sign_in_as(world: World, tenant: str, username: str) -> str:
    """Have the account be a caller; its token."""
    account = await account_of(world, tenant, username)
    snapshot = world.store.snapshot
    who: Caller = caller(
        account,
        snapshot.tenant(account.tenant) if account.tenant else None,
        snapshot.reseller(account.reseller) if account.reseller else None,
        f"login:{tenant}/{username}",
        "",
    )
    token = f"as:{tenant}/{username}"
    world.people.known[token] = who
    return token


async def begin_login(world: World, tenant: str, username: str) -> str:
    """Give the account a login; its public id."""
    account = await account_of(world, tenant, username)
    now = world.clock.wall()
    public_id = f"{tenant}/{username}"
    login = Login(public_id, account.key, "192.0.2.9", "Firefox", now, now, now + timedelta(1))

    def begin(transaction: Transaction) -> None:
        logins.begin(transaction, login, b"family", b"secret")

    await world.store.change(begin, now, world.events.publish)
    return public_id


async def mails_to(world: World, recipient: str) -> list[str]:
    """The kinds of the mails to that address, the oldest first."""
    query = "SELECT kind FROM mails WHERE recipient = ? ORDER BY key"
    return await world.control.read(
        lambda database: [kind for (kind,) in connection(database).execute(query, (recipient,))]
    )
