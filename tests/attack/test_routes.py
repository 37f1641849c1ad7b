"""Every operation × every kind of caller (decisions: Access; manual § 4.3, § 25.6.1)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import pytest

from appliance.control import api_keys, logins
from appliance.control.caller import SYSTEM, Right
from appliance.control.changes import Change
from appliance.control.feed import Feed, Subscription
from appliance.model.tenants import TenantStatus
from appliance.store import rows
from appliance.web.api.families import OPERATIONS
from tests.attack.routes import PUBLIC, ROWS, Row, Target
from tests.attack.state import everything
from tests.store.conftest import StillClock
from tests.support.twins import Twins

NAMES: Final = {"p": "platform", "r": "reseller:nimbus", "t": "tenant:acme", "u": "user:acme"}
WITHOUT: Final = "keys without the right"


@dataclass(frozen=True, slots=True)
class Try:
    """Who asks about what, and which status is expected."""

    token: str
    target: Target
    status: int


def test_every_operation_has_its_row_and_each_row_its_operation() -> None:
    served = {f"{one.method} {one.path}" for one in OPERATIONS}
    rows = [row.name for row in ROWS] + list(PUBLIC)
    assert set(rows) == served
    assert len(rows) == len(served)


@pytest.mark.parametrize("name", PUBLIC)
async def test_what_is_public_opens_nothing_by_itself(name: str, twins: Twins) -> None:
    body, status = PUBLIC[name]
    method, _, path = name.partition(" ")
    before = await everything(twins.store)
    for token in ("", "platform", "nonsense"):
        answer = await twins.as_(token).ask(method, path.format(token="nothing"), body)
        assert answer.status_code == status, answer.text
        assert '"token":"' not in answer.text
    assert await everything(twins.store) == before


@pytest.fixture(autouse=True)
def short_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed ends as soon as it is open."""
    opened = Feed.subscribe

    def subscribe(self: Feed, *given: object) -> Subscription:
        subscription = opened(self, *given)  # type: ignore[arg-type]
        subscription.end()
        return subscription

    monkeypatch.setattr(Feed, "subscribe", subscribe)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_who_may(row: Row, twins: Twins, clock: StillClock) -> None:
    await bad_tokens(twins, clock)
    await keys_for(twins, row)
    refused = [*unauthenticated(twins, row), *out_of_scope(twins, row), *unentitled(twins, row)]
    before = await everything(twins.store)
    for one in refused:
        await expect(row, one)
    assert await everything(twins.store) == before, "a refused request changed something"
    for one in allowed(twins, row):
        await expect(row, one)


async def expect(row: Row, one: Try) -> None:
    answer = await one.target.twins.as_(one.token).ask(
        row.method, one.target.path(row.path), row.body(one.target), one.target.query(row)
    )
    assert answer.status_code == one.status, (one.token, answer.request.url, answer.text)
    if one.status >= 400:
        assert set(answer.json()) == {"error"}
        assert answer.headers["cache-control"] == "no-store"


# -- who may not -----------------------------------------------------------------------------------


def unauthenticated(twins: Twins, row: Row) -> Iterator[Try]:
    for token in (
        *("", "nonsense", "sk_live_nonsense", "a.b.c", "expired", "signed out", "forged"),
        *("suspended tenant", "key of the suspended tenant", "expired key", "revoked key"),
    ):
        yield Try(token, home(twins, row, "t"), 401)


def unentitled(twins: Twins, row: Row) -> Iterator[Try]:
    """A tier too low, or a key that has every right but the one."""
    for tier in "prtu":
        if tier not in row.who:
            yield Try(NAMES[tier], home(twins, row, tier), 403)
    for tier in "prt":
        target = home(twins, row, tier)
        if row.right is None or tier not in row.keys:
            yield Try(f"key:{tier}", target, 403)
        elif row.right:
            yield Try(f"{WITHOUT}:{tier}", target, 403)


def out_of_scope(twins: Twins, row: Row) -> Iterator[Try]:
    if "{slug}" in row.path:
        yield from beyond_tenants(twins, row)
    elif "{code}" in row.path:
        yield from beyond_resellers(twins, row)
    elif "/operators/{" in row.path:
        for tier, names in (
            ("p", ("nobody", "alice.tan", "acme")),
            ("r", ("orion.lead", "sven.berg", "nobody", "acme", "zephyr")),
        ):
            for name in names:
                yield Try(NAMES[tier], Target(twins, operator=name), 404)
    elif "/api-keys/{" in row.path or "/webhooks/{" in row.path:
        beyond = {"p": ("",), "r": ("globex", "helios", ""), "t": ("zephyr", "globex", "")}
        for tier, slugs in beyond.items():
            for slug in slugs:
                yield Try(NAMES[tier], Target(twins, slug), 404)
        yield Try(NAMES["r"], Target(twins, code="orion"), 404)
        yield Try(NAMES["t"], Target(twins, code="nimbus"), 404)
    elif row.name == "DELETE /v1/blocks":
        for tier, slug in (("r", "globex"), ("r", "helios"), ("t", "zephyr"), ("t", "globex")):
            yield Try(NAMES[tier], Target(twins, slug), 404)


