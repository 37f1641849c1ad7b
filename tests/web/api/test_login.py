"""Signing in over the API (manual § 3.1, § 20.5, § 20.6)."""

from dataclasses import replace

import pyotp
import pytest

from appliance.control import one_time_links, passwords
from appliance.control.caller import SYSTEM
from appliance.control.changes import Change
from appliance.control.errors import Conflict
from appliance.control.hashing import Hashing, hashed
from appliance.control.passwords import Temporary
from appliance.model.accounts import Account, AccountStatus
from appliance.model.policy import Policy
from appliance.model.resellers import ResellerStatus
from appliance.model.tenants import TenantStatus
from appliance.store import accounts
from tests.store.conftest import StillClock
from tests.support.api import World
from tests.support.door import NEW, PASSWORDS, Signing


@pytest.fixture
async def signing(world: World) -> Signing:
    return await Signing.made(world)


# -- who is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("nobody", "x"),
        ("sara", "Glacier-Tandem-41-quilt"),
        ("sara", ""),
        ("", ""),
        ("zoe", PASSWORDS["zoe"]),
        ("nowhere/zoe", PASSWORDS["zoe"]),
        ("nobody@people.example", "x"),
        ("zoe@people.example", PASSWORDS["zoe"]),
        ("acme/sara", PASSWORDS["sara"]),
    ],
)
async def test_wrong_and_ambiguous_names_are_refused_in_the_same_words(
    signing: Signing, name: str, password: str
) -> None:
    answer = await signing.browser().http.post(
        "/v1/login", json={"username": name, "password": password}
    )
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {"code": "incorrect", "message": "Incorrect username or password"}
    }
    assert "set-cookie" not in answer.headers


async def test_account_that_is_not_active_is_told_so_after_the_right_password_only(
    signing: Signing,
) -> None:
    await signing.put(replace(signing.account("alice.tan"), status=AccountStatus.DISABLED))
    wrong = await signing.browser().sign_in("alice.tan", "wrong")
    right = await signing.browser().sign_in("alice.tan")
    assert wrong.json()["error"]["message"] == "Incorrect username or password"
    assert (right.status_code, right.json()["error"]["message"]) == (401, "account is not active")


async def test_suspended_tenant_or_reseller_refuses_sign_in(signing: Signing) -> None:
    world = signing.world
    await world.put_tenant(replace(world.tenants["helios"], status=TenantStatus.SUSPENDED))
    await world.put_reseller(replace(world.resellers["nimbus"], status=ResellerStatus.SUSPENDED))
    for name in ("helios", "acme", "alice.tan", "nimbus.ops"):
        answer = await signing.browser().sign_in(name)
        assert answer.json()["error"]["message"] == "account is not active", name


async def test_unknown_names_cost_the_same_work(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = Hashing.fits

    async def counted(self: Hashing, password: str, hash_: str | None) -> bool:
        verified.append(password)
        return await real(self, password, hash_)

    monkeypatch.setattr(Hashing, "fits", counted)
    await signing.browser().sign_in("sara", "wrong")
    await signing.browser().sign_in("nobody", "wrong")
    assert verified == ["wrong", "wrong"]


async def test_fifth_wrong_password_locks_known_and_unknown_names_alike(
    signing: Signing, clock: StillClock
) -> None:
    for name in ("alice.tan", "nobody"):
        for _ in range(5):
            await signing.browser().sign_in(name, "wrong")
    locked = await signing.browser().sign_in("alice.tan")
    assert locked.json()["error"]["message"] == "Incorrect username or password"
    (mail,) = await signing.mails("locked_out")
    assert (mail["recipient"], mail["minutes"]) == ("alice.tan@people.example", 15)
    actions = await signing.actions()
    assert actions.count("Sign-in refused: user Alice Tan") == 5
    assert actions.count("Sign-in refused: an unknown login") == 5
    assert actions.count("Locked out: user Alice Tan") == 1
    clock.seconds += 15 * 60
    assert (await signing.browser().sign_in("alice.tan")).status_code == 200


async def test_address_that_is_wrong_too_often_waits_and_others_do_not(
    signing: Signing,
) -> None:
    for number in range(30):
        await signing.browser().sign_in(f"name{number}", "wrong")
    slowed = await signing.browser().sign_in("alice.tan")
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) > 0
    assert (await signing.browser("198.51.100.9").sign_in("alice.tan")).status_code == 200


