"""A person at the console: one browser context of its own, and what that person does there.

Nothing here sleeps: each step waits for what it needs, as long as PATIENCE_MS.
"""

import os
import re
from pathlib import Path
from re import Pattern
from typing import Final

from playwright.async_api import Browser, ConsoleMessage, Error, Locator, Page, Response, expect

from tests.support.box import ROOT, Box
from tests.support.ports import uri_host

PATIENCE_MS: Final = int(os.environ.get("BROWSER_PATIENCE_MS", "20000"))
SCREENS: Final = ROOT / "build" / "screens"
"""Where the run leaves its screenshots; git ignores it."""

REFUSAL: Final = "Failed to load resource"
"""How Chromium reports every answer of 400 and above: refusals are part of the tests."""

Name = str | Pattern[str]


class Visitor:
    """Made by the fixture `console`. `faults` is what the page itself did wrong so far."""

    def __init__(self, box: Box, page: Page) -> None:
        self.box = box
        self.page = page
        self.faults: list[str] = []
        page.on("pageerror", self._thrown)
        page.on("console", self._said)
        page.on("response", self._answered)

    @classmethod
    async def arrive(
        cls,
        browser: Browser,
        box: Box,
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        host: str = "",
    ) -> "Visitor":
        """`host` is another name of the box than its address."""
        context = await browser.new_context(
            base_url=base_of(box, host),
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        return cls(box, await context.new_page())

    async def leave(self) -> None:
        await self.page.context.close()

    # -- signing in

    async def sign_in(self, username: str, password: str) -> None:
        """By the form, to the second step or into the console (manual § 1.4.1)."""
        await self.open("/")
        await self.page.get_by_label("Username or email").fill(username)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.button("Sign in").click()

    async def enter(self, name: str, path: str = "/") -> None:
        """As somebody of the cast, without the form: the browser gets its cookie from the API."""
        who = credentials(self.box, name)
        answer = await self.page.context.request.post(
            "/v1/login",
            data=who,
            headers={"x-requested-with": "byondvoice"},
            ignore_https_errors=True,
        )
        assert answer.ok, await answer.text()
        await self.open(path)
        await self.inside()

    async def inside(self) -> None:
        """The frame is there, and the screen in it has been drawn."""
        await expect(self.page.get_by_role("navigation", name="Console")).to_be_attached()
        await expect(self.heading()).to_be_visible()

    async def drawn(self) -> None:
        """Nothing on the screen is still being read."""
        await expect(self.page.locator(".skeleton, .bone, .wait")).to_have_count(0)

    # -- going places

    async def open(self, path: str) -> None:
        """Load an address beneath /admin."""
        await self.page.goto("/admin" + path, wait_until="domcontentloaded")

    async def follow(self, title: str) -> None:
        """By the rail."""
        rail = self.page.get_by_role("navigation", name="Console")
        await rail.get_by_role("link", name=re.compile(rf"^{re.escape(title)}\b")).click()
        await expect(self.heading(title)).to_be_visible()

    # -- what is on the screen

    def heading(self, title: Name | None = None) -> Locator:
        """The screen's title."""
        main = self.page.get_by_role("main")
        return main.get_by_role("heading", level=1, name=title)

    def button(self, name: Name, within: Locator | None = None) -> Locator:
        place = within or self.page
        return place.get_by_role("button", name=name, exact=isinstance(name, str))

    def dialog(self, title: Name) -> Locator:
        """A dialog or a drawer by its title."""
        return self.page.get_by_role("dialog", name=title).or_(
            self.page.get_by_role("alertdialog", name=title)
        )

    def row(self, words: Name) -> Locator:
        """The table's row that holds these words."""
        return self.page.get_by_role("main").get_by_role("row").filter(has_text=words)

    async def sees(self, words: Name) -> None:
        await expect(self.page.get_by_text(words).first).to_be_visible()

    async def told(self, words: Name) -> None:
        """A toast says so; it is dismissed, so that the next is heard anew."""
        toast = self.page.locator(".toast").filter(has_text=words).last
        await expect(toast).to_be_visible()
        await toast.get_by_role("button", name="Dismiss").click()

    async def choose(self, label: str, typed: str, option: Name, within: Locator) -> None:
        """From a picker with type-ahead."""
        field = within.get_by_role("combobox", name=label)
        await field.click()
        await field.press_sequentially(typed)
        await self.page.get_by_role("option", name=option).first.click()

    async def act(self, menu: str, item: str, within: Locator | None = None) -> None:
        """An item of a row's or card's menu."""
        await self.button(menu, within).click()
        await self.page.get_by_role("menuitem", name=item, exact=True).click()

    async def clipboard(self) -> str:
        return str(await self.page.evaluate("navigator.clipboard.readText()"))

    # -- what the run leaves

    async def picture(self, name: str, *, whole: bool = False) -> Path:
        SCREENS.mkdir(parents=True, exist_ok=True)
        path = SCREENS / f"{name}.png"
        await self.page.screenshot(path=path, full_page=whole, animations="disabled")
        return path

    async def failure_picture(self, name: str) -> None:
        """What it looked like when a test failed; a page that is gone shows nothing."""
        try:
            await self.picture(f"failed/{name}")
        except Error:
            return

    def _thrown(self, error: Error) -> None:
        self.faults.append(f"thrown: {error}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSAL):
            self.faults.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")


def base_of(box: Box, host: str = "") -> str:
    return f"https://{uri_host(host or box.host)}:{box.ready['https']}"


def credentials(box: Box, name: str) -> dict[str, str]:
    """`platform`, a reseller's code, or a tenant's slug for its owner."""
    secrets = box.secrets
    owners = {slug: each["owner"] for slug, each in secrets["tenants"].items()}
    found: dict[str, str] = {**owners, **secrets["resellers"], "platform": secrets["platform"]}[
        name
    ]
    return found
