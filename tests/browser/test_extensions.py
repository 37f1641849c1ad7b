"""Manual ch. 9 and § 20.3: lines and devices, with phones that really register."""

import re
from dataclasses import replace
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import (
    LINES,
    Screen,
    add_device,
    add_line,
    card,
    register,
    shows,
)
from tests.support.baresip import Line, Phone
from tests.support.box import Box
from tests.support.operator import Operator

WRONG_PASSWORDS = 10
"""In ten minutes, before a username is blocked at an address."""


async def test_number_in_use_is_refused_beside_its_field(console: Arrival) -> None:
    visitor = await console("acme", "/extensions")
    await visitor.button("New extension").click()
    dialog = visitor.dialog("New extension — Acme Corp")
    await dialog.get_by_label("Extension number").fill("1001")
    await dialog.get_by_label("Display name").fill("Somebody")
    await visitor.button("Create extension", dialog).click()
    field = dialog.get_by_label("Extension number")
    await expect(field).to_have_accessible_description(
        re.compile("extension number already in use")
    )
    await visitor.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_9_3_3_creating_an_extension(console: Arrival, box: Box) -> None:
    visitor = await console("platform", "/extensions?tenant=acme")
    await visitor.sees("// hosted PBX · tenant Acme Corp")
    await visitor.sees("ENV: PROD")
    await visitor.button("New extension").click()
    dialog = visitor.dialog("New extension — Acme Corp")
    await expect(dialog.get_by_label("Extension number")).not_to_have_value("")
    await dialog.get_by_label("Extension number").fill("1101")
    await expect(
        dialog.get_by_text(re.compile(r"1101 is free · in the People band"))
    ).to_be_visible()
    await dialog.get_by_label("Display name").fill("Nadia Ho")
    await expect(dialog.get_by_role("switch", name="Enabled")).to_be_checked()
    await visitor.picture("dialog-new-extension")
    await visitor.button("Create extension", dialog).click()
    await visitor.told("Extension 1101 created.")
    row = visitor.row("Nadia Ho")
    await shows(row, "idle")
    await expect(row.get_by_role("cell").filter(has_text=re.compile("^0$"))).to_be_visible()
    async with Operator(box, "acme") as owner:
        made = await owner.get(f"{LINES}/1101")
    assert (made["name"], made["enabled"], made["status"]) == ("Nadia Ho", True, "idle")
    assert (made["voicemail"], made["devices"]) == ("provisioned", 0)
    drawer = await Screen(visitor).drawer("1101")
    await expect(drawer.get_by_text("No devices yet")).to_be_visible()


async def test_9_4_a_phone_registers_with_the_secret_shown_once(
    console: Arrival, box: Box, tmp_path: Path
) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1102", "Omar Said")
        visitor = await console("acme", "/extensions")
        drawer = await Screen(visitor).drawer("1102")
        await visitor.button("Add device", drawer).first.click()
        dialog = visitor.dialog("Add device · ext 1102")
        await dialog.get_by_text("desk", exact=True).click()
        await dialog.get_by_label("Friendly name").fill("Omar — Yealink T46")
        await expect(dialog.get_by_label("SIP username (auto)")).to_have_value("1102-desk")
        await visitor.button("Advanced", dialog).click()
        await dialog.get_by_role("switch", name="MD5 digest only").check()
        await visitor.picture("dialog-add-device")
        await visitor.button("Create device", dialog).click()

        once = visitor.dialog("Device created · copy the secret now")
        await expect(once.get_by_text("This secret is shown once.")).to_be_visible()
        await visitor.picture("dialog-secret-once")
        secret = await once.locator("code").inner_text()
        assert re.fullmatch(r"\w{4}(-\w{4}){3}", secret), "not the manual's form"
        await visitor.page.keyboard.press("Escape")
        await expect(once.get_by_text("It has not been copied.")).to_be_visible()
        await visitor.button("Copy", once).last.click()
        assert await visitor.clipboard() == secret
        await visitor.button("Copy & show registrar info", once).click()
        info = visitor.dialog("Registrar info")
        shown = await info.locator("pre, code").first.inner_text()
        for line in ("SIP username   : 1102-desk", "Auth ID        : 1102-desk", "3600s"):
            assert line in shown
        assert secret not in shown
        await visitor.picture("dialog-registrar-info")
        await visitor.button("Close", info).last.click()

        device = card(drawer, "Omar — Yealink T46")
        await shows(device, "idle")
        await expect(device.get_by_text("never registered")).to_be_visible()
        account = Line("1102-desk", secret, box.address())
        async with Phone(tmp_path / "phone", account) as phone:
            await phone.registered()
            await shows(device, "registered")
            await shows(visitor.row("Omar Said"), "registered")
            await expect(device.get_by_text(re.compile(r"127\.0\.0\.1:\d+"))).to_be_visible()
            await visitor.picture("extension-drawer-registered")
            listed = await owner.get(f"{LINES}/1102/devices/1102-desk")
            assert listed["status"] == "registered"
            assert listed["user_agent"].startswith("baresip")
            assert "secret" not in listed