async def test_plain_http_from_elsewhere_is_refused(signing: Signing) -> None:
    far = await signing.browser(scheme="http").sign_in("sara")
    assert (far.status_code, far.json()["error"]["code"]) == (403, "https_required")
    near = await signing.browser("127.0.0.1", "http").sign_in("sara")
    assert near.status_code == 200


async def test_another_sites_page_cannot_sign_anybody_in(signing: Signing) -> None:
    body = {"username": "sara", "password": PASSWORDS["sara"]}
    headers = {"origin": "https://evil.example"}
    answer = await signing.browser().http.post("/v1/login", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")


# -- who is let in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "who", "tier", "scope"),
    [
        ("sara", "sara", "platform", (None, None, None)),
        ("SARA@people.example", "sara", "platform", (None, None, None)),
        ("nimbus.ops", "nimbus.ops", "reseller", ("nimbus", None, None)),
        ("acme", "acme", "tenant", ("nimbus", "acme", None)),
        ("acme/alice.tan", "alice.tan", "user", ("nimbus", "acme", "1001")),
        ("helios/zoe", "zoe", "user", (None, "helios", None)),
        (" Alice.Tan ", "alice.tan", "user", ("nimbus", "acme", "1001")),
    ],
)
async def test_right_password_answers_a_token_with_tier_and_scope(
    signing: Signing, name: str, who: str, tier: str, scope: tuple[str | None, ...]
) -> None:
    browser = signing.browser()
    answer = await browser.sign_in(name, PASSWORDS[who])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["tier"] == tier
    assert body["expires_in"] == 900
    assert tuple(body["scope"].values()) == scope
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-login=")
    for part in ("Path=/", "HttpOnly", "Secure", "SameSite=Strict"):
        assert part in cookie
    me = (await browser.get("/v1/me")).json()
    assert (me["username"], me["tier"]) == (who, tier)


async def test_new_place_is_mailed_but_not_the_first(signing: Signing) -> None:
    await signing.browser().sign_in("alice.tan")
    await signing.browser().sign_in("alice.tan")
    assert await signing.mails("new_place") == []
    await signing.browser("198.51.100.9").sign_in("alice.tan")
    (mail,) = await signing.mails("new_place")
    assert (mail["recipient"], mail["address"]) == ("alice.tan@people.example", "198.51.100.9")


# -- tokens --------------------------------------------------------------------------------------


async def test_token_is_over_after_fifteen_minutes_and_the_cookie_renews_it(
    signing: Signing, clock: StillClock
) -> None:
    browser = signing.browser()
    await browser.sign_in("acme")
    clock.seconds += 15 * 60
    assert (await browser.get("/v1/me")).status_code == 401
    assert (await browser.post("/v1/login/refresh")).status_code == 200
    assert (await browser.get("/v1/me")).status_code == 200


async def test_token_that_was_tampered_with_is_refused(signing: Signing) -> None:
    browser = signing.browser()
    token = (await browser.sign_in("acme")).json()["token"]
    header, body, mac = token.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for forged in (f"{header}.{body}.{mac[::-1]}", f"{none}.{body}.", f"{header}.{body}", "", "é"):
        headers = [(b"authorization", f"Bearer {forged}".encode())]
        answer = await signing.browser().http.get("/v1/me", headers=headers)
        assert answer.status_code == 401, forged


async def test_spent_refresh_token_ends_the_login(signing: Signing) -> None:
    thief, owner = signing.browser(), signing.browser()
    await owner.sign_in("acme")
    stolen = owner.http.cookies["__Host-login"]
    assert (await owner.post("/v1/login/refresh")).status_code == 200
    assert (await owner.post("/v1/login/refresh")).status_code == 200
    thief.http.cookies.set("__Host-login", stolen)
    assert (await thief.post("/v1/login/refresh")).status_code == 401
    assert (await owner.get("/v1/me")).status_code == 401
    assert (await owner.post("/v1/login/refresh")).status_code == 401
    assert "Refused refresh token reuse: user Ben Ong" in await signing.actions()


