"""One's own account over the API (manual § 3.6, § 7.5.1)."""

import pyotp
import pytest

from appliance.model.policy import Policy
from tests.store.conftest import StillClock
from tests.support.api import World
from tests.support.door import NEW, PASSWORDS, Browser, Signing


@pytest.fixture
async def signing(world: World) -> Signing:
    return await Signing.made(world)


async def inside(signing: Signing, name: str = "alice.tan") -> Browser:
    browser = signing.browser()
    assert (await browser.sign_in(name)).status_code == 200
    return browser


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/me/totp", {}),
        ("POST", "/v1/me/totp/confirm", {"code": "123456"}),
        ("DELETE", "/v1/me/totp", None),
        ("PUT", "/v1/me/email-otp", {"on": True}),
        ("POST", "/v1/me/recovery-codes", {}),
        ("POST", "/v1/me/passkeys/options", {}),
        ("POST", "/v1/me/passkeys", {"credential": {}}),
        ("DELETE", "/v1/me/passkeys/1", None),
    ],
)
async def test_doors_are_not_touched_by_a_token_that_was_left_lying_about(
    signing: Signing, clock: StillClock, method: str, path: str, body: object
) -> None:
    browser = await inside(signing)
    clock.seconds += 600
    answer = await browser.http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "confirm_password")
    wrong = await browser.post("/v1/me/confirm", password="wrong")
    assert wrong.json()["error"]["fields"] == {"password": "Incorrect password."}
    right = await browser.post("/v1/me/confirm", password=PASSWORDS["alice.tan"])
    assert right.status_code == 204
    assert (await browser.http.request(method, path, json=body)).status_code != 403


async def test_confirming_is_no_way_round_the_lockout(signing: Signing) -> None:
    browser = await inside(signing)
    for _ in range(5):
        await browser.post("/v1/me/confirm", password="wrong")
    locked = await browser.post("/v1/me/confirm", password=PASSWORDS["alice.tan"])
    assert locked.status_code == 422


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Short-7-pw", "At least 12 characters."),
        ("x" * 129, "At most 128 characters."),
        ("iloveyou1234", "This is a common or leaked password."),
        ("ILOVEYOU1234", "This is a common or leaked password."),
        ("my-acme-Pebble-77-x", "Not with your own name, login or organisation in it."),
        ("Alice-Lantern-44-q", "Not with your own name, login or organisation in it."),
        ("welcome-welcome-", "Too easy to guess. Longer and less usual is better."),
        ("lantern-\x00Orchid-52-x", "No control characters."),
        (PASSWORDS["alice.tan"], "Not one of your last 5 passwords."),
    ],
)
async def test_password_that_the_policy_refuses_is_named_and_nothing_is_changed(
    signing: Signing, password: str, words: str
) -> None:
    browser = await inside(signing)
    answer = await browser.post(
        "/v1/me/password", current=PASSWORDS["alice.tan"], password=password
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == {"password": words}
    assert (await signing.browser().sign_in("alice.tan")).status_code == 200


async def test_password_is_changed_with_the_present_one_and_ends_the_other_logins(
    signing: Signing,
) -> None:
    browser, other = await inside(signing), await inside(signing)
    wrong = await browser.post("/v1/me/password", current="wrong", password=NEW)
    assert wrong.json()["error"]["fields"] == {"current": "Incorrect password."}
    right = await browser.post("/v1/me/password", current=PASSWORDS["alice.tan"], password=NEW)
    assert right.status_code == 204
    assert (await browser.get("/v1/me")).status_code == 200
    assert (await other.get("/v1/me")).status_code == 401
    assert (await signing.browser().sign_in("alice.tan")).status_code == 401
    assert "Set password: user Alice Tan" in await signing.actions()


async def test_last_five_passwords_do_not_come_back_and_the_sixth_does(
    signing: Signing, clock: StillClock
) -> None:
    browser, current = await inside(signing), PASSWORDS["alice.tan"]
    for number in range(5):
        wanted = f"ribbon-Walnut-{number}8-comet"
        answer = await browser.post("/v1/me/password", current=current, password=wanted)
        assert answer.status_code == 204, answer.text
        current = wanted
        first = await browser.post(
            "/v1/me/password", current=current, password=PASSWORDS["alice.tan"]
        )
        assert first.status_code == (422 if number < 4 else 204)


async def test_authenticator_is_removed_unless_it_is_needed(
    signing: Signing, clock: StillClock
) -> None:
    browser = await inside(signing, "acme")
    secret = (await browser.post("/v1/me/totp")).json()["secret"]
    code = pyotp.TOTP(secret).at(clock.wall())
    assert (await browser.post("/v1/me/totp/confirm", code=code)).status_code == 200
    await signing.policy(Policy())
    assert (await browser.delete("/v1/me/totp")).status_code == 409
    assert (await browser.put("/v1/me/email-otp", on=True)).status_code == 204
    assert (await browser.delete("/v1/me/totp")).status_code == 204
    assert (await browser.put("/v1/me/email-otp", on=False)).status_code == 409
    actions = await signing.actions()
    for action in ("Enrolled authenticator", "Enabled email OTP", "Cleared TOTP enrolment"):
        assert f"{action}: user Ben Ong" in actions
    assert secret not in str(await signing.world.actions())


async def test_recovery_codes_are_made_anew_and_the_old_ones_are_void(
    signing: Signing, clock: StillClock
) -> None:
    browser = await inside(signing)
    secret = (await browser.post("/v1/me/totp")).json()["secret"]
    code = pyotp.TOTP(secret).at(clock.wall())
    old = (await browser.post("/v1/me/totp/confirm", code=code)).json()["recovery_codes"]
    new = (await browser.post("/v1/me/recovery-codes")).json()["recovery_codes"]
    assert (await signing.browser().sign_in("alice.tan", code=old[0])).status_code == 401
    assert (await signing.browser().sign_in("alice.tan", code=new[0])).status_code == 200


async def test_logins_are_listed_and_ended_one_by_one_or_all(signing: Signing) -> None:
    first, second, third = [await inside(signing) for _ in range(3)]
    stranger = await inside(signing, "helios")
    listed = (await first.get("/v1/me/logins")).json()["data"]
    assert len(listed) == 3
    (current,) = [one for one in listed if one["current"]]
    assert (current["address"], current["user_agent"]) == ("192.0.2.7", "Firefox")
    (other,) = [one for one in (await second.get("/v1/me/logins")).json()["data"] if one["current"]]
    assert (await stranger.delete(f"/v1/me/logins/{other['id']}")).status_code == 404
    assert (await first.delete(f"/v1/me/logins/{other['id']}")).status_code == 204
    assert (await second.get("/v1/me")).status_code == 401
    assert (await first.delete("/v1/me/logins")).json() == {"ended": 1}
    assert (await third.get("/v1/me")).status_code == 401
    assert (await first.get("/v1/me")).status_code == 200
    assert (await stranger.get("/v1/me")).status_code == 200


async def test_me_tells_tier_scope_lines_and_a_lasting_notice(signing: Signing) -> None:
    me = (await (await inside(signing)).get("/v1/me")).json()
    assert me["extensions"] == [{"extension": "1001", "name": "Alice Tan", "role": "primary"}]
    assert me["tenant"]["slug"] == "acme"
    assert me["notices"] == []
    admin = (await (await inside(signing, "acme")).get("/v1/me")).json()
    assert [notice["code"] for notice in admin["notices"]] == ["admin_2fa_off"]
    assert admin["second_factors"]["required"] is False
