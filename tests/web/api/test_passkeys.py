"""Passkeys, as the second step and as the only one."""

import pytest

from appliance.model.policy import Policy
from tests.store.conftest import StillClock
from tests.support.api import World
from tests.support.authenticator import Authenticator
from tests.support.door import Browser, Signing


@pytest.fixture
async def signing(world: World) -> Signing:
    return await Signing.made(world)


async def added(signing: Signing, name: str, authenticator: Authenticator) -> Browser:
    browser = signing.browser()
    await browser.sign_in(name)
    options = (await browser.post("/v1/me/passkeys/options")).json()["options"]
    answer = await browser.post(
        "/v1/me/passkeys", credential=authenticator.create(options), name="Laptop"
    )
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["recovery_codes"]) == 10
    return browser


@pytest.mark.parametrize(
    "authenticator",
    [Authenticator("https://evil.example"), Authenticator(verifies=False)],
    ids=["another page's", "without verification"],
)
async def test_passkey_of_another_page_or_without_verification_is_not_added(
    signing: Signing, authenticator: Authenticator
) -> None:
    browser = signing.browser()
    await browser.sign_in("acme")
    options = (await browser.post("/v1/me/passkeys/options")).json()["options"]
    answer = await browser.post("/v1/me/passkeys", credential=authenticator.create(options))
    assert answer.status_code == 422


async def test_answer_to_an_old_question_is_not_added(signing: Signing) -> None:
    browser, authenticator = signing.browser(), Authenticator()
    await browser.sign_in("acme")
    options = (await browser.post("/v1/me/passkeys/options")).json()["options"]
    made = authenticator.create(options)
    assert (await browser.post("/v1/me/passkeys", credential=made)).status_code == 201
    assert (await browser.post("/v1/me/passkeys", credential=made)).status_code == 422
    for rubbish in ({}, {"id": 5}, {"rawId": "é", "response": {"clientDataJSON": "x"}}):
        await browser.post("/v1/me/passkeys/options")
        assert (await browser.post("/v1/me/passkeys", credential=rubbish)).status_code == 422


async def test_passkey_alone_signs_in_even_where_a_factor_is_needed(signing: Signing) -> None:
    authenticator = Authenticator()
    await added(signing, "acme", authenticator)
    await signing.policy(Policy())
    browser = signing.browser()
    asked = (await browser.post("/v1/login/passkey")).json()
    answer = authenticator.get(asked["options"])
    done = await browser.post("/v1/login/passkey/verify", ticket=asked["ticket"], credential=answer)
    assert done.status_code == 200, done.text
    assert (await browser.get("/v1/me")).json()["username"] == "acme"
    again = await browser.post(
        "/v1/login/passkey/verify", ticket=asked["ticket"], credential=answer
    )
    assert again.status_code == 401


async def test_passkey_is_the_second_step_after_a_password(signing: Signing) -> None:
    authenticator = Authenticator()
    await added(signing, "acme", authenticator)
    browser = signing.browser()
    mfa = (await browser.sign_in("acme")).json()["mfa"]
    assert mfa["methods"] == ["passkey", "recovery"]
    asked = (await browser.post("/v1/login/passkey", ticket=mfa["ticket"])).json()
    assert len(asked["options"]["allowCredentials"]) == 1
    done = await browser.post(
        "/v1/login/passkey/verify",
        ticket=mfa["ticket"],
        credential=authenticator.get(asked["options"]),
    )
    assert done.status_code == 200


async def test_somebody_elses_passkey_does_not_pass_ones_second_step(signing: Signing) -> None:
    own, other = Authenticator(), Authenticator()
    await added(signing, "acme", own)
    await added(signing, "helios", other)
    browser = signing.browser()
    ticket = (await browser.sign_in("acme")).json()["mfa"]["ticket"]
    asked = (await browser.post("/v1/login/passkey", ticket=ticket)).json()
    answer = other.get(asked["options"])
    refused = await browser.post("/v1/login/passkey/verify", ticket=ticket, credential=answer)
    assert refused.status_code == 401


@pytest.mark.parametrize("wrong", ["origin", "unverified", "unknown", "count"])
async def test_wrong_answer_signs_nobody_in(signing: Signing, wrong: str) -> None:
    authenticator = Authenticator()
    await added(signing, "acme", authenticator)
    browser = signing.browser()
    asked = (await browser.post("/v1/login/passkey")).json()
    match wrong:
        case "origin":
            authenticator.origin = "https://evil.example"
        case "unverified":
            authenticator.flags = 0x01
        case "unknown":
            authenticator.credential = bytes(32)
        case _:
            good = authenticator.get(asked["options"])
            await browser.post("/v1/login/passkey/verify", ticket=asked["ticket"], credential=good)
            browser = signing.browser()
            asked = (await browser.post("/v1/login/passkey")).json()
            authenticator.count = 0
    answer = authenticator.get(asked["options"])
    refused = await browser.post(
        "/v1/login/passkey/verify", ticket=asked["ticket"], credential=answer
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "wrong_passkey")


async def test_admin_enrols_a_passkey_before_the_login(signing: Signing) -> None:
    await signing.policy(Policy())
    browser, authenticator = signing.browser(), Authenticator()
    ticket = (await browser.sign_in("sara")).json()["next"]["ticket"]
    begun = (await browser.post("/v1/login/enrol/passkey", ticket=ticket)).json()
    done = await browser.post(
        "/v1/login/enrol/passkey/confirm",
        ticket=ticket,
        credential=authenticator.create(begun["options"]),
        name="Key",
    )
    assert done.status_code == 200, done.text
    assert len(done.json()["recovery_codes"]) == 10
    (kept,) = (await browser.get("/v1/me")).json()["second_factors"]["passkeys"]
    assert kept["name"] == "Key"


async def test_last_factor_that_is_needed_stays(signing: Signing, clock: StillClock) -> None:
    browser = await added(signing, "acme", Authenticator())
    (kept,) = (await browser.get("/v1/me")).json()["second_factors"]["passkeys"]
    await signing.policy(Policy())
    refused = await browser.delete(f"/v1/me/passkeys/{kept['id']}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "factor_needed")
    await signing.policy(Policy(admin_second_factor=False))
    other = signing.browser()
    await other.sign_in("helios")
    assert (await other.delete(f"/v1/me/passkeys/{kept['id']}")).status_code == 404
    assert (await browser.delete(f"/v1/me/passkeys/{kept['id']}")).status_code == 204
    factors = (await browser.get("/v1/me")).json()["second_factors"]
    assert (factors["passkeys"], factors["recovery_codes"]) == ([], 0)


@pytest.mark.parametrize("host", ["[::1", "", ":443", "\\"])
async def test_host_that_is_none_is_refused_in_words(signing: Signing, host: str) -> None:
    headers = [(b"host", host.encode())]
    answer = await signing.browser().http.post("/v1/login/passkey", json={}, headers=headers)
    assert answer.status_code < 500


async def test_box_reached_by_address_has_no_passkeys(signing: Signing) -> None:
    headers = [(b"host", b"192.0.2.1:443")]
    answer = await signing.browser().http.post("/v1/login/passkey", json={}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_name")