async def test_refresh_needs_our_own_page(signing: Signing) -> None:
    browser = signing.browser()
    await browser.sign_in("acme")
    for headers in (
        {},
        {"origin": "https://box.example"},
        {"x-requested-with": "x", "origin": "https://evil.example"},
        {"x-requested-with": "x", "origin": "null"},
        {"x-requested-with": "x", "sec-fetch-site": "cross-site"},
    ):
        for path in ("/v1/login/refresh", "/v1/logout"):
            answer = await browser.http.post(path, headers=headers)
            assert answer.status_code == 403, headers
    assert (await browser.post("/v1/login/refresh")).status_code == 200


async def test_login_that_was_not_refreshed_for_twelve_hours_is_over(
    signing: Signing, clock: StillClock
) -> None:
    browser = signing.browser()
    await browser.sign_in("acme")
    clock.seconds += 12 * 3600
    assert (await browser.post("/v1/login/refresh")).status_code == 401


async def test_sign_out_ends_the_login(signing: Signing) -> None:
    browser = signing.browser()
    await browser.sign_in("acme")
    kept = browser.http.cookies["__Host-login"]
    answer = await browser.post("/v1/logout")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await browser.get("/v1/me")).status_code == 401
    browser.http.cookies.set("__Host-login", kept)
    assert (await browser.post("/v1/login/refresh")).status_code == 401
    assert "Signed out: user Ben Ong" in await signing.actions()


async def test_suspension_disabling_and_deleting_bite_at_once(signing: Signing) -> None:
    world = signing.world
    acme, helios, alice = signing.browser(), signing.browser(), signing.browser()
    for browser, name in ((acme, "acme"), (helios, "helios"), (alice, "alice.tan")):
        await browser.sign_in(name)
        assert (await browser.get("/v1/me")).status_code == 200
    await signing.put(replace(signing.account("alice.tan"), status=AccountStatus.DISABLED))
    await world.put_tenant(replace(world.tenants["helios"], status=TenantStatus.SUSPENDED))
    await world.put_reseller(replace(world.resellers["nimbus"], status=ResellerStatus.SUSPENDED))
    for browser in (acme, helios, alice):
        assert (await browser.get("/v1/me")).status_code == 401
        assert (await browser.post("/v1/login/refresh")).status_code == 401
    await signing.put(replace(signing.account("alice.tan"), status=AccountStatus.ACTIVE))
    assert (await alice.get("/v1/me")).status_code == 401


# -- second factors ------------------------------------------------------------------------------


async def enrol(signing: Signing, name: str) -> tuple[pyotp.TOTP, list[str]]:
    browser = signing.browser()
    assert (await browser.sign_in(name)).status_code == 200
    begun = (await browser.post("/v1/me/totp")).json()
    assert begun["uri"].startswith("otpauth://totp/ByondVoice:")
    assert begun["qr"].startswith("<svg")
    totp = pyotp.TOTP(begun["secret"])
    wrong = await browser.post("/v1/me/totp/confirm", code="000000")
    assert wrong.status_code == 422
    code = totp.at(signing.world.clock.wall())
    confirmed = await browser.post("/v1/me/totp/confirm", code=code)
    assert confirmed.status_code == 200, confirmed.text
    return totp, confirmed.json()["recovery_codes"]


async def test_authenticators_code_is_asked_for_and_good_once(
    signing: Signing, clock: StillClock
) -> None:
    totp, _ = await enrol(signing, "acme")
    used = totp.at(clock.wall())
    browser = signing.browser()
    asked = await browser.sign_in("acme")
    assert asked.status_code == 401
    mfa = asked.json()["mfa"]
    assert (mfa["step"], mfa["methods"]) == ("code", ["totp", "recovery"])
    again = await browser.post("/v1/login", ticket=mfa["ticket"], code=used)
    assert (again.status_code, again.json()["error"]["message"]) == (401, "Incorrect code.")
    clock.seconds += 30
    fresh = totp.at(clock.wall())
    right = await browser.post("/v1/login", ticket=mfa["ticket"], code=fresh)
    assert right.status_code == 200
    replayed = await signing.browser().sign_in("acme", code=fresh)
    assert replayed.status_code == 401
    clock.seconds += 30
    at_once = await signing.browser().sign_in("acme", code=totp.at(clock.wall()))
    assert at_once.status_code == 200