async def test_9_6_2_each_state_is_told_apart(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1103", "Petra Lund")
        desk = await add_device(owner, "1103", "Petra — desk")
        await add_device(owner, "1103", "Petra — web", "browser")
        visitor = await console("acme", "/extensions")
        drawer = await Screen(visitor).drawer("1103")
        desk_card, web_card = card(drawer, "Petra — desk"), card(drawer, "Petra — web")
        await shows(web_card, "idle")
        assert await register(box, replace(desk, password="wrong")) == 401
        await shows(desk_card, "rejected")
        await expect(desk_card.get_by_text("Last attempt refused")).to_be_visible()
        await visitor.picture("extension-drawer-rejected")
        assert await register(box, desk) == 200
        await shows(desk_card, "registered")
        await expect(desk_card.get_by_text(re.compile(r"127\.0\.0\.1:\d+"))).to_be_visible()
        await shows(web_card, "idle")

        # A disabled line: signed off at once, and refused from then on.
        await visitor.act("Actions for extension 1103", "Disable extension", drawer)
        await visitor.button("Disable", visitor.dialog("Disable 1103 · Petra Lund")).click()
        await expect(drawer.get_by_text("This extension is disabled")).to_be_visible()
        assert (await owner.get(f"{LINES}/1103"))["enabled"] is False
        assert await register(box, desk) == 403
        await shows(desk_card, "rejected")
        await visitor.act("Actions for extension 1103", "Enable extension", drawer)
        await expect(drawer.get_by_text("This extension is disabled")).to_have_count(0)
        assert await register(box, desk) == 200
        await shows(desk_card, "registered")
        assert (await owner.get(f"{LINES}/1103"))["enabled"] is True


async def test_20_3_1_rotating_a_secret(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1104", "Quentin Roy")
        old = await add_device(owner, "1104", "Quentin — desk")
        assert await register(box, old) == 200
        visitor = await console("acme", "/extensions")
        drawer = await Screen(visitor).drawer("1104")
        device = card(drawer, "Quentin — desk")
        await shows(device, "registered")
        await visitor.button("Rotate secret", device).click()
        sure = visitor.dialog("Rotate secret — 1104-desk")
        await expect(sure.get_by_text("shows it once")).to_be_visible()
        await visitor.picture("dialog-rotate-secret")
        await visitor.button("Rotate secret", sure).click()
        once = visitor.dialog("Secret rotated · copy it now")
        await visitor.button("Copy", once).click()
        secret = await visitor.clipboard()
        await visitor.button("I’ve copied it — close", once).click()
        await shows(device, "idle")
        assert await register(box, old) == 401
        await shows(device, "rejected")
        assert await register(box, replace(old, password=secret)) == 200
        await shows(device, "registered")
        rows = (await owner.get("/audit", limit=50))["data"]
        assert any(
            (row["action"], row["target"]) == ("Rotated SIP secret", "device 1104-desk")
            for row in rows
        )


async def test_9_8_1_deleting_a_device(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1105", "Rosa Diaz")
        lost = await add_device(owner, "1105", "Rosa — lost phone")
        kept = await add_device(owner, "1105", "Rosa — desk phone")
        assert [await register(box, each) for each in (lost, kept)] == [200, 200]
        visitor = await console("acme", "/extensions")
        drawer = await Screen(visitor).drawer("1105")
        await expect(drawer.get_by_text("2 devices · 2 registered")).to_be_visible()
        gone = card(drawer, "Rosa — lost phone")
        await visitor.button("Delete", gone).click()
        sure = visitor.dialog("Delete device — Rosa — lost phone")
        await visitor.button("Delete device", sure).click()
        await expect(gone).to_have_count(0)
        await expect(drawer.get_by_text("1 device · 1 registered")).to_be_visible()
        await shows(card(drawer, "Rosa — desk phone"), "registered")
        listed = (await owner.get(f"{LINES}/1105/devices"))["data"]
        assert [each["username"] for each in listed] == [kept.username]
        assert await register(box, lost) == 401


async def test_extension_is_edited_filtered_and_deleted(console: Arrival, box: Box) -> None:
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1106", "Sven Old")
        visitor = await console("acme", "/extensions")
        await visitor.page.keyboard.press("/")
        await visitor.page.keyboard.type("sven")
        await expect(
            visitor.page.get_by_role("status").filter(has_text=re.compile("^1 extension$"))
        ).to_be_visible()
        assert "q=sven" in visitor.page.url
        await visitor.act("Actions for 1106", "Edit")
        dialog = visitor.dialog("Edit extension 1106 — Acme Corp")
        await dialog.get_by_label("Display name").fill("Sven New")
        await dialog.get_by_role("switch", name="Shared line").check()
        await visitor.button("Save extension", dialog).click()
        await visitor.told("Extension 1106 saved.")
        await expect(visitor.row("Sven New")).to_be_visible()
        saved = await owner.get(f"{LINES}/1106")
        assert (saved["name"], saved["shared"]) == ("Sven New", True)
        await visitor.act("Actions for 1106", "Delete")
        sure = visitor.dialog(re.compile("Delete extension"))
        await visitor.picture("dialog-delete-extension")
        await expect(visitor.button("Delete permanently", sure)).to_be_disabled()
        await sure.get_by_label("Type the number 1106 to confirm").fill("1106")
        await visitor.button("Delete permanently", sure).click()
        await expect(visitor.row("Sven New")).to_have_count(0)
        numbers = [each["extension"] for each in (await owner.get(LINES))["data"]]
        assert "1106" not in numbers


async def test_block_is_seen_and_cleared(console: Arrival, box: Box) -> None:
    """§ 23.2: clear the block, fix the secret, re-register."""
    async with Operator(box, "acme") as owner:
        await add_line(owner, "1107", "Blocked One")
        who = await add_device(owner, "1107", "Blocked — desk")
        for _ in range(WRONG_PASSWORDS):
            await register(box, replace(who, password="wrong"))
        assert await register(box, who) != 200
        visitor = await console("acme", "/extensions")
        await visitor.page.get_by_role("tab", name=re.compile("^Blocked devices")).click()
        row = visitor.row("1107-desk")
        await expect(row).to_contain_text("too many wrong passwords")
        await visitor.picture("blocked-device")
        await visitor.button("Clear the block", row).click()
        await visitor.told("Block of 1107-desk at 127.0.0.1 cleared.")
        await expect(row).to_have_count(0)
        blocks = (await owner.get("/tenants/acme/blocks"))["data"]
        assert all(each["username"] != "1107-desk" for each in blocks)
        assert await register(box, who) == 200
