"""Random walks over the whole API with every tier's token, in a box whose tenants and resellers
have the same numbers, names and usernames: nothing outside the scope is ever read, changed,
counted or fed; after it the audit chain is whole and memory is what the disk says."""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from appliance.control import audit
from appliance.control.caller import Right
from appliance.control.feed import Subscription
from appliance.model.accounts import Tier
from appliance.settings import DataFolder
from appliance.store.snapshot import Snapshot
from appliance.store.store import load_snapshot
from appliance.web.api.families import OPERATIONS
from appliance.web.api.operation import Operation
from tests.attack.routes import ROWS, Row, Target
from tests.attack.state import by_owner
from tests.support.twins import (
    NUMBER_OF_THE_WORD,
    NUMBERS,
    RESELLERS,
    TENANTS,
    Asking,
    Twins,
    word_of,
)

STEPS: Final = 250
SEEDS: Final = range(6)

WALKERS: Final = (
    *("platform", "reseller:nimbus", "reseller:orion", "tenant:acme", "tenant:zephyr"),
    *("tenant:globex", "tenant:helios", "user:acme", "user:globex", "user:acme:2"),
    *("key of nimbus", "key of acme", "key of globex"),
)
SLUGS: Final = (*TENANTS, "nowhere", "new-co")
CODES: Final = (*RESELLERS, "vacant", "nowhere")
DOCUMENTED: Final = frozenset({400, 401, 403, 413, 422, 429})
BY_NAME: Final[Mapping[str, Operation]] = {f"{one.method} {one.path}": one for one in OPERATIONS}
RARE: Final = ("DELETE /v1/tenants/{slug}", "DELETE /v1/me/logins", "POST /v1/me/password")
ODD: Final[Sequence[Any]] = (
    *(None, "", "x" * 300, "\x00", "🦊" * 30, "<script>alert(1)</script>", "a\r\nBcc: x@y.z"),
    *(-1, 0, 2**63, 1e99, True, [], {}, "'; DROP TABLE tenants; --", "%", "../../etc", "\u202e"),
)


