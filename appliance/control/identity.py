"""Who asks: every live login and account in memory, so that each request is answered without a
query, and whoever is disabled, suspended, deleted or signed out is out at once (manual § 20.6).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from appliance.control import account_audit
from appliance.control.caller import Caller
from appliance.control.changes import Control
from appliance.control.errors import Forbidden, NotAuthenticated
from appliance.control.tokens import LIFE, Claims, TokenMint
from appliance.model.accounts import Account, AccountKey, AccountStatus, LinkRole, Tier
from appliance.model.logins import Login
from appliance.model.policy import Policy
from appliance.model.resellers import Reseller, ResellerStatus
from appliance.model.tenants import Tenant, TenantKey, TenantStatus
from appliance.store import accounts, logins, policies
from appliance.store.accounts import AccountChanged, AccountGone
from appliance.store.database import Database
from appliance.store.logins import LoginBegun, LoginsEnded
from appliance.store.policies import FLOOR, PolicyChanged

INVALID: Final = "Missing or invalid token."
NOT_ACTIVE: Final = "account is not active"
KEY_PREFIX: Final = "sk_live_"
CONFIRMED_FOR: Final = timedelta(minutes=10)

KeyCaller = Callable[[str, str], Caller | None]
"""Who a machine's key belongs to: the key, the address; None where it is none in force."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token and what it opens, for its holder to know."""

    token: str = field(repr=False)
    expires_in: int
    claims: Claims