async def test_five_wrong_codes_lock_the_second_step_whatever_the_ticket(
    signing: Signing, clock: StillClock
) -> None:
    totp, _ = await enrol(signing, "acme")
    clock.seconds += 60
    for _ in range(5):
        await signing.browser().sign_in("acme", code="000000")
    right = await signing.browser().sign_in("acme", code=totp.at(clock.wall()))
    assert right.json()["error"]["message"] == "Incorrect code."
    clock.seconds += 15 * 60
    later = await signing.browser().sign_in("acme", code=totp.at(clock.wall()))
    assert later.status_code == 200


async def test_recovery_code_is_good_once_and_shown_only_at_enrolment(signing: Signing) -> None:
    _, codes = await enrol(signing, "acme")
    assert len(codes) == 10
    first = await signing.browser().sign_in("acme", code=codes[0].upper(), method="recovery")
    assert first.status_code == 200
    again = await signing.browser().sign_in("acme", code=codes[0])
    assert again.status_code == 401
    browser = signing.browser()
    await browser.sign_in("acme", code=codes[1])
    me = (await browser.get("/v1/me")).json()
    assert me["second_factors"]["recovery_codes"] == 8


async def test_code_is_mailed_where_that_is_the_factor(signing: Signing, clock: StillClock) -> None:
    await signing.put(replace(signing.account("alice.tan"), email_otp=True))
    browser = signing.browser()
    mfa = (await browser.sign_in("alice.tan")).json()["mfa"]
    assert (mfa["methods"], mfa["email"]) == (["email"], "a•••@people.example")
    (mail,) = await signing.mails("code")
    assert (await browser.post("/v1/login/code", ticket=mfa["ticket"])).status_code == 429
    clock.seconds += 60
    assert (await browser.post("/v1/login/code", ticket=mfa["ticket"])).status_code == 204
    _, second = await signing.mails("code")
    if mail["code"] != second["code"]:
        old = await browser.post("/v1/login", ticket=mfa["ticket"], code=mail["code"])
        assert old.status_code == 401
    right = await browser.post("/v1/login", ticket=mfa["ticket"], code=second["code"])
    assert right.status_code == 200
    other = (await signing.browser().sign_in("alice.tan", code=second["code"])).status_code
    assert other == 401


async def test_mailed_code_is_over_after_five_minutes(signing: Signing, clock: StillClock) -> None:
    await signing.put(replace(signing.account("alice.tan"), email_otp=True))
    browser = signing.browser()
    mfa = (await browser.sign_in("alice.tan")).json()["mfa"]
    (mail,) = await signing.mails("code")
    clock.seconds += 300
    late = await browser.post("/v1/login", ticket=mfa["ticket"], code=mail["code"])
    assert late.status_code == 401


async def test_ticket_opens_nothing_else_and_is_over_in_time(
    signing: Signing, clock: StillClock
) -> None:
    await enrol(signing, "acme")
    browser = signing.browser()
    ticket = (await browser.sign_in("acme")).json()["mfa"]["ticket"]
    browser.http.headers["authorization"] = f"Bearer {ticket}"
    assert (await browser.get("/v1/me")).status_code == 401
    for path, more in (
        ("/v1/login/password", {"password": NEW}),
        ("/v1/login/enrol/totp", {}),
        ("/v1/login/enrol/totp/confirm", {"code": "123456"}),
        ("/v1/login/enrol/email", {"code": "123456"}),
        ("/v1/login/enrol/passkey", {}),
    ):
        assert (await browser.post(path, ticket=ticket, **more)).status_code == 401, path
    clock.seconds += 600
    over = await browser.post("/v1/login", ticket=ticket, code="123456")
    assert over.json()["error"]["code"] == "ticket_over"


# -- what must be done first ---------------------------------------------------------------------


