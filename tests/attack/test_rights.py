"""What a key may is what its maker gave it: no way round by a login, another key, a search or the
feed."""

from typing import Any, Final

import pytest

from appliance.control.caller import Right
from tests.support.twins import Twins, word_of

ALL_BUT: Final = (Right.AUDIT_READ, Right.KEYS_WRITE, Right.CALLS_READ, Right.WEBHOOKS_WRITE)
TEMPORARY: Final[dict[str, Any]] = {"name": "Eve", "credential": "temporary_password"}


@pytest.mark.parametrize(
    ("whose", "path", "body"),
    [
        ("platform", "/v1/operators", {"username": "eve", "email": "e@e.example"}),
        ("reseller:nimbus", "/v1/operators", {"username": "eve", "email": "e@e.example"}),
        ("tenant:acme", "/v1/tenants/acme/users", {"username": "eve", "role": "tenant_admin"}),
        ("reseller:nimbus", "/v1/tenants/acme/users", {"username": "eve", "role": "tenant_admin"}),
    ],
)
async def test_a_key_makes_itself_no_login_that_may_more(
    twins: Twins, whose: str, path: str, body: dict[str, str]
) -> None:
    """A login has every right of its tier; this key has not."""
    rights = [right for right in Right if right not in ALL_BUT]
    key = await twins.key(whose, *rights)
    answer = await twins.as_(key).ask("POST", path, {**TEMPORARY, **body})
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("what", ["temporary-password", "reset-link"])
async def test_a_key_takes_over_no_login_that_may_more(twins: Twins, what: str) -> None:
    rights = [right for right in Right if right not in ALL_BUT]
    key = await twins.key("reseller:nimbus", *rights)
    for path in ("/v1/operators/nimbus.lead", "/v1/tenants/acme/users/acme"):
        answer = await twins.as_(key).ask("POST", f"{path}/{what}")
        assert answer.status_code == 403, answer.text
        answer = await twins.as_(key).ask("PATCH", f"{path}/security", {"email": "e@e.example"})
        assert answer.status_code == 403, answer.text


async def test_a_search_finds_no_operators_for_a_key_that_may_not_list_them(twins: Twins) -> None:
    for more, found in (((), False), ((Right.TENANCY_READ,), True)):
        key = await twins.key("reseller:nimbus", Right.PBX_READ, *more)
        hits = await twins.as_(key).ask("GET", "/v1/search", query={"q": word_of("nimbus")})
        assert (word_of("nimbus") in hits.text) is found
        listed = await twins.as_(key).ask("GET", "/v1/operators")
        assert (listed.status_code == 200) is found


async def test_a_search_finds_nothing_for_a_key_with_another_right(twins: Twins) -> None:
    key = await twins.key("platform", Right.WEBHOOKS_WRITE)
    answer = await twins.as_(key).ask("GET", "/v1/search", query={"q": "a"})
    assert answer.json() == {"data": []}


@pytest.mark.parametrize(
    ("right", "path", "body"),
    [
        (Right.KEYS_WRITE, "/v1/api-keys", {"label": "ERP", "scopes": ["pbx:read"]}),
        (Right.PBX_WRITE, "/v1/tenants/acme/extensions", {"extension": "1043", "name": "ERP"}),
    ],
)
async def test_the_feed_tells_a_key_of_changes_that_it_may_read_alone(
    twins: Twins, right: Right, path: str, body: dict[str, Any]
) -> None:
    for given, heard in ((Right.PBX_READ, right is Right.PBX_WRITE), (right, True)):
        key = await twins.key("tenant:acme", given, Right.PBX_READ)
        feed = twins.feed.subscribe(twins.identity.caller(key, ""), key, None)
        await twins.as_("tenant:acme").ask("POST", path, body)
        await twins.as_("tenant:acme").ask("DELETE", f"{path}/1043")
        fed = [message.topic for message in feed._waiting]
        assert ("changed" in fed) is heard, fed
