"""Manual ch. 7 and § 20.5.2: people, the lines they answer, and how they get in again."""

import re
from typing import Any

import pyotp
from playwright.async_api import Locator, expect

from tests.browser.conftest import Arrival
from tests.browser.lines import add_line, shows
from tests.browser.tenancy import PASSWORD, code_to, link_to, mail, set_password
from tests.browser.visitor import Visitor
from tests.support.box import Box
from tests.support.operator import Operator

USERS = "/tenants/acme/users"


async def add_user(owner: Operator, username: str, name: str, **more: Any) -> None:
    body = {"username": username, "name": name, "email": f"{username}@acme.example"}
    await owner.ask("POST", USERS, body | more)


async def drawer(visitor: Visitor, name: str, tab: str) -> Locator:
    """Of a user, from the row on."""
    await visitor.button(f"Open {name}").click()
    opened = visitor.dialog(re.compile(f"^{name}"))
    await opened.get_by_role("tab", name=re.compile(f"^{tab}")).click()
    return opened


async def test_7_3_1_linking_an_extension(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1201", "Tess Linked")
        await add_user(owner, "tess", "Tess Linked", extension="1201")
        visitor = await console("acme", "/users")
        opened = await drawer(visitor, "Tess Linked", "Extensions")
        await expect(
            opened.get_by_text("// the phone identities this user answers")
        ).to_be_visible()
        await visitor.choose("Link another extension", "1050", re.compile("1050"), opened)
        added = opened.get_by_role("row").filter(has_text="1050")
        await shows(added, "secondary")
        await visitor.button("Make primary", added).click()
        await shows(added, "primary")
        await visitor.button("Save links", opened).click()
        await visitor.told("Links of Tess Linked saved.")
        links = (await owner.get(f"{USERS}/tess"))["extensions"]
        assert {(each["extension"], each["role"]) for each in links} == {
            ("1201", "secondary"),
            ("1050", "primary"),
        }
        # One that somebody else answers is not offered.
        field = opened.get_by_role("combobox", name="Link another extension")
        await field.click()
        await field.press_sequentially("1002")
        await expect(
            visitor.page.get_by_text("No free or shared extension matches.")
        ).to_be_visible()
        await visitor.page.keyboard.press("Escape")
        await visitor.button("Unlink", added).click()
        await visitor.button("Save links", opened).click()
        await visitor.told("Links of Tess Linked saved.")
        links = (await owner.get(f"{USERS}/tess"))["extensions"]
        assert [(each["extension"], each["role"]) for each in links] == [("1201", "primary")]


async def test_7_4_2_resetting_access(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner, Operator(box, "platform") as platform:
        await add_user(owner, "umar", "Umar Locked", role="tenant_admin")
        guest = await console()
        await set_password(guest, await link_to(platform, "umar@acme.example", "invitation"))

        visitor = await console("acme", "/users")
        opened = await drawer(visitor, "Umar Locked", "Security")
        await expect(opened.get_by_text("// login credentials for this user")).to_be_visible()
        await visitor.button("Send reset link", opened).click()
        await visitor.told(re.compile("Reset link"))
        reset = await link_to(platform, "umar@acme.example", "reset")
        await set_password(guest, reset, "walnut-Breeze-55-coral")
        await guest.open(reset)
        await guest.sees("This link is not valid any more.")
        await guest.sign_in("acme/umar", "walnut-Breeze-55-coral")
        await guest.inside()

        await visitor.button("Set temporary password", opened).click()
        sure = visitor.dialog("Set temporary password — Umar Locked")
        await visitor.button("Set temporary password", sure).click()
        once = visitor.dialog("Temporary password set · copy it now")
        await visitor.button("Copy", once).click()
        temporary = await visitor.clipboard()
        await visitor.button("I’ve copied it — close", once).click()
        assert (await owner.get(f"{USERS}/umar"))["force_change"] is True

        await guest.sees("Your session has ended.")
        await guest.sign_in("acme/umar", temporary)
        await expect(
            guest.page.get_by_role("heading", name="Choose a new password")
        ).to_be_visible()
        await guest.page.get_by_label("New password", exact=True).fill(PASSWORD + "-again")
        await guest.page.get_by_label("New password, again").fill(PASSWORD + "-again")
        await guest.button("Save and sign in").click()
        await guest.inside()
        assert (await owner.get(f"{USERS}/umar"))["force_change"] is False


async def test_7_6_1_onboarding(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner, Operator(box, "platform") as platform:
        visitor = await console("platform", "/users?tenant=acme")
        await visitor.sees("// hosted PBX · tenant Acme Corp")
        await visitor.sees("ENV: PROD")
        await visitor.button("New user").click()
        dialog = visitor.dialog("New user — Acme Corp")
        await dialog.get_by_label("Full name").fill("Vera Moss")
        await expect(dialog.get_by_label("Username")).to_have_value("vera.moss")
        await dialog.get_by_label("Email", exact=True).fill("vera.moss@acme.example")
        await visitor.choose("Link extension", "1203", re.compile("1203.*new"), dialog)
        await dialog.get_by_role("switch", name="Require second factor").check()
        await visitor.picture("new-user-filled")
        await visitor.button("Create user", dialog).click()
        await visitor.told("User vera.moss created.")
        row = visitor.row("Vera Moss")
        await shows(row, "invited")
        await expect(row).to_contain_text("1203")
        made = await owner.get(f"{USERS}/vera.moss")
        assert (made["status"], made["require_second_factor"]) == ("invited", True)
        assert [(each["extension"], each["role"]) for each in made["extensions"]] == [
            ("1203", "primary")
        ]
        assert (await owner.get("/tenants/acme/extensions/1203"))["voicemail"] == "provisioned"
        guest = await console()
        await set_password(guest, await link_to(platform, "vera.moss@acme.example", "invitation"))
        await shows(row, "active")
        assert (await owner.get(f"{USERS}/vera.moss"))["status"] == "active"


async def test_20_5_2_recovering_from_a_lost_authenticator(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner, Operator(box, "platform") as platform:
        await add_user(owner, "walt", "Walt Rex", role="tenant_admin")
        email = "walt@acme.example"
        guest = await console()
        await set_password(guest, await link_to(platform, email, "invitation"))
        await guest.sign_in("acme/walt", PASSWORD)
        await guest.inside()
        secret = await enrol_authenticator(guest)
        assert (await owner.get(f"{USERS}/walt"))["authenticator"] is True

        visitor = await console("acme", "/users")
        opened = await drawer(visitor, "Walt Rex", "Security")
        await visitor.button("Clear enrolment", opened).click()
        await opened.get_by_role("switch", name="Require second factor").check()
        await visitor.picture("user-security-clearing")
        await visitor.button("Save security", opened).click()
        await visitor.told("Security of Walt Rex saved.")
        now = await owner.get(f"{USERS}/walt")
        assert (now["authenticator"], now["require_second_factor"]) == (False, True)
        rows = [(each["action"], each["target"]) for each in (await owner.get("/audit"))["data"]]
        assert ("Cleared TOTP enrolment", "user Walt Rex") in rows
        assert ("Enabled email OTP", "user Walt Rex") in rows

        again = await console()
        await again.sign_in("acme/walt", PASSWORD)
        field = again.page.get_by_label("Email one-time code (MFA)")
        await expect(field).to_be_visible()
        await again.picture("second-step-email")
        await field.fill(await code_to(platform, email, "code"))
        await again.button("Sign in").click()
        await again.inside()
        assert await enrol_authenticator(again) != secret
        assert (await owner.get(f"{USERS}/walt"))["authenticator"] is True


async def enrol_authenticator(visitor: Visitor) -> str:
    """In Profile & security; the secret that the app was given."""
    await visitor.open("/profile")
    await visitor.inside()
    await visitor.button("Set up authenticator").click()
    await confirm_password(visitor)
    shown = visitor.page.locator("code").first
    await expect(shown).to_be_visible()
    secret = (await shown.inner_text()).replace(" ", "")
    await visitor.page.get_by_label("Authenticator code").fill(pyotp.TOTP(secret).now())
    await visitor.button("Confirm").click()
    await visitor.sees("Recovery codes")
    await visitor.picture("recovery-codes")
    return secret


async def confirm_password(visitor: Visitor) -> None:
    """Before a factor is changed, whoever sits there shows that it is still they."""
    field = visitor.page.get_by_role("dialog").get_by_label("Password", exact=True)
    code = visitor.page.locator("code").first
    await expect(field.or_(code).first).to_be_visible()
    if await field.is_visible():
        await field.fill(PASSWORD)
        await visitor.page.get_by_role("dialog").locator("button[type=submit]").click()


async def test_user_is_disabled_and_deleted(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner, Operator(box, "platform") as platform:
        await add_user(owner, "xena", "Xena Gone", role="tenant_admin")
        guest = await console()
        await set_password(guest, await link_to(platform, "xena@acme.example", "invitation"))
        await guest.sign_in("acme/xena", PASSWORD)
        await guest.inside()
        visitor = await console("acme", "/users")
        await visitor.act("Actions for Xena Gone", "Disable")
        await visitor.button("Disable", visitor.dialog("Disable Xena Gone")).click()
        await shows(visitor.row("Xena Gone"), "disabled")
        assert (await owner.get(f"{USERS}/xena"))["status"] == "disabled"
        await guest.sees("Your session has ended.")
        await visitor.button("Undo").click()
        await shows(visitor.row("Xena Gone"), "active")
        assert (await owner.get(f"{USERS}/xena"))["status"] == "active"
        await visitor.act("Actions for Xena Gone", "Delete user")
        sure = visitor.dialog("Delete user — Xena Gone")
        await sure.get_by_label("Type the username xena to confirm").fill("xena")
        await visitor.button("Delete permanently", sure).click()
        await visitor.told("User xena deleted.")
        names = [each["username"] for each in (await owner.get(USERS, limit=200))["data"]]
        assert "xena" not in names
        await mail(platform, "xena@acme.example", "invitation")
