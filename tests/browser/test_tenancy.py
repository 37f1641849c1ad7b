"""Manual ch. 4–6: resellers and tenants, from making them to deleting them."""

import re

from playwright.async_api import Locator, expect

from tests.browser.conftest import Arrival
from tests.browser.lines import shows
from tests.browser.tenancy import PASSWORD, link_to, new_tenant, set_password
from tests.browser.visitor import Visitor
from tests.support.box import Box
from tests.support.operator import Operator


async def fill_new_tenant(visitor: Visitor, name: str, slug: str, reseller: str = "") -> None:
    """The dialog of § 6.3.2, to its end."""
    await visitor.button("New tenant").click()
    dialog = visitor.dialog("New tenant")
    await dialog.get_by_label("Display name").fill(name)
    await dialog.get_by_label("Slug (handle)").fill(slug)
    await dialog.get_by_label("Owner email").fill(f"owner@{slug}.example")
    await dialog.get_by_label("Owner password").fill(PASSWORD)
    if reseller:
        await visitor.choose("Reseller", reseller, re.compile(reseller), dialog)
    await visitor.button("Create tenant", dialog).click()


async def suspend(visitor: Visitor, drawer: Locator, name: str) -> None:
    await visitor.button("Suspend", drawer).click()
    await visitor.button("Suspend", visitor.dialog(f"Suspend {name}")).click()
    await visitor.told(f"{name} suspended.")


async def test_5_2_1_creating_a_reseller(console: Arrival, box: Box) -> None:
    visitor = await console("platform")
    await visitor.follow("Resellers")
    await visitor.button("New reseller").click()
    dialog = visitor.dialog("New reseller")
    await dialog.get_by_label("Reseller name").fill("Orion Voice")
    await expect(dialog.get_by_label("Short code (internal)")).to_have_value("ORION")
    await dialog.get_by_label("Primary admin email").fill("noc@orion.example")
    await expect(dialog.get_by_label("Plan")).to_have_value("Wholesale · Standard")
    await visitor.button("Create reseller", dialog).click()
    await visitor.told("Reseller Orion Voice created. Its invitation is kept under Mail.")
    row = visitor.row("Orion Voice")
    await shows(row, "active")
    await expect(row).to_contain_text("0 / 25")
    async with Operator(box, "platform") as platform:
        made = await platform.get("/resellers/orion")
        assert (made["code"], made["status"]) == ("ORION", "active")
        assert made["used"]["tenants"] == 0
        link = await link_to(platform, "noc@orion.example", "invitation")
        username = made["admin"]["username"]
    guest = await console()
    await set_password(guest, link)
    await guest.sign_in(username, PASSWORD)
    await guest.inside()
    await guest.button(re.compile("Account:")).click()
    await guest.sees("RESELLER · Orion Voice")


async def test_4_5_1_reseller_tenant_and_its_owner(console: Arrival, box: Box) -> None:
    visitor = await console("platform", "/tenants")
    await fill_new_tenant(visitor, "Lumen Labs", "lumen", "Nimbus")
    await visitor.told("Tenant Lumen Labs created.")
    await expect(visitor.dialog("Lumen Labs")).to_contain_text("Nimbus Telecom")
    owner = await console()
    await owner.sign_in("lumen", PASSWORD)
    await owner.inside()
    await expect(owner.heading("Extensions & Devices")).to_be_visible()
    await expect(owner.page.get_by_text("No extensions yet")).to_be_visible()
    await owner.button("New extension").first.click()
    dialog = owner.dialog("New extension — Lumen Labs")
    await dialog.get_by_label("Extension number").fill("1001")
    await dialog.get_by_label("Display name").fill("Lena Lumen")
    await owner.button("Create extension", dialog).click()
    await owner.told("Extension 1001 created.")
    await owner.button("Open 1001").click()
    drawer = owner.dialog("1001 · Lena Lumen")
    await owner.button("Add device", drawer).first.click()
    adding = owner.dialog("Add device · ext 1001")
    await adding.get_by_text("browser softphone", exact=True).click()
    await adding.get_by_label("Friendly name").fill("Lena — web")
    await owner.button("Create device", adding).click()
    once = owner.dialog(re.compile("copy the secret now"))
    await owner.button("Copy", once).click()
    await owner.button("I’ve copied it — close", once).click()
    await expect(drawer.get_by_role("article", name="Lena — web")).to_be_visible()
    async with Operator(box, "platform") as platform:
        tenant = await platform.get("/tenants/lumen")
        assert (tenant["reseller"], tenant["used"]) == (
            "nimbus",
            {"extensions": 1, "devices": 1},
        )
        devices = await platform.get("/tenants/lumen/extensions/1001/devices")
        # Acme has a 1001-web already, and SIP usernames are unique on the box (§ 9.4.1).
        assert [each["username"] for each in devices["data"]] == ["1001-web-lumen"]


