"""Accounts and what hangs on them: written with the news of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from appliance.model.accounts import Account, AccountKey, AccountStatus, Link, LinkRole, Tier
from appliance.model.logins import Login
from appliance.model.policy import Policy
from appliance.model.tenants import Tenant, TenantKey
from appliance.store import Store, accounts, credentials, logins, one_time_links, policies, rows
from appliance.store.accounts import AccountChanged, AccountGone
from appliance.store.credentials import Totp
from appliance.store.errors import AlreadyTaken
from appliance.store.logins import LoginsEnded, Place, Refresh
from appliance.store.one_time_links import LinkKind
from appliance.store.policies import PolicyChanged
from appliance.store.rows import NewExtension
from appliance.store.transactions import Transaction
from tests.store.conftest import StillClock

T = TypeVar("T")
Do = Callable[[Callable[[Transaction], T]], T]

ACME = Tenant(TenantKey(0), "acme", "Acme Corp")


class Desk:
    """A store with a tenant of two lines, and what it told."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self.store = store
        self.clock = clock
        self.told: list[object] = []

    async def do(self, work: Callable[[Transaction], T]) -> T:
        return await self.store.change(work, self.clock.wall(), self.told.append)

    async def set_up(self) -> "Desk":
        def work(transaction: Transaction) -> None:
            self.tenant = rows.insert_tenant(transaction.database, ACME, transaction.now)
            new = [NewExtension("1001", "Alice"), NewExtension("1050", "Sales", shared=True)]
            self.lines = rows.insert_extensions(transaction.database, self.tenant.key, new)

        await self.do(work)
        return self

    def user(self, username: str = "alice.tan", *links: Link) -> Account:
        return Account(
            *(AccountKey(0), Tier.USER, username, "Alice Tan", "alice@acme.example"),
            AccountStatus.INVITED,
            tenant=self.tenant.key,
            links=links,
        )

    async def login(self, account: Account, name: str = "login_1") -> None:
        now = self.clock.wall()
        login = Login(name, account.key, "", "", now, now, now + timedelta(days=30))
        await self.do(lambda t: logins.begin(t, login, b"family", b"first"))


@pytest.fixture
async def desk(store: Store, clock: StillClock) -> Desk:
    return await Desk(store, clock).set_up()


async def test_name_that_is_taken_in_the_tenant_is_refused(desk: Desk) -> None:
    await desk.do(lambda t: accounts.insert(t, desk.user()))
    with pytest.raises(AlreadyTaken):
        await desk.do(lambda t: accounts.insert(t, desk.user("Alice.Tan")))


async def test_operators_and_owners_share_their_names_and_users_do_not(desk: Desk) -> None:
    owner = replace(desk.user("acme"), tier=Tier.TENANT, owner=True)
    operator = replace(desk.user("acme"), tier=Tier.PLATFORM, tenant=None)
    user = replace(desk.user("sara"))
    await desk.do(lambda t: accounts.insert(t, owner))
    with pytest.raises(AlreadyTaken):
        await desk.do(lambda t: accounts.insert(t, operator))
    await desk.do(lambda t: accounts.insert(t, user))
    await desk.do(lambda t: accounts.insert(t, replace(operator, username="sara")))


async def test_account_comes_back_as_it_was_kept_and_is_told(desk: Desk) -> None:
    first, second = (one.key for one in desk.lines)
    links = (Link(second, LinkRole.PRIMARY), Link(first, LinkRole.SECONDARY))
    made = await desk.do(lambda t: accounts.insert(t, desk.user("alice.tan", *links)))
    assert desk.told == [AccountChanged(made)]
    read = desk.store.readers.run
    assert await read(lambda d: accounts.by_key(d, made.key)) == made
    assert await read(lambda d: accounts.by_username(d, desk.tenant.key, "ALICE.TAN")) == made
    assert await read(lambda d: accounts.linked_to(d, first)) == [made]
    assert await read(lambda d: accounts.operator_named(d, "alice.tan")) is None


async def test_disabling_ends_logins_and_links_with_the_same_commit(desk: Desk) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    made = await desk.do(lambda t: credentials.put_password(t, made.key, "$a", temporary=False))
    assert made.status is AccountStatus.ACTIVE
    await desk.login(made)
    over = desk.clock.wall() + timedelta(days=1)
    await desk.do(lambda t: one_time_links.put(t, made.key, LinkKind.RESET, b"hash", over))
    desk.told.clear()
    disabled = replace(made, status=AccountStatus.DISABLED, version=made.version + 1)
    await desk.do(lambda t: accounts.update(t, disabled))
    assert desk.told == [LoginsEnded(frozenset({"login_1"})), AccountChanged(disabled)]
    read, now = desk.store.readers.run, desk.clock.wall()
    assert await read(lambda d: logins.load(d, now)) == []
    assert await read(lambda d: one_time_links.find(d, b"hash", now)) is None


