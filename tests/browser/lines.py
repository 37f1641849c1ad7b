"""What the tests of lines do more than once: extensions of their own, phones that register."""

import re
from dataclasses import dataclass

from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor
from tests.support.box import Box, Credentials
from tests.support.operator import Operator
from tests.support.raw import RawUdp
from tests.support.raw_phone import RawPhone

LINES = "/tenants/acme/extensions"


@dataclass(frozen=True)
class Screen:
    """Extensions & Devices of Acme, as a visitor has it."""

    visitor: Visitor

    async def drawer(self, number: str) -> Locator:
        """Open the row; its devices."""
        await self.visitor.button(f"Open {number}").click()
        return self.drawn(number)

    def drawn(self, number: str) -> Locator:
        return self.visitor.dialog(re.compile(rf"^{number}\b"))


def card(drawer: Locator, name: str) -> Locator:
    """A device's card by its friendly name."""
    return drawer.get_by_role("article", name=name)


def pill(place: Locator, state: str) -> Locator:
    return place.locator(".pill").filter(has_text=re.compile(rf"^{state}$"))


async def shows(place: Locator, state: str) -> None:
    """The pill of a row or card says so, as soon as the news is there."""
    await expect(pill(place, state)).to_be_visible()


async def add_line(owner: Operator, number: str, name: str) -> None:
    await owner.ask("POST", LINES, {"extension": number, "name": name})


async def add_device(owner: Operator, number: str, name: str, kind: str = "desk") -> Credentials:
    """Of a phone that knows MD5 alone."""
    md5 = {"md5_only": True} if kind != "browser" else {}
    body = {"type": kind, "name": name, **md5}
    made = await owner.ask("POST", f"{LINES}/{number}/devices", body)
    return Credentials("acme", made["username"], number, made["username"], made["secret"])


async def register(box: Box, who: Credentials, *, expires: int = 120) -> int:
    """The final status of one REGISTER from 127.0.0.1 with these credentials."""
    wire = await RawUdp.open(box.host)
    try:
        await RawPhone(box, who, wire).register(expires=expires)
    except AssertionError as refused:
        return int(refused.args[0].status)
    finally:
        wire.close()
    return 200