def beyond_tenants(twins: Twins, row: Row) -> Iterator[Try]:
    if "p" in row.who:
        yield Try(NAMES["p"], Target(twins, "nowhere"), 404)
    for slug in ("globex", "helios", "nowhere", "ACME", "acme%20"):
        yield Try(NAMES["r"], Target(twins, slug), 403)
    for tier in "tu":
        for slug in ("zephyr", "globex", "helios", "nowhere"):
            yield Try(NAMES[tier], Target(twins, slug), 403)
    if row.right:
        yield Try("key:t", Target(twins, "acme"), 403)


def beyond_resellers(twins: Twins, row: Row) -> Iterator[Try]:
    if "p" in row.who:
        yield Try(NAMES["p"], Target(twins, code="nowhere"), 404)
    for tier in "rtu":
        for code in ("orion", "vacant", "nowhere"):
            yield Try(NAMES[tier], Target(twins, code=code), 403)
    for tier in "tu":
        yield Try(NAMES[tier], Target(twins, code="nimbus"), 403)


# -- who may ---------------------------------------------------------------------------------------


def allowed(twins: Twins, row: Row) -> Iterator[Try]:
    """Each on something of his own."""
    for tier in row.who:
        yield Try(NAMES[tier], home(twins, row, tier), row.ok)
    if row.right is not None:
        tier = "t" if "t" in row.keys else row.keys[-1]
        yield Try(f"key:{tier}", of_key(twins, row, tier), row.ok)


def home(twins: Twins, row: Row, tier: str) -> Target:
    """What a caller of the tier may reach, if he may do this at all."""
    slug = {"p": "helios", "r": "zephyr", "t": "acme", "u": "acme"}[tier]
    if "{code}" in row.path:
        return Target(twins, code="vacant" if row.who == "p" else "nimbus")
    if "/operators" in row.path:
        whose = "orion" if tier == "p" and row.method != "POST" else "nimbus"
        return Target(twins, operator=f"{whose}.{'desk' if tier == 'p' else 'ops'}")
    if "{id}" in row.path and "/mail/" in row.path:
        return Target(twins)
    return Target(twins, slug)


def of_key(twins: Twins, row: Row, tier: str) -> Target:
    if "{code}" in row.path:
        return Target(twins, code="hollow" if tier == "p" else "orion")
    if "/operators" in row.path:
        return Target(twins, operator="orion.ops")
    return Target(twins, "globex")


# -- tokens and keys -------------------------------------------------------------------------------


async def bad_tokens(twins: Twins, clock: StillClock) -> None:
    """Tokens that were good once, or look as if."""
    people = twins.accounts
    twins.tokens["expired"] = twins.tokens["platform"]
    clock.seconds += 16 * 60
    for name, account in people.items():
        await twins.sign_in(name, account)
    await twins.sign_in("signed out", people["platform"])
    signed_out = twins.identity.caller(twins.tokens["signed out"], "")
    await logins.end_own(twins.identity, signed_out)
    header, _, mac = twins.tokens["tenant:acme"].split(".")
    twins.tokens["forged"] = ".".join((header, twins.tokens["platform"].split(".")[1], mac))
    await _suspend(twins)
    in_a_minute = twins.clock.wall() + timedelta(seconds=60)
    twins.tokens["expired key"] = await twins.key("tenant:acme", *Right, expires_at=in_a_minute)
    clock.seconds += 61
    twins.tokens["revoked key"] = await twins.key("tenant:acme", *Right)
    revoked = twins.identity.caller(twins.tokens["revoked key"], "").credential
    await twins.control.change(
        SYSTEM, lambda change: api_keys.revoke(change, revoked.removeprefix("key:"))
    )


async def _suspend(twins: Twins) -> None:
    """A tenant that is suspended while its people are signed in, without their logins ended."""
    twins.tokens["key of the suspended tenant"] = await twins.key("tenant:frozen", *Right)
    tenant = replace(twins.tenant("frozen"), status=TenantStatus.SUSPENDED)

    def suspend(change: Change) -> None:
        rows.update_tenant(change.database, tenant)
        change.transaction.swap(lambda snapshot: snapshot.put_tenant(tenant))
        change.record("tenant", "Suspended tenant", "tenant frozen", tenant=tenant)

    await twins.control.change(SYSTEM, suspend)
    twins.tokens["suspended tenant"] = twins.tokens["tenant:frozen"]


async def keys_for(twins: Twins, row: Row) -> None:
    """By tier a key that has the row's right alone, and one that has all but it."""
    right = Right(row.right) if row.right else Right.WEBHOOKS_WRITE
    family = right.partition(":")[0]
    places = {"p": "platform", "r": "reseller:orion", "t": "tenant:globex"}
    for tier, place in places.items():
        own = [right, Right.PBX_READ] if row.path.endswith("{id}/secret") else [right]
        twins.tokens[f"key:{tier}"] = await twins.key(place, *own)
        others = [one for one in Right if one is not right and one.partition(":")[0] != family]
        if right.endswith(":write"):
            others += [one for one in Right if one == f"{family}:read"]
        twins.tokens[f"{WITHOUT}:{tier}"] = await twins.key(place, *others)