class Walk:
    """One walk of one seed."""

    def __init__(self, twins: Twins, seed: int) -> None:
        self.twins = twins
        self.random = random.Random(seed)
        self.scopes = {name: self._scope(name) for name in WALKERS}
        self.feeds: dict[str, Subscription] = {}
        self.statuses: dict[int, int] = {}
        self.secrets: set[str] = set()

    async def go(self, steps: int) -> None:
        for name in WALKERS:
            if not name.startswith("user"):
                caller = self.twins.identity.caller(self.twins.tokens[name], "192.0.2.7")
                self.feeds[name] = self.twins.feed.subscribe(caller, self.twins.tokens[name], None)
        for _ in range(steps):
            await self.step()

    async def step(self) -> None:
        name = self.random.choice(WALKERS)
        row = self.random.choice(ROWS)
        if row.path == "/v1/feed" or (row.name in RARE and self.random.random() < 0.8):
            return
        path, body = self._path(row), self._body(row)
        query = self._query(row)
        before = await by_owner(self.twins.store)
        answer = await Asking(self.twins.app(), self.twins.tokens[name]).ask(
            row.method, path, body, query, self._headers()
        )
        after = await by_owner(self.twins.store)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        self.secrets |= secrets_in(answer.text)
        asked = f"{name}: {row.method} {path} {query} {body!r}"
        self._documented(row, answer.status_code, f"{asked} -> {answer.text}")
        self._reads_nothing_else(name, f"{path} {query} {body!r}", answer.text, asked)
        self._changes_nothing_else(name, before, after, f"{asked} -> {answer.text}")
        self._feeds_nothing_else(asked)

    # -- what must hold --------------------------------------------------------------------------

    def _documented(self, row: Row, status: int, asked: str) -> None:
        operation = BY_NAME[row.name]
        assert status in {operation.status, *operation.errors, *DOCUMENTED}, asked

    def _reads_nothing_else(self, name: str, said: str, text: str, asked: str) -> None:
        for place in (*RESELLERS, "vacant", "hollow", *TENANTS):
            if self._in_scope(name, place):
                continue
            assert word_of(place) not in text, f"{asked} shows {place}: {text}"
            own_partner = TENANTS.get(name.rpartition(":")[2].rpartition(" ")[2]) == place
            if place not in said.lower() and not own_partner:
                assert place not in text.lower(), f"{asked} names {place}: {text}"

    def _changes_nothing_else(
        self, name: str, before: Mapping[str, str], after: Mapping[str, str], asked: str
    ) -> None:
        changed = {
            owner for owner in before.keys() | after.keys() if before.get(owner) != after.get(owner)
        }
        allowed = self.scopes[name]
        if allowed is not None:
            born = {owner for owner in changed if owner not in before}
            assert changed - born <= allowed, f"{asked} changed {changed - allowed}"
            if born:
                assert name.startswith(("reseller", "key of nimbus")), asked
                allowed |= born

    def _feeds_nothing_else(self, asked: str) -> None:
        for name, feed in self.feeds.items():
            while feed._waiting:
                data = feed._waiting.popleft().data.decode()
                for place in (*RESELLERS, *TENANTS):
                    if not self._in_scope(name, place):
                        assert place not in data.lower(), f"{asked}: {name} is fed {data}"
                        assert word_of(place) not in data

    def _in_scope(self, name: str, place: str) -> bool:
        """Whether whoever walks by that name may read of the tenant or reseller."""
        whose = name.removeprefix("key of ").split(":")
        if whose[0] == "platform" or place in whose:
            return True
        return TENANTS.get(place) in whose and whose[0] in ("reseller", *RESELLERS)

    def _scope(self, name: str) -> set[str] | None:
        """The owners whose rows may change by that name; None for all."""
        snapshot = self.twins.store.snapshot
        caller = self.twins.identity.caller(self.twins.tokens[name], "")
        if caller.tier is Tier.PLATFORM:
            return None
        if caller.tier is Tier.RESELLER:
            own = [one.key for one in snapshot.tenants() if one.reseller == caller.reseller]
            return {f"reseller:{caller.reseller}", *(f"tenant:{key}" for key in own)}
        return {f"tenant:{caller.tenant}"}

    # -- what is asked ---------------------------------------------------------------------------

    def _path(self, row: Row) -> str:
        pick = self.random.choice
        slug, code = pick(SLUGS), pick(CODES)
        whose = pick([*(f"tenant:{one}" for one in TENANTS), *(f"reseller:{c}" for c in RESELLERS)])
        target = Target(
            self.twins,
            slug,
            code,
            operator=f"{pick(RESELLERS)}.{pick(('lead', 'ops', 'desk'))}",
            number=pick((*NUMBERS, NUMBER_OF_THE_WORD, "1043", "9196")),
            user=pick(("alice.tan", "ben.ong", slug, "dev.kumar")),
        )
        ids = target.twins.ids
        some_id = pick([one for (_, owner), one in ids.items() if owner == whose] or ["0"])
        template = row.path.replace("{id}", some_id) if "{id}" in row.path else row.path
        return target.path(template)

    def _body(self, row: Row) -> object:
        slug, code = self.random.choice(SLUGS), self.random.choice(CODES)
        operator = f"op{self.random.randrange(50)}"
        body = row.body(Target(self.twins, slug, code, operator))
        if not isinstance(body, dict):
            return body
        body = dict(body)
        if self.random.random() < 0.25 and body:
            body[self.random.choice(list(body))] = self.random.choice(ODD)
        if self.random.random() < 0.15:
            name = self.random.choice(("tier", "tenant_id", "tenant", "reseller", "owner", "key"))
            body[name] = self.random.choice(("platform", *SLUGS, *CODES, 1, True))
        if row.path.endswith("/tenants/{slug}") and self.random.random() < 0.2:
            body["status"] = self.random.choice(("active", "active", "suspended"))
        return body

    def _query(self, row: Row) -> dict[str, str]:
        operation, query = BY_NAME[row.name], dict(row.query)
        if "username" in query:
            names = [one.device.username for one in self.twins.store.snapshot.subscribers()]
            query["username"] = self.random.choice([*names, "1001-desk"])
        known = operation.query.__struct_encode_fields__ if operation.query else ()
        for name in known:
            if name not in query and self.random.random() < 0.2:
                query[name] = str(self._value_of(name))
        return query

    def _value_of(self, name: str) -> object:
        pick = self.random.choice
        match name:
            case "tenant":
                return pick(SLUGS)
            case "reseller":
                return pick((*CODES, "direct"))
            case "limit":
                return pick((1, 2, 200))
            case "q" | "party" | "actor":
                return pick(("a", "zq", "%", "_", "\\", "customer", "10", *SLUGS))
            case "cursor":
                return pick(("", "W10", "WzEsMV0", "WyJhIiwxXQ", "WzFd", "é", "W251bGwsbnVsbF0"))
            case _:
                return pick(("", "name", "-name", "active", "registered", "csv", "2026-01-01"))

    def _headers(self) -> dict[str, str]:
        headers = {}
        if self.random.random() < 0.1:
            headers["idempotency-key"] = self.random.choice(("one", "two", "three"))
        if self.random.random() < 0.1:
            headers["if-match"] = self.random.choice(('"1"', '"2"', '"99"', "*", "nonsense"))
        return headers