class Identity:
    """For the event loop. Fills serving's Identity. `load` before use."""

    def __init__(
        self,
        control: Control,
        token_key: bytes,
        key_caller: KeyCaller = lambda _token, _address: None,
    ) -> None:
        self.control = control
        self.key_caller = key_caller
        self._mint = TokenMint(token_key)
        self._accounts: dict[AccountKey, Account] = {}
        self._by_name: defaultdict[str, set[AccountKey]] = defaultdict(set)
        self._by_email: defaultdict[str, set[AccountKey]] = defaultdict(set)
        self._logins: dict[str, Login] = {}
        self._confirmed: dict[str, datetime] = {}
        self._policies: dict[TenantKey, Policy] = {}
        events = control.events
        events.listen(AccountChanged, lambda news: self._put(news.account))
        events.listen(AccountGone, lambda news: self._drop(news.account))
        events.listen(LoginBegun, self._on_login)
        events.listen(LoginsEnded, self._on_ended)
        events.listen(PolicyChanged, self._on_policy)

    async def load(self) -> None:
        """Read what there is. Nothing may be changed meanwhile."""
        now = self.control.clock.wall()

        def ask(database: Database) -> None:
            for account in accounts.load(database):
                self._put(account)
            self._logins = {one.public_id: one for one in logins.load(database, now)}
            self._policies = dict(policies.load_all(database))

        await self.control.read(ask)

    # -- what every request asks -----------------------------------------------------------------

    def caller(self, token: str, address: str) -> Caller:
        """Raises NotAuthenticated."""
        if token.startswith(KEY_PREFIX):
            caller = self.key_caller(token, address)
        else:
            caller = self._person(token, address)
        if caller is None:
            raise NotAuthenticated(INVALID)
        return caller

    def _person(self, token: str, address: str) -> Caller | None:
        claims = self._mint.read(token, self.control.clock.wall())
        login = self._logins.get(claims.jti) if claims else None
        account = self._accounts.get(login.account) if login else None
        if login is None or account is None:
            return None
        if not self.active(account):
            raise NotAuthenticated(NOT_ACTIVE, "not_active")
        return self.caller_of(account, f"login:{login.public_id}", address)

    def caller_of(self, account: Account, credential: str, address: str) -> Caller:
        """The account as who asks, with its scope as it stands now."""
        return account_audit.caller(
            account, self.tenant(account), self.reseller(account), credential, address
        )

    def holder(self, login: str) -> Account | None:
        """Whose login it is."""
        live = self._logins.get(login)
        return self._accounts.get(live.account) if live else None

    # -- what signing in asks --------------------------------------------------------------------

    def account(self, key: AccountKey) -> Account | None:
        return self._accounts.get(key)

    def named(self, name: str) -> Account | None:
        """Whom a sign-in field names: `tenant/username`, an email, an operator's username or
        handle, or a username that one tenant alone has. None where nobody or several are meant
        (decisions: Access)."""
        name = name.strip().lower()
        slug, slash, username = name.partition("/")
        if slash:
            return self._only(
                one
                for one in self._by_name.get(username, ())
                if (tenant := self.tenant(self._accounts[one])) and tenant.slug == slug
            )
        if "@" in name:
            return self._only(self._highest(self._by_email.get(name, ())))
        found = self._by_name.get(name, set())
        operators = [one for one in found if _box_wide(self._accounts[one])]
        return self._only(operators or found)

    def _highest(self, found: Iterable[AccountKey]) -> list[AccountKey]:
        """Those that stand highest: whoever makes logins keeps nobody above from signing in."""
        ranks = {one: _rank(self._accounts[one]) for one in found}
        return [one for one, rank in ranks.items() if rank == min(ranks.values())]

    def _only(self, found: Iterable[AccountKey]) -> Account | None:
        keys = list(found)
        return self._accounts[keys[0]] if len(keys) == 1 else None

    def active(self, account: Account) -> bool:
        """Whether it may be signed in: itself, its tenant and its reseller (manual § 4.6.2)."""
        return account.status is AccountStatus.ACTIVE and self.stands(account)

    def stands(self, account: Account) -> bool:
        """Whether it could be signed in once it has a password: it is not disabled, and neither
        its tenant nor its reseller is suspended."""
        tenant, reseller = self.tenant(account), self.partner(account)
        return (
            account.status is not AccountStatus.DISABLED
            and (account.tenant is None or tenant is not None)
            and (tenant is None or tenant.status is TenantStatus.ACTIVE)
            and (account.reseller is None or reseller is not None)
            and (reseller is None or reseller.status is ResellerStatus.ACTIVE)
        )

    def policy(self, tenant: TenantKey | None) -> Policy:
        """What holds for a tenant's people, or for operators: the floor, or what is stricter."""
        floor = self._policies.get(FLOOR, Policy())
        own = self._policies.get(tenant) if tenant else None
        return own.stricter(floor) if own else floor

    def needs_factor(self, account: Account) -> bool:
        """Whether the policy has it show a second factor (manual § 20.5)."""
        return account.tier is not Tier.USER and self.policy(account.tenant).admin_second_factor

    def tenant(self, account: Account) -> Tenant | None:
        snapshot = self.control.store.snapshot
        return snapshot.tenant(account.tenant) if account.tenant else None

    def reseller(self, account: Account) -> Reseller | None:
        """The account's own, which operators of a reseller have."""
        snapshot = self.control.store.snapshot
        return snapshot.reseller(account.reseller) if account.reseller else None

    def partner(self, account: Account) -> Reseller | None:
        """The reseller above the account: its own, or its tenant's."""
        tenant = self.tenant(account)
        snapshot = self.control.store.snapshot
        above = tenant.reseller if tenant else account.reseller
        return snapshot.reseller(above) if above else None

    def has_platform_operator(self) -> bool:
        return any(one.tier is Tier.PLATFORM for one in self._accounts.values())

    def grant(self, login: str) -> Granted:
        """An access token for a live login. Raises NotAuthenticated."""
        account = self.holder(login)
        if account is None or not self.active(account):
            raise NotAuthenticated(INVALID)
        tenant, reseller = self.tenant(account), self.partner(account)
        expires_at = self.control.clock.wall() + LIFE
        claims = Claims(
            sub=f"account:{account.key}",
            jti=login,
            tier=account.tier,
            tid=tenant.slug if tenant else None,
            rid=reseller.code.lower() if reseller else None,
            ext=self._primary(account),
            exp=int(expires_at.timestamp()),
        )
        return Granted(self._mint.sign(claims), int(LIFE.total_seconds()), claims)

    def _primary(self, account: Account) -> str | None:
        for link in account.links:
            extension = self.control.store.snapshot.extension(link.extension)
            if link.role is LinkRole.PRIMARY and extension is not None:
                return extension.number
        return None

    # -- who has shown the password just now -----------------------------------------------------

    def confirm(self, caller: Caller) -> None:
        """The login's holder has shown the password again."""
        self._confirmed[caller.credential] = self.control.clock.wall()

    def require_recent(self, caller: Caller) -> None:
        """Raises Forbidden where a login neither began nor was confirmed within ten minutes: a
        token that was left lying about changes nobody's password or factors."""
        login = self._logins.get(caller.credential.removeprefix("login:"))
        moments = [login.created_at] if login else []
        if caller.credential in self._confirmed:
            moments.append(self._confirmed[caller.credential])
        now = self.control.clock.wall()
        if not any(now - moment < CONFIRMED_FOR for moment in moments):
            raise Forbidden("Confirm your password first.", "confirm_password")

    # -- news ------------------------------------------------------------------------------------

    def _put(self, account: Account) -> None:
        self._forget_names(account.key)
        self._accounts[account.key] = account
        self._by_name[account.username].add(account.key)
        if account.email:
            self._by_email[account.email.lower()].add(account.key)

    def _drop(self, key: AccountKey) -> None:
        self._forget_names(key)
        self._accounts.pop(key, None)

    def _forget_names(self, key: AccountKey) -> None:
        known = self._accounts.get(key)
        if known is None:
            return
        for index, name in ((self._by_name, known.username), (self._by_email, known.email.lower())):
            index[name].discard(key)
            if not index[name]:
                del index[name]

    def _on_login(self, news: LoginBegun) -> None:
        self._logins[news.login.public_id] = news.login

    def _on_ended(self, news: LoginsEnded) -> None:
        for login in news.logins:
            self._logins.pop(login, None)
            self._confirmed.pop(f"login:{login}", None)

    def _on_policy(self, news: PolicyChanged) -> None:
        if news.policy is None:
            self._policies.pop(news.tenant, None)
        else:
            self._policies[news.tenant] = news.policy


def _box_wide(account: Account) -> bool:
    """Whether its username is one of the box's: operators' and tenant owners' (manual § 4.5)."""
    return account.tenant is None or account.owner


def _rank(account: Account) -> int:
    """The platform's operators, those of resellers, owners of tenants, everybody else."""
    if account.tier in (Tier.PLATFORM, Tier.RESELLER):
        return list(Tier).index(account.tier)
    return 2 if account.owner else 3
