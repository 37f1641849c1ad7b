"""Manual § 3.5.1 and § 27.6: going anywhere by typing."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.visitor import Visitor


async def typed(visitor: Visitor, words: str) -> None:
    await visitor.page.keyboard.press("Control+k")
    await expect(visitor.page.get_by_role("combobox", name="Jump to")).to_be_focused()
    await visitor.page.keyboard.type(words)


async def test_3_5_1_jumping_to_a_record(console: Arrival) -> None:
    visitor = await console("platform")
    await typed(visitor, "acme 1001")
    chosen = visitor.page.get_by_role("option", selected=True)
    await expect(chosen).to_contain_text(re.compile(r"1001.*Alice Tan"))
    await visitor.picture("palette")
    await visitor.page.keyboard.press("ArrowDown")
    await expect(chosen).not_to_have_text(re.compile(r"^\s*1001\s*Alice Tan"))
    await visitor.page.keyboard.press("ArrowUp")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.dialog(re.compile("^1001 · Alice Tan"))).to_be_visible()
    assert "tenant=acme" in visitor.page.url
    assert "open=1001" in visitor.page.url
    await visitor.sees("// hosted PBX · tenant Acme Corp")


async def test_esc_leaves_everything_as_it_was(console: Arrival) -> None:
    visitor = await console("acme")
    before = visitor.page.url
    await typed(visitor, "Alice")
    await expect(visitor.page.get_by_role("option").first).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.get_by_role("dialog", name="Search")).to_have_count(0)
    assert visitor.page.url == before


async def test_nothing_of_others_is_found(console: Arrival) -> None:
    visitor = await console("acme")
    await typed(visitor, "Farah")
    await visitor.sees("Nothing in your scope matches “Farah”.")
    await visitor.page.keyboard.press("Control+a")
    await visitor.page.keyboard.type("resellers")
    await visitor.sees("Nothing in your scope matches “resellers”.")


async def test_a_screen_is_found_by_what_it_is_for(console: Arrival) -> None:
    visitor = await console("acme")
    await typed(visitor, "lockout")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.heading("Security Policy")).to_be_visible()
