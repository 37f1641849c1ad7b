"""Manual § 27.6.1: the console without a mouse."""

import re

from playwright.async_api import Locator, expect

from tests.browser.conftest import Arrival
from tests.browser.lines import LINES
from tests.browser.visitor import Visitor
from tests.support.box import Box
from tests.support.operator import Operator

LONGEST = 40


async def tab_to(visitor: Visitor, wanted: Locator) -> None:
    """Tab on until it has the focus."""
    for _ in range(LONGEST):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await visitor.page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {wanted}")


async def test_signing_in_and_creating_an_extension(console: Arrival, box: Box) -> None:
    visitor = await console()
    keys = visitor.page.keyboard
    who = box.secrets["tenants"]["acme"]["owner"]
    await expect(visitor.page.get_by_label("Username or email")).to_be_focused()
    await keys.type("acme")
    await keys.press("Tab")
    await keys.type("wrong")
    await keys.press("Enter")
    await visitor.sees("Incorrect username or password")
    await expect(visitor.page.get_by_label("Password", exact=True)).to_be_focused()
    await keys.press("Control+a")
    await keys.type(who["password"])
    await keys.press("Enter")
    await visitor.inside()

    await tab_to(visitor, visitor.button("New extension"))
    await keys.press("Enter")
    dialog = visitor.dialog("New extension — Acme Corp")
    await expect(dialog.get_by_label("Extension number")).to_be_focused()
    await keys.press("Control+a")
    await keys.type("1001")
    await keys.press("Tab")
    await keys.type("Keys Only")
    await keys.press("Control+Enter")
    await expect(dialog.get_by_text("extension number already in use.")).to_be_visible()
    await expect(dialog.get_by_label("Extension number")).to_be_focused()
    await keys.press("Control+a")
    await keys.type("1301")
    await keys.press("Control+Enter")
    await expect(dialog).to_have_count(0)
    await expect(visitor.button("New extension")).to_be_focused()
    async with Operator(box, "acme") as owner:
        assert (await owner.get(f"{LINES}/1301"))["name"] == "Keys Only"

    # "/" to the filter, arrows through the rows, Enter opens, Esc closes.
    await keys.press("/")
    await keys.type("1301")
    await expect(
        visitor.page.get_by_role("status").filter(has_text=re.compile("^1 extension$"))
    ).to_be_visible()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    drawer = visitor.dialog(re.compile("^1301 · Keys Only"))
    await expect(drawer).to_be_visible()
    await keys.press("Escape")
    await expect(drawer).to_have_count(0)


async def test_the_focus_is_always_seen(console: Arrival) -> None:
    """Whatever Tab reaches on a screen has a ring."""
    visitor = await console("acme", "/extensions")
    await visitor.page.locator("body").press("Tab")
    for _ in range(25):
        bare = await visitor.page.evaluate(
            """() => {
              const one = document.activeElement;
              const looks = getComputedStyle(one);
              const ring = looks.outlineStyle !== "none" && parseFloat(looks.outlineWidth) > 0;
              const seen = ring || looks.boxShadow !== "none" || one === document.body;
              return seen ? "" : one.outerHTML;
            }"""
        )
        assert not bare, bare[:200]
        await visitor.page.keyboard.press("Tab")