async def test_temporary_password_must_be_changed_before_anything_else(
    signing: Signing,
) -> None:
    prepared = Temporary("b7Qz-9pK2-mW4t-Xa4r", hashed("b7Qz-9pK2-mW4t-Xa4r"))
    shown = await signing.world.control.change(
        SYSTEM,
        lambda change: passwords.set_temporary(change, signing.account("alice.tan"), prepared),
    )
    browser = signing.browser()
    asked = await browser.sign_in("alice.tan", shown)
    assert asked.status_code == 401
    assert "mfa" not in asked.json()
    ticket = asked.json()["next"]["ticket"]
    assert asked.json()["next"]["step"] == "change_password"
    for bad in ("short", shown, PASSWORDS["alice.tan"], "password1234", "alice.tan-is-my-name-1"):
        refused = await browser.post("/v1/login/password", ticket=ticket, password=bad)
        assert refused.status_code == 422, bad
        assert "password" in refused.json()["error"]["fields"]
    assert (await browser.post("/v1/login/password", ticket=ticket, password=NEW)).is_success
    assert (await browser.get("/v1/me")).status_code == 200
    assert (await signing.browser().sign_in("alice.tan", shown)).status_code == 401
    assert (await signing.browser().sign_in("alice.tan", NEW)).status_code == 200


async def test_admin_without_a_factor_enrols_before_the_login(
    signing: Signing, clock: StillClock
) -> None:
    await signing.policy(Policy())
    browser = signing.browser()
    asked = (await browser.sign_in("sara")).json()["next"]
    assert (asked["step"], asked["methods"]) == ("enrol", ["totp", "passkey", "email"])
    begun = await browser.post("/v1/login/enrol/totp", ticket=asked["ticket"])
    code = pyotp.TOTP(begun.json()["secret"]).at(clock.wall())
    wrong = await browser.post("/v1/login/enrol/totp/confirm", ticket=asked["ticket"], code="1")
    assert wrong.status_code == 422
    done = await browser.post("/v1/login/enrol/totp/confirm", ticket=asked["ticket"], code=code)
    assert done.status_code == 200
    assert len(done.json()["recovery_codes"]) == 10
    assert (await browser.get("/v1/me")).json()["second_factors"]["totp"] is True
    assert (await signing.browser().sign_in("alice.tan")).status_code == 200


async def test_admin_enrols_mailed_codes_by_the_first_one(signing: Signing) -> None:
    await signing.policy(Policy())
    browser = signing.browser()
    ticket = (await browser.sign_in("acme")).json()["next"]["ticket"]
    assert (await browser.post("/v1/login/code", ticket=ticket)).status_code == 204
    (mail,) = await signing.mails("code")
    done = await browser.post("/v1/login/enrol/email", ticket=ticket, code=mail["code"])
    assert done.status_code == 200
    assert signing.account("acme").email_otp
    assert (await signing.browser().sign_in("acme")).json()["mfa"]["methods"] == ["email"]


# -- forgotten -----------------------------------------------------------------------------------


async def test_forgotten_password_is_answered_alike_and_mailed_once(signing: Signing) -> None:
    answers = [
        (await signing.browser().post("/v1/login/forgot", username=name)).json()
        for name in ("alice.tan", "nobody", "zoe", "alice.tan")
    ]
    assert len({str(answer) for answer in answers}) == 1
    (mail,) = await signing.mails("reset")
    assert mail["recipient"] == "alice.tan@people.example"


async def test_reset_link_is_good_once_ends_logins_and_spares_no_second_factor(
    signing: Signing, clock: StillClock
) -> None:
    totp, _ = await enrol(signing, "acme")
    clock.seconds += 60
    inside = signing.browser()
    await inside.sign_in("acme", code=totp.at(clock.wall()))
    await signing.browser().post("/v1/login/forgot", username="acme")
    (mail,) = await signing.mails("reset")
    page, link = signing.browser(), f"/v1/invitations/{mail['token']}"
    facts = (await page.get(link)).json()
    assert (facts["kind"], facts["username"], facts["tenant"]) == ("reset", "acme", "Acme")
    weak = await page.post(link, password="short")
    assert weak.json()["error"]["fields"] == {"password": "At least 12 characters."}
    done = await page.post(link, password=NEW)
    assert done.json() == {"sign_in_as": "acme", "tier": "tenant"}
    assert "set-cookie" not in done.headers
    assert (await inside.get("/v1/me")).status_code == 401
    assert (await page.post(link, password=NEW + "x")).status_code == 404
    assert (await page.get(link)).status_code == 404
    assert (await page.sign_in("acme", NEW)).json()["mfa"]["methods"] == ["totp", "recovery"]


