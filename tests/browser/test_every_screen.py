"""Every screen, drawer and dialog: no violation of WCAG 2.2 AA that axe finds, in light and dark;
no sideways scrolling at 360 px; a picture of each for whoever wants to look."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import (
    complaints,
    contrast_complaints,
    layout_complaints,
    overflows,
)
from tests.browser.conftest import Arrival
from tests.browser.visitor import Visitor
from tests.support.baresip import Phone
from tests.support.box import Box
from tests.support.operator import Operator

Theme = Literal["light", "dark"]
SMALL = (360, 740)
LARGE = (1280, 800)
SHOWN = 30
"""Complaints that are told; more are of the same kinds."""

PLATFORM = {
    "overview": "/overview",
    "resellers": "/resellers",
    "reseller": "/resellers/nimbus",
    "tenants": "/tenants",
    "tenant-licence": "/tenants?open=acme",
    "tenant-details": "/tenants?open=acme&tab=details",
    "users": "/users?tenant=acme",
    "user": "/users?tenant=acme&open=ben.ong",
    "user-extensions": "/users?tenant=acme&open=alice.tan&tab=extensions",
    "user-security": "/users?tenant=acme&open=ben.ong&tab=security",
    "extensions-choose": "/extensions",
    "extensions": "/extensions?tenant=acme",
    "extension": "/extensions?tenant=acme&open=1001",
    "blocked": "/extensions?tenant=acme&view=blocked",
    "calls": "/calls?tenant=acme",
    "policy": "/policy",
    "audit": "/audit",
    "api-keys": "/api",
    "api-webhooks": "/api?tab=webhooks",
    "health": "/health",
    "mail": "/mail",
    "profile": "/profile",
    "nowhere": "/nowhere",
}
TENANT = {
    "tenant-admin-users": "/users",
    "tenant-admin-extensions": "/extensions",
    "tenant-admin-policy": "/policy",
    "tenant-admin-audit": "/audit",
    "tenant-admin-api": "/api",
}
RESELLER = {"reseller-overview": "/overview", "reseller-tenants": "/tenants"}

DIALOGS = {
    "new-reseller": ("/resellers", "New reseller"),
    "new-tenant": ("/tenants", "New tenant"),
    "new-user": ("/users?tenant=acme", "New user"),
    "new-extension": ("/extensions?tenant=acme", "New extension"),
    "new-key": ("/api", "New API key"),
    "new-webhook": ("/api?tab=webhooks", "New webhook"),
}


class Inspection:
    """What was found on the way: each complaint with where it was first heard, told at the end."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.found: dict[str, str] = {}

    async def look(self, name: str) -> None:
        """Both themes at full width, and narrow."""
        page = self.visitor.page
        await self._settle("light", LARGE, f"{name}-light")
        self._note(f"{name}-light", await complaints(page))
        await self._settle("dark", LARGE, f"{name}-dark")
        self._note(f"{name}-dark", await contrast_complaints(page))
        await self._settle("dark", SMALL, f"{name}-narrow")
        self._note(f"{name}-narrow", await layout_complaints(page) + await overflows(page))
        await self._size("light", LARGE)

    async def _settle(self, theme: Theme, size: tuple[int, int], picture: str) -> None:
        """Nothing is still being read; then its picture."""
        await self._size(theme, size)
        await self.visitor.drawn()
        await self.visitor.picture(f"screens/{picture}")

    async def _size(self, theme: Theme, size: tuple[int, int]) -> None:
        await self.visitor.page.emulate_media(color_scheme=theme)
        await self.visitor.page.set_viewport_size({"width": size[0], "height": size[1]})

    def _note(self, where: str, complaints: list[str]) -> None:
        for each in complaints:
            self.found.setdefault(each, where)

    def assert_nothing(self) -> None:
        told = [f"{where}: {complaint}" for complaint, where in self.found.items()]
        assert not told, f"{len(told)} complaints\n" + "\n".join(told[:SHOWN])


async def test_before_anybody_is_in(console: Arrival) -> None:
    visitor = await console()
    inspection = Inspection(visitor)
    await expect(visitor.page.get_by_role("heading", name="Operator sign-in")).to_be_visible()
    await inspection.look("sign-in")
    await visitor.button("Forgot password?").click()
    await inspection.look("forgot-password")
    await visitor.open("/invitation/dead-link")
    await visitor.sees("This link is not valid any more.")
    await inspection.look("dead-link")
    await visitor.open("/setup")
    await visitor.sees("This box has its first operator.")
    await inspection.look("setup-over")
    await visitor.page.goto("/v1/reference")
    await inspection.look("reference")
    inspection.assert_nothing()


async def call_and_hang_up(box: Box, folder: Path) -> str:
    """A call to the echo test; the key of its record."""
    async with Phone(folder, box.line("1002-desk")) as phone:
        await phone.registered()
        call = await phone.dial("9196")
        await call.established()
        await call.hears(440)
        await call.hang_up()
    await box.record(caller_number="1002", dialled="9196")
    async with Operator(box, "acme") as owner:
        latest = (await owner.get("/tenants/acme/calls", extension="1002"))["data"][0]
    return str(latest["id"])


async def test_screens_of_the_platform(console: Arrival, box: Box, tmp_path: Path) -> None:
    key = await call_and_hang_up(box, tmp_path / "phone")
    visitor = await console("platform")
    inspection = Inspection(visitor)
    for name, path in {**PLATFORM, "call": f"/calls/{key}?tenant=acme"}.items():
        await visitor.open(path)
        await visitor.inside()
        await inspection.look(name)
    inspection.assert_nothing()


async def test_dialogs_of_the_platform(console: Arrival) -> None:
    visitor = await console("platform")
    inspection = Inspection(visitor)
    for name, (path, button) in DIALOGS.items():
        await visitor.open(path)
        await visitor.button(button).first.click()
        await expect(visitor.dialog(re.compile(f"^{button}"))).to_be_visible()
        await inspection.look(f"dialog-{name}")
    await visitor.open("/overview")
    await visitor.inside()
    await visitor.page.keyboard.press("Control+k")
    await visitor.page.keyboard.type("acme")
    await expect(visitor.page.get_by_role("option").first).to_be_visible()
    await inspection.look("palette")
    await visitor.page.keyboard.press("Escape")
    await visitor.button(re.compile("Account:")).click()
    await inspection.look("account-menu")
    inspection.assert_nothing()


@pytest.mark.parametrize(("who", "screens"), [("acme", TENANT), ("nimbus", RESELLER)])
async def test_screens_of_others(console: Arrival, who: str, screens: dict[str, str]) -> None:
    visitor = await console(who)
    inspection = Inspection(visitor)
    for name, path in screens.items():
        await visitor.open(path)
        await visitor.inside()
        await inspection.look(name)
    inspection.assert_nothing()
