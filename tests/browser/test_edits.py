"""The buttons that no procedure of the manual presses: what they ask for, read back by the API."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import LINES, Screen, add_device, add_line, card, shows
from tests.browser.tenancy import PASSWORD, link_to, new_tenant, set_password
from tests.support.box import Box
from tests.support.operator import Operator


async def test_device_is_renamed(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1501", "Edited Line")
        await add_device(owner, "1501", "Old label")
        visitor = await console("acme", "/extensions")
        drawer = await Screen(visitor).drawer("1501")
        await visitor.act("Actions for Old label", "Edit device", card(drawer, "Old label"))
        dialog = visitor.dialog("Edit device · 1501-desk")
        await dialog.get_by_label("Friendly name").fill("New label")
        await dialog.get_by_label("Media encryption").select_option("required")
        await visitor.button("Save device", dialog).click()
        await visitor.told("Device 1501-desk saved.")
        await expect(card(drawer, "New label")).to_be_visible()
        saved = await owner.get(f"{LINES}/1501/devices/1501-desk")
        assert (saved["name"], saved["media_security"]) == ("New label", "required")


async def test_tenants_details_are_saved(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "details", "Details Ltd")
        visitor = await console("platform", "/tenants?open=details&tab=details")
        drawer = visitor.dialog("Details Ltd")
        await drawer.get_by_label("Display name").fill("Details GmbH")
        await visitor.choose("Country", "german", re.compile("Germany"), drawer)
        await visitor.choose("Time zone", "berlin", re.compile("Berlin"), drawer)
        await visitor.button("Save details", drawer).click()
        await visitor.told("Details GmbH saved.")
        saved = await platform.get("/tenants/details")
        assert (saved["name"], saved["country"], saved["time_zone"]) == (
            "Details GmbH",
            "DE",
            "Europe/Berlin",
        )


async def test_reseller_is_edited_and_deleted(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        body = {"name": "Brief Partner", "code": "BRIEF", "admin_email": "noc@brief.example"}
        await platform.ask("POST", "/resellers", body)
        visitor = await console("platform", "/resellers/brief")
        await visitor.page.get_by_role("switch", name="Conferences").uncheck()
        await visitor.button("Save limits").click()
        await visitor.told("Limits of Brief Partner saved.")
        saved = await platform.get("/resellers/brief")
        assert saved["entitlements"]["conferences"] is False
        await visitor.act("Actions", "Edit reseller")
        dialog = visitor.page.get_by_role("dialog")
        await dialog.get_by_label("Reseller name").fill("Briefer Partner")
        await dialog.locator("button[type=submit]").click()
        await visitor.sees("Briefer Partner")
        assert (await platform.get("/resellers/brief"))["name"] == "Briefer Partner"
        await visitor.act("Actions", "Delete reseller")
        sure = visitor.dialog("Delete reseller")
        await sure.get_by_label("Type the short code BRIEF to confirm").fill("BRIEF")
        await visitor.button("Delete permanently", sure).click()
        await visitor.told("Reseller Briefer Partner deleted.")
        codes = [each["code"] for each in (await platform.get("/resellers"))["data"]]
        assert "BRIEF" not in codes


async def test_users_sessions_are_ended_and_the_roster_exported(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner, Operator(box, "platform") as platform:
        body = {"username": "yara", "name": "Yara", "email": "yara@acme.example"}
        await owner.ask("POST", "/tenants/acme/users", body | {"role": "tenant_admin"})
        guest = await console()
        await set_password(guest, await link_to(platform, "yara@acme.example", "invitation"))
        await guest.sign_in("acme/yara", PASSWORD)
        await guest.inside()
        visitor = await console("acme", "/users?open=yara")
        drawer = visitor.dialog(re.compile("^Yara"))
        await drawer.get_by_label("Full name").fill("Yara Zed")
        await visitor.button("Save details", drawer).click()
        await visitor.told("User yara saved.")
        assert (await owner.get("/tenants/acme/users/yara"))["name"] == "Yara Zed"
        await drawer.get_by_role("tab", name="Security").click()
        await visitor.button("End all sessions", drawer).click()
        sure = visitor.dialog("End all sessions — Yara Zed")
        await visitor.button("End all sessions", sure).click()
        await visitor.told("Sessions of Yara Zed ended.")
        await guest.sees("Your session has ended.")
        assert (await owner.get("/tenants/acme/users/yara/logins"))["data"] == []
        await visitor.page.keyboard.press("Escape")
        async with visitor.page.expect_download() as download:
            await visitor.button("Export").click()
        text = (await (await download.value).path()).read_text()
        assert "yara" in text
        assert "farah" not in text


async def test_key_is_renamed_and_rotated(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        made = await owner.ask("POST", "/api-keys", {"label": "Old key", "scopes": ["pbx:read"]})
        visitor = await console("acme", "/api")
        await visitor.act("More for Old key", "Rename")
        dialog = visitor.dialog("Rename Old key")
        await dialog.get_by_label("Label").fill("New key")
        await visitor.button("Save", dialog).click()
        await visitor.told("API key Old key is now called New key.")
        await visitor.act("More for New key", "Rotate secret")
        await visitor.button("Rotate secret", visitor.dialog("Rotate New key")).click()
        once = visitor.dialog("Secret rotated · copy it now")
        await visitor.button("Copy", once).click()
        assert await visitor.clipboard() not in ("", made["secret"])
        await visitor.button("I’ve copied it — close", once).click()
        await shows(visitor.row("New key"), "active")
        labels = [each["label"] for each in (await owner.get("/api-keys"))["data"]]
        assert "New key" in labels
        assert "Old key" not in labels


async def test_webhook_is_edited_and_its_secret_rotated(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        body = {"label": "Hooks", "url": "https://1.1.1.1/hooks", "events": ["call.completed"]}
        made = await owner.ask("POST", "/webhooks", body)
        visitor = await console("acme", f"/api/{made['id']}")
        drawer = visitor.dialog("Hooks")
        await visitor.button("Edit", drawer).click()
        dialog = visitor.dialog("Edit Hooks")
        await dialog.get_by_label("Label").fill("Renamed hooks")
        await dialog.get_by_role("checkbox", name=re.compile("device.registered")).check()
        await visitor.button("Save webhook", dialog).click()
        await visitor.told("Webhook Renamed hooks saved.")
        saved = await owner.get(f"/webhooks/{made['id']}")
        assert sorted(saved["events"]) == ["call.completed", "device.registered"]
        drawer = visitor.dialog("Renamed hooks")
        await visitor.act("More for Renamed hooks", "Rotate secret", drawer)
        sure = visitor.dialog("Rotate the secret of Renamed hooks")
        await visitor.button("Rotate secret", sure).click()
        once = visitor.dialog("Secret rotated · copy it now")
        await visitor.button("Copy", once).click()
        assert await visitor.clipboard() != made["secret"]
        await visitor.button("I’ve copied it — close", once).click()
        await owner.ask("DELETE", f"/webhooks/{made['id']}")
