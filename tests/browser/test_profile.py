"""Manual § 3.6 and § 7.5: one's own account."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.tenancy import PASSWORD, code_to, new_tenant
from tests.browser.visitor import Visitor
from tests.support.box import Box
from tests.support.operator import Operator

OTHER = "walnut-Breeze-55-coral"


async def test_password_is_changed_and_other_logins_end(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "ownacct", "Own Account")
    elsewhere = await console()
    await elsewhere.sign_in("ownacct", PASSWORD)
    await elsewhere.inside()
    visitor = await console()
    await visitor.sign_in("ownacct", PASSWORD)
    await visitor.inside()
    await visitor.button(re.compile("Account:")).click()
    await visitor.page.get_by_role("link", name=re.compile("Profile & security")).click()
    await expect(visitor.heading("Profile & security")).to_be_visible()
    await expect(
        visitor.page.get_by_role("button", name=re.compile("^End the login"))
    ).to_have_count(1)
    await visitor.button("Change password").click()
    await visitor.page.get_by_label("Current password").fill("not-this-one")
    await visitor.page.get_by_label("New password", exact=True).fill(OTHER)
    await visitor.page.get_by_label("New password, again").fill(OTHER)
    await visitor.button("Change password").click()
    await expect(visitor.page.get_by_label("Current password")).to_have_attribute(
        "aria-invalid", "true"
    )
    await visitor.page.get_by_label("Current password").fill(PASSWORD)
    await visitor.button("Change password").click()
    await visitor.told("Password changed. Your other logins have ended.")
    await elsewhere.sees("Your session has ended.")
    await elsewhere.sign_in("ownacct", PASSWORD)
    await elsewhere.sees("Incorrect username or password")
    await elsewhere.sign_in("ownacct", OTHER)
    await elsewhere.inside()
    await visitor.button(re.compile("^End the login")).click()
    await visitor.told(re.compile("is ended"))
    await elsewhere.sees("Your session has ended.")
    await visitor.button(re.compile("Account:")).click()
    await visitor.button("Sign out", visitor.dialog("Account")).click()
    await expect(visitor.page.get_by_role("heading", name="Operator sign-in")).to_be_visible()


async def test_email_code_is_switched_on_and_asked_for(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "mailcode", "Mail Code")
        visitor = await console()
        await visitor.sign_in("mailcode", PASSWORD)
        await visitor.inside()
        await visitor.open("/profile")
        await visitor.button("Switch on").click()
        await visitor.told(re.compile("A code is emailed to"))
        again = await console()
        await again.sign_in("mailcode", PASSWORD)
        field = again.page.get_by_label("Email one-time code (MFA)")
        await field.fill("000000")
        await again.button("Sign in").click()
        await again.sees(re.compile("code", re.IGNORECASE))
        await field.fill(await code_to(platform, "owner@mailcode.example", "code"))
        await again.button("Sign in").click()
        await again.inside()


async def test_theme_is_kept(console: Arrival) -> None:
    visitor = await console("acme")
    await visitor.button(re.compile("Account:")).click()
    await visitor.page.get_by_text("Dark", exact=True).click()
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = await visitor.page.evaluate(ground)
    await visitor.page.reload()
    await visitor.inside()
    assert await visitor.page.evaluate(ground) == dark
    assert dark != "rgb(247, 247, 250)"


async def test_passkey_is_added_and_signs_in(console: Arrival, box: Box) -> None:
    """A passkey belongs to a name: the box is visited as localhost."""
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "keyring", "Key Ring")
    visitor = await console(host="localhost")
    await virtual_authenticator(visitor)
    await visitor.sign_in("keyring", PASSWORD)
    await visitor.inside()
    await visitor.open("/profile")
    await visitor.button("Add passkey").click()
    await visitor.page.get_by_label("Name", exact=True).fill("Laptop")
    await visitor.button("Add passkey").last.click()
    codes = visitor.dialog("Recovery codes")
    await expect(codes).to_be_visible()
    await visitor.button("Copy", codes).click()
    await visitor.button("I’ve kept them — close", codes).click()
    await visitor.sees("1 passkey")
    await visitor.button(re.compile("Account:")).click()
    await visitor.button("Sign out", visitor.dialog("Account")).click()
    await visitor.button("Use a passkey").click()
    await visitor.inside()
    async with Operator(box, "platform") as platform:
        users = (await platform.get("/tenants/keyring/users"))["data"]
        assert [each["security"] for each in users] == ["passkey"]


async def virtual_authenticator(visitor: Visitor) -> None:
    """A security key in the browser that says yes by itself."""
    devtools = await visitor.page.context.new_cdp_session(visitor.page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
