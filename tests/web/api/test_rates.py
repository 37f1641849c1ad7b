import pytest

from appliance.control.errors import TooMany
from appliance.web.api import rates
from appliance.web.api.rates import TokenBuckets, source
from tests.store.conftest import StillClock
from tests.support.api import World


def take_all(buckets: TokenBuckets, credential: str) -> int:
    """How many go at once."""
    for taken in range(10_000):
        try:
            buckets.take(credential)
        except TooMany:
            return taken
    raise AssertionError("no end of it")


def test_a_minutes_worth_goes_at_once_and_then_ten_a_second() -> None:
    clock = StillClock()
    buckets = TokenBuckets(clock.now)
    assert take_all(buckets, "key:1") == 600
    clock.seconds += 1
    assert take_all(buckets, "key:1") == 10
    clock.seconds += 3600
    assert take_all(buckets, "key:1") == 600


def test_a_refusal_says_when_to_come_back_and_then_there_is_room() -> None:
    clock = StillClock()
    buckets = TokenBuckets(clock.now, lambda: 60)
    take_all(buckets, "key:1")
    with pytest.raises(TooMany) as refused:
        buckets.take("key:1")
    clock.seconds += refused.value.retry_after
    buckets.take("key:1")


def test_one_credential_costs_another_nothing() -> None:
    buckets = TokenBuckets(StillClock().now)
    take_all(buckets, "key:1")
    assert take_all(buckets, "key:2") == 600


def test_memory_is_bounded_and_who_asks_too_often_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "MOST_BUCKETS", 100)
    clock = StillClock()
    buckets = TokenBuckets(clock.now)
    for number in range(1000):
        buckets.take(f"address:{number}")
        clock.seconds += 0.01
    take_all(buckets, "key:1")
    for number in range(80):
        buckets.take(f"address:{number}")
    assert take_all(buckets, "key:1") == 0
    assert len(buckets._buckets) <= 100


def test_addresses_of_one_network_share_a_bucket() -> None:
    assert source("2001:db8::1") == source("2001:db8::ffff") != source("2001:db8:0:1::1")
    assert source("::ffff:192.0.2.1") == source("192.0.2.1") != source("192.0.2.2")
    assert source("testclient") == "address:testclient"


async def test_the_api_answers_429_with_retry_after(world: World) -> None:
    world.per_minute = 2
    ask = world.as_("tenant:acme")
    for _ in range(2):
        assert (await ask.get("/v1/api-keys")).status_code == 200
    refused = await ask.get("/v1/api-keys")
    assert refused.status_code == 429
    assert refused.json()["error"]["message"] == "Rate budget exceeded."
    assert 1 <= int(refused.headers["retry-after"]) <= 31
    assert (await world.as_("tenant:helios").get("/v1/api-keys")).status_code == 200


async def test_guessed_tokens_are_counted_by_their_address(world: World) -> None:
    world.per_minute = 2
    statuses = [
        (await world.as_(f"sk_live_acme_{guess}").get("/v1/api-keys")).status_code
        for guess in range(3)
    ]
    assert statuses == [401, 401, 429]
    elsewhere = world.as_("tenant:acme", "198.51.100.1")
    assert (await elsewhere.get("/v1/api-keys")).status_code == 200
