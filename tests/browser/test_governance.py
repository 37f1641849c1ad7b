"""Manual § 20.5 and § 20.8: the security policy and the audit log."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import LINES
from tests.browser.tenancy import PASSWORD, new_tenant
from tests.support.box import Box
from tests.support.operator import Operator


async def test_tenant_may_be_stricter_and_never_weaker(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "strict", "Strict Ltd")
        visitor = await console()
        await visitor.sign_in("strict", PASSWORD)
        await visitor.inside()
        await visitor.follow("Security Policy")
        length = visitor.page.get_by_label("Minimum length")
        await expect(length).to_have_accessible_description(re.compile("floor · 12"))
        await length.fill("8")
        await visitor.button("Save policy").click()
        await visitor.sees("Tenants may be stricter, never weaker.")
        await expect(length).to_have_attribute("aria-invalid", "true")
        assert (await platform.get("/tenants/strict/policy"))["min_length"] == 12
        await length.fill("16")
        await visitor.button("Save policy").click()
        await visitor.told("Security policy of Strict Ltd saved.")
        assert (await platform.get("/tenants/strict/policy"))["min_length"] == 16
        assert (await platform.get("/policy"))["min_length"] == 12


async def test_platform_saves_its_floor(console: Arrival, box: Box) -> None:
    visitor = await console("platform", "/policy")
    await visitor.page.get_by_label("Lock for").fill("20")
    await visitor.button("Save policy").click()
    await visitor.told(re.compile("Security policy saved."))
    async with Operator(box, "platform") as platform:
        assert (await platform.get("/policy"))["lockout_minutes"] == 20
        await visitor.page.get_by_label("Lock for").fill("15")
        await visitor.button("Save policy").click()
        await visitor.told(re.compile("Security policy saved."))
        assert (await platform.get("/policy"))["lockout_minutes"] == 15


async def test_audit_log_shows_what_happens_while_one_looks(console: Arrival, box: Box) -> None:
    visitor = await console("acme", "/audit")
    async with Operator(box, "acme") as owner:
        await owner.ask("POST", LINES, {"extension": "1401", "name": "Seen In Audit"})
    row = visitor.row("extension 1401")
    await expect(row).to_contain_text("Created extension")
    await expect(row).to_contain_text("tenant Acme Corp")
    await row.get_by_role("button", name=re.compile("^Open")).click()
    drawer = visitor.page.get_by_role("dialog")
    await expect(drawer).to_contain_text("extension 1401")
    await visitor.picture("audit-row")
    await visitor.page.keyboard.press("Escape")
    await visitor.page.get_by_label("Filter by action or target…").fill("extension 1401")
    await expect(
        visitor.page.get_by_role("status").filter(has_text=re.compile("^1 row"))
    ).to_be_visible()
    async with visitor.page.expect_download() as download:
        await visitor.act("Export", "CSV, for a spreadsheet")
    path = await (await download.value).path()
    text = path.read_text()
    assert "extension 1401" in text
    assert "helios" not in text.lower()


async def test_chain_is_verified(console: Arrival) -> None:
    visitor = await console("platform", "/audit")
    await visitor.button("Verify now").click()
    await visitor.sees(re.compile(r"Chain whole, verified to row \d+"))