async def test_the_scopes_of_the_walk_are_told_apart(twins: Twins) -> None:
    await keys_for(twins)
    walk = Walk(twins, 0)
    assert walk._in_scope("key of nimbus", "acme")
    assert walk._in_scope("reseller:nimbus", "acme")
    for name, place in (
        ("tenant:acme", "zephyr"),
        ("tenant:acme", "nimbus"),
        ("reseller:nimbus", "globex"),
        ("reseller:nimbus", "helios"),
        ("key of acme", "zephyr"),
    ):
        assert not walk._in_scope(name, place)


def secrets_in(text: str) -> set[str]:
    """What an answer shows this once."""
    codes = re.findall(r'"recovery_codes":\[([^\]]*)\]', text)
    return {
        *re.findall(r'"(?:secret|temporary_password|token)":"([^"]{8,})"', text),
        *(code for listed in codes for code in re.findall(r'"([^"]+)"', listed)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_walk_leaves_no_scope_and_no_secret(
    twins: Twins, folder: DataFolder, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    await keys_for(twins)
    walk = Walk(twins, seed)
    await walk.go(STEPS)
    assert walk.secrets
    kept = b"".join(path.read_bytes() for path in folder.path.rglob("*.db*"))
    for secret in walk.secrets:
        assert secret.encode() not in kept
        assert secret not in caplog.text
    assert {200, 201, 403, 404, 422} <= walk.statuses.keys(), walk.statuses
    await whole_and_equal(twins)


async def keys_for(twins: Twins) -> None:
    for name, whose in (
        ("key of nimbus", "reseller:nimbus"),
        ("key of acme", "tenant:acme"),
        ("key of globex", "tenant:globex"),
    ):
        twins.tokens[name] = await twins.key(whose, *Right)


async def whole_and_equal(twins: Twins) -> None:
    """The audit chain verifies, and the snapshot is what a restart would read."""
    store = twins.store
    assert (await store.readers.run(audit.verify)).broken is None
    loaded = await store.readers.run(lambda db: load_snapshot(db, store.keys, store.realm))
    assert contents_of(store.snapshot) == contents_of(loaded)


def contents_of(snapshot: Snapshot) -> Mapping[str, object]:
    """All of its maps, without what is empty, in no order."""
    return {
        name: {key: one for key, one in getattr(snapshot, name).items() if one}
        for name in vars(snapshot)
    }