async def test_5_7_a_cap_of_three_blocks_the_fourth(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        reseller = {"name": "Test Partner", "code": "TESTP", "admin_email": "noc@testp.example"}
        await platform.ask("POST", "/resellers", reseller)
        await new_tenant(platform, "drill", "Drill Co", reseller="testp")
        lines = "/tenants/drill/extensions"
        for number in ("1001", "1002", "1003"):
            await platform.ask("POST", lines, {"extension": number, "name": f"Line {number}"})

        visitor = await console("platform", "/resellers/testp")
        await visitor.page.get_by_label("Extensions", exact=True).fill("3")
        await visitor.button("Save limits").click()
        await visitor.told("Limits of Test Partner saved.")
        assert (await platform.get("/resellers/testp"))["caps"]["extensions"] == 3

        owner = await console()
        await owner.sign_in("drill", PASSWORD)
        await owner.inside()
        await owner.button("New extension").click()
        dialog = owner.dialog("New extension — Drill Co")
        await dialog.get_by_label("Extension number").fill("1004")
        await dialog.get_by_label("Display name").fill("One too many")
        await owner.button("Create extension", dialog).click()
        await expect(
            dialog.get_by_text("extension limit reached for this reseller.")
        ).to_be_visible()
        await owner.picture("cap-reached")
        assert (await platform.get(lines))["page"]["total"] == 3

        await visitor.act("Actions", "Suspend")
        await visitor.button("Suspend", visitor.dialog("Suspend Test Partner")).click()
        await visitor.told("Test Partner suspended.")
        assert (await platform.get("/tenants/drill"))["effective_status"] == "suspended"
        await owner.sees("Your session has ended.")
        await visitor.act("Actions", "Reactivate")
        await visitor.told("Test Partner reactivated.")
        assert (await platform.get("/tenants/drill"))["effective_status"] == "active"


async def test_6_3_2_a_new_tenant_sees_only_its_own(console: Arrival, box: Box) -> None:
    visitor = await console("platform", "/tenants")
    await visitor.button("New tenant").click()
    dialog = visitor.dialog("New tenant")
    await dialog.get_by_label("Display name").fill("Globex Pte Ltd")
    await expect(dialog.get_by_label("Slug (handle)")).to_have_value("globex")
    await dialog.get_by_label("Owner email").fill("owner@globex.example")
    await dialog.get_by_label("Slug (handle)").fill("acme")
    await dialog.get_by_label("Owner password").fill("password1234")
    await visitor.button("Create tenant", dialog).click()
    await expect(dialog.locator("[aria-invalid=true]").first).to_be_focused()
    await visitor.picture("new-tenant-refused")
    await dialog.get_by_label("Owner password").fill(PASSWORD)
    await visitor.button("Create tenant", dialog).click()
    await expect(dialog.get_by_text("slug already in use")).to_be_visible()
    await dialog.get_by_label("Slug (handle)").fill("globex")
    await visitor.button("Create tenant", dialog).click()
    await visitor.told("Tenant Globex Pte Ltd created.")
    await expect(visitor.row("Globex Pte Ltd")).to_contain_text("Direct")
    async with Operator(box, "platform") as platform:
        made = await platform.get("/tenants/globex")
        assert (made["name"], made["reseller"], made["status"]) == (
            "Globex Pte Ltd",
            None,
            "active",
        )
        assert made["owner"]["username"] == "globex"
    owner = await console()
    await owner.sign_in("globex", PASSWORD)
    await owner.inside()
    await expect(owner.page.get_by_text("No extensions yet")).to_be_visible()
    await owner.open("/extensions?tenant=acme")
    await owner.inside()
    await expect(owner.page.get_by_text("No extensions yet")).to_be_visible()
    await owner.open("/tenants")
    await owner.sees("There is nothing at this address in your scope.")


async def test_6_4_1_a_licence_takes_effect_at_once(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "sandboxco", "Sandbox Co")
        visitor = await console("platform", "/tenants")
        await visitor.button("Open Sandbox Co").click()
        drawer = visitor.dialog("Sandbox Co")
        await drawer.get_by_label("Max extensions · 0 = unlimited").fill("1")
        await drawer.get_by_label("Max SIP devices").fill("2")
        await drawer.get_by_label("Max numbers (DIDs)").fill("5")
        await drawer.get_by_label("Max concurrent calls").fill("8")
        recording = drawer.get_by_role("switch", name="Call recording")
        await expect(drawer.get_by_text("CURRENTLY: DISABLED")).to_be_visible()
        await recording.check()
        await visitor.button("Save licence", drawer).click()
        await visitor.told("Licence of Sandbox Co saved.")
        await expect(drawer.get_by_text("0/1", exact=True)).to_be_visible()
        now = await platform.get("/tenants/sandboxco")
        assert now["caps"] == {
            "extensions": 1,
            "devices": 2,
            "numbers": 5,
            "concurrent_calls": 8,
        }
        assert now["capabilities"]["recording"] is True

        await drawer.get_by_role("link", name=re.compile("^Extensions & Devices")).click()
        for number, words in (("1001", "created"), ("1002", "limit")):
            await visitor.button("New extension").first.click()
            dialog = visitor.dialog("New extension — Sandbox Co")
            await dialog.get_by_label("Extension number").fill(number)
            await dialog.get_by_label("Display name").fill("Test User")
            await visitor.button("Create extension", dialog).click()
            if words == "created":
                await visitor.told("Extension 1001 created.")
        await expect(dialog.get_by_text("extension limit reached for this tenant.")).to_be_visible()


async def test_6_6_suspending_reactivating_and_deleting_a_tenant(
    console: Arrival, box: Box
) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "goner", "Goner Ltd")
        await platform.ask("POST", "/tenants/goner/extensions", {"extension": "1001", "name": "G"})
        visitor = await console("platform", "/tenants?open=goner")
        drawer = visitor.dialog("Goner Ltd")
        await suspend(visitor, drawer, "Goner Ltd")
        await shows(visitor.row("Goner Ltd"), "suspended")
        assert (await platform.get("/tenants/goner"))["status"] == "suspended"

        owner = await console()
        await owner.sign_in("goner", PASSWORD)
        await owner.sees(re.compile("account is not active", re.IGNORECASE))
        await visitor.button("Reactivate", drawer).click()
        await visitor.told("Goner Ltd reactivated.")
        await owner.sign_in("goner", PASSWORD)
        await owner.inside()

        await visitor.act("Actions for Goner Ltd", "Delete tenant", drawer)
        sure = visitor.dialog("Delete tenant")
        await expect(sure).to_contain_text("This permanently deletes Goner Ltd")
        await expect(sure).to_contain_text(re.compile("1 extension.*will be destroyed"))
        await visitor.picture("dialog-delete-tenant")
        delete = visitor.button("Delete permanently", sure)
        await expect(delete).to_be_disabled()
        await sure.get_by_label("Type the slug goner to confirm").fill("gone")
        await expect(delete).to_be_disabled()
        await sure.get_by_label("Type the slug goner to confirm").fill("goner")
        await delete.click()
        await visitor.told("Tenant Goner Ltd deleted.")
        await expect(visitor.row("Goner Ltd")).to_have_count(0)
        slugs = [each["slug"] for each in (await platform.get("/tenants", limit=200))["data"]]
        assert "goner" not in slugs
        await owner.sees("Your session has ended.")