async def test_link_is_dead_after_its_time_and_while_the_tenant_is_suspended(
    signing: Signing, clock: StillClock
) -> None:
    await signing.browser().post("/v1/login/forgot", username="acme")
    (mail,) = await signing.mails("reset")
    link = f"/v1/invitations/{mail['token']}"
    acme = signing.world.tenants["acme"]
    await signing.world.put_tenant(replace(acme, status=TenantStatus.SUSPENDED))
    assert (await signing.browser().post(link, password=NEW)).status_code == 404
    await signing.world.put_tenant(acme)
    clock.seconds += 3600
    assert (await signing.browser().post(link, password=NEW)).status_code == 404
    assert (await signing.browser().get("/v1/invitations/nothing")).status_code == 404


async def test_new_password_ends_what_the_old_one_had_begun_and_opens_what_was_locked(
    signing: Signing,
) -> None:
    change, alice = signing.world.control.change, signing.account("alice.tan")
    thief = signing.browser()
    first = await change(SYSTEM, lambda change: passwords.set_temporary(change, alice))
    ticket = (await thief.sign_in("alice.tan", first)).json()["next"]["ticket"]
    for _ in range(5):
        await signing.browser().sign_in("alice.tan", "wrong")
    second = await change(SYSTEM, lambda change: passwords.set_temporary(change, alice))
    stolen = await thief.post("/v1/login/password", ticket=ticket, password=NEW)
    assert (stolen.status_code, stolen.json()["error"]["code"]) == (401, "ticket_over")
    asked = await signing.browser().sign_in("alice.tan", second)
    assert asked.json()["next"]["step"] == "change_password"


async def test_admin_with_a_temporary_password_changes_it_and_then_enrols(
    signing: Signing, clock: StillClock
) -> None:
    await signing.policy(Policy())
    acme = signing.account("acme")
    shown = await signing.world.control.change(
        SYSTEM, lambda change: passwords.set_temporary(change, acme)
    )
    browser = signing.browser()
    ticket = (await browser.sign_in("acme", shown)).json()["next"]["ticket"]
    changed = await browser.post("/v1/login/password", ticket=ticket, password=NEW)
    assert changed.json()["next"] == {
        "step": "enrol",
        "ticket": ticket,
        "methods": ["totp", "passkey", "email"],
        "email": "a•••@people.example",
    }
    secret = (await browser.post("/v1/login/enrol/totp", ticket=ticket)).json()["secret"]
    code = pyotp.TOTP(secret).at(clock.wall())
    done = await browser.post("/v1/login/enrol/totp/confirm", ticket=ticket, code=code)
    assert done.status_code == 200


async def test_password_that_is_set_while_the_old_one_is_looked_at_counts(
    signing: Signing,
) -> None:
    change, alice = signing.world.control.change, signing.account("alice.tan")
    real = signing.door.passwords.right

    async def right(password: str, account: Account | None) -> bool:
        found = await real(password, account)
        await change(SYSTEM, lambda change: passwords.set_temporary(change, alice))
        return found

    signing.door.passwords.right = right  # type: ignore[method-assign]
    answer = await signing.browser().sign_in("alice.tan")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "incorrect")


async def test_invitation_makes_the_login_active_and_only_the_newest_link_is_good(
    signing: Signing,
) -> None:
    control, zoe = signing.world.control, signing.account("alice.tan")
    invited = replace(zoe, username="dev.rao", email="dev@people.example", links=())
    invited = replace(invited, status=AccountStatus.INVITED)

    def make(change: Change) -> Account:
        made = accounts.insert(change.transaction, invited)
        one_time_links.invite(change, made)
        one_time_links.invite(change, made)
        return made

    await control.change(SYSTEM, make)
    first, second = await signing.mails("invitation")
    page = signing.browser()
    assert (await page.sign_in("dev.rao", NEW)).status_code == 401
    assert (await page.get(f"/v1/invitations/{first['token']}")).status_code == 404
    link = f"/v1/invitations/{second['token']}"
    assert (await page.get(link)).json()["kind"] == "invitation"
    assert (await page.post(link, password="dev.rao-Lantern-52")).status_code == 422
    done = await page.post(link, password=NEW)
    assert done.json() == {"sign_in_as": "acme/dev.rao", "tier": "user"}
    assert (await page.sign_in("acme/dev.rao", NEW)).status_code == 200
    with pytest.raises(Conflict):
        account = signing.door.identity.named("dev.rao")
        assert account is not None
        await control.change(SYSTEM, lambda change: one_time_links.invite(change, account))