async def test_account_that_goes_takes_all_that_hangs_on_it(desk: Desk) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    await desk.do(lambda t: credentials.put_password(t, made.key, "$a", temporary=True))
    await desk.do(lambda t: credentials.put_recovery_codes(t, made.key, [b"1", b"2"]))
    await desk.login(made)
    desk.told.clear()
    assert await desk.do(lambda t: accounts.delete_of_tenant(t, desk.tenant.key)) == 1
    assert desk.told == [LoginsEnded(frozenset({"login_1"})), AccountGone(made.key)]
    read = desk.store.readers.run
    assert await read(lambda d: credentials.old_passwords(d, made.key, 5)) == []
    assert await read(lambda d: credentials.recovery_codes_left(d, made.key)) == 0


async def test_refresh_token_is_spent_once_and_known_for_ever(
    desk: Desk, clock: StillClock
) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    await desk.login(made)

    async def spend(family: bytes, secret: bytes, new: bytes) -> Refresh:
        return await desk.do(lambda t: logins.rotate(t, "login_1", family, secret, new))

    assert await spend(b"other", b"first", b"x") is Refresh.UNKNOWN
    assert await spend(b"family", b"first", b"second") is Refresh.ROTATED
    assert await spend(b"family", b"second", b"third") is Refresh.ROTATED
    assert await spend(b"family", b"first", b"x") is Refresh.REUSED
    clock.seconds += 12 * 3600
    assert await spend(b"family", b"third", b"x") is Refresh.UNKNOWN


async def test_logins_end_by_age_and_by_number(desk: Desk, clock: StillClock) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    for number in range(4):
        await desk.login(made, f"login_{number}")
        clock.seconds += 1
    assert await desk.do(lambda t: logins.end_oldest(t, made.key, 2)) == 2
    left = await desk.store.readers.run(lambda d: logins.load(d, clock.wall(), made.key))
    assert [login.public_id for login in left] == ["login_3", "login_2"]
    clock.seconds += 12 * 3600
    assert await desk.do(logins.end_lapsed) == 2


async def test_places_are_first_new_and_known(desk: Desk) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    seen = [
        await desk.do(lambda t, place=place: logins.note_place(t, made.key, place))  # type: ignore[misc]
        for place in (b"home", b"home", b"office", b"home")
    ]
    assert seen == [Place.FIRST, Place.KNOWN, Place.NEW, Place.KNOWN]


async def test_authenticators_secret_is_sealed_and_moves_with_nobody(desk: Desk) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    other = await desk.do(lambda t: accounts.insert(t, desk.user("ben.ong")))
    now = await desk.do(lambda t: credentials.put_totp(t, made.key, Totp("JBSWY3DP", 7)))
    assert (now.totp, now.version) == (True, made.version + 1)
    assert await desk.do(lambda t: credentials.totp(t, made.key)) == Totp("JBSWY3DP", 7)
    assert await desk.do(lambda t: credentials.totp(t, other.key)) is None

    def steal(transaction: Transaction) -> None:
        transaction.file.execute(
            "UPDATE accounts SET totp_secret ="
            " (SELECT totp_secret FROM accounts WHERE key = ?) WHERE key = ?",
            (made.key, other.key),
        )
        credentials.totp(transaction, other.key)

    with pytest.raises(Exception, match="does not open"):
        await desk.do(steal)


async def test_history_holds_the_last_passwords_newest_first(desk: Desk) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    for number in range(30):
        await desk.do(
            lambda t, n=number: credentials.put_password(t, made.key, f"${n}", temporary=False)  # type: ignore[misc]
        )
    read = desk.store.readers.run
    assert await read(lambda d: credentials.old_passwords(d, made.key, 2)) == ["$29", "$28"]
    assert len(await read(lambda d: credentials.old_passwords(d, made.key, 99))) == 24


async def test_link_is_the_only_one_and_over_in_time(desk: Desk, clock: StillClock) -> None:
    made = await desk.do(lambda t: accounts.insert(t, desk.user()))
    over = clock.wall() + timedelta(hours=1)
    for token in (b"old", b"new"):
        await desk.do(
            lambda t, h=token: one_time_links.put(t, made.key, LinkKind.INVITATION, h, over)  # type: ignore[misc]
        )
    read = desk.store.readers.run
    assert await read(lambda d: one_time_links.find(d, b"old", clock.wall())) is None
    assert await read(lambda d: one_time_links.find(d, b"new", clock.wall())) is not None
    assert await read(lambda d: one_time_links.find(d, b"new", over)) is None


async def test_policy_is_kept_and_told(desk: Desk) -> None:
    tenant, strict = desk.tenant.key, Policy(min_length=20, block_common=False)
    await desk.do(lambda t: policies.put(t, tenant, strict))
    assert desk.told == [PolicyChanged(tenant, strict)]
    read = desk.store.readers.run
    assert await read(lambda d: policies.load(d, tenant)) == strict
    assert await read(policies.load) is None
    await desk.do(lambda t: policies.delete(t, tenant))
    assert await read(policies.load_all) == {}


def test_stricter_of_two_policies_is_stricter_in_each_point() -> None:
    one = Policy(min_length=14, no_reuse=3, lockout_fails=3, lockout_minutes=5)
    other = Policy(min_length=12, no_reuse=8, lockout_fails=5, block_common=False)
    assert one.stricter(other) == Policy(
        min_length=14, no_reuse=8, lockout_fails=3, lockout_minutes=15
    )
