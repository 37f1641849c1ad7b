"""What the console owes its users besides its screens: little to load, and nothing that runs which
somebody typed."""

from typing import Any, Final

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.tenancy import new_tenant
from tests.support.box import Box
from tests.support.operator import Operator

FIRST_LOAD_BYTES: Final = 150_000
"""Compressed."""
LOADED: Final = """() => performance.getEntriesByType("resource")
  .concat(performance.getEntriesByType("navigation"))
  .filter((one) => !one.name.includes("/v1/"))
  .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""

HOSTILE: Final = """<img src=x onerror="window.hit=1"><script>window.hit=1</script>"""
HOSTILE_LINK: Final = """"><svg/onload=window.hit=1>'{{7*7}}${7*7}"""


def told(loaded: list[tuple[str, int]]) -> str:
    return "\n".join(f"{size:7} {name}" for name, size in sorted(loaded, key=lambda one: -one[1]))


async def test_first_load_is_small(console: Arrival) -> None:
    """With its fonts."""
    visitor = await console()
    await expect(visitor.heading("Operator sign-in")).to_be_visible()
    await visitor.page.wait_for_load_state("load")
    loaded: list[tuple[str, int]] = await visitor.page.evaluate(LOADED)
    assert sum(size for _, size in loaded) < FIRST_LOAD_BYTES, told(loaded)


async def test_console_with_its_first_screen_is_small(console: Arrival) -> None:
    """All but the fonts, which are compressed by themselves and kept for good."""
    visitor = await console("acme")
    loaded: list[tuple[str, int]] = await visitor.page.evaluate(LOADED)
    loaded = [one for one in loaded if not one[0].endswith(".woff2")]
    assert sum(size for _, size in loaded) < FIRST_LOAD_BYTES, told(loaded)


async def test_names_are_shown_as_they_were_typed_and_never_run(console: Arrival, box: Box) -> None:
    async with Operator(box, "platform") as platform:
        await new_tenant(platform, "hostile", HOSTILE[:80])
        lines = "/tenants/hostile/extensions"
        await platform.ask("POST", lines, {"extension": "1001", "name": HOSTILE[:80]})
        await platform.ask("POST", lines, {"extension": "1002", "name": HOSTILE_LINK})
        device: dict[str, Any] = {"type": "desk", "name": HOSTILE[:80]}
        await platform.ask("POST", f"{lines}/1001/devices", device)
        user = {"username": "mallory", "name": HOSTILE_LINK, "email": "mallory@hostile.example"}
        await platform.ask("POST", "/tenants/hostile/users", user)
        visitor = await console("platform")
        for path in (
            "/overview",
            "/tenants?open=hostile",
            "/users?tenant=hostile&open=mallory",
            "/extensions?tenant=hostile&open=1001",
            "/audit?tenant=hostile",
            "/mail",
        ):
            await visitor.open(path)
            await visitor.inside()
            await visitor.drawn()
            assert await visitor.page.evaluate("() => window.hit === undefined"), path
        await visitor.page.keyboard.press("Control+k")
        await visitor.page.keyboard.type("hostile")
        results = visitor.page.get_by_role("listbox", name="Results")
        await expect(results.get_by_role("option").first).to_be_visible()
        assert await visitor.page.evaluate("() => window.hit === undefined")
        await platform.ask("DELETE", "/tenants/hostile", {"confirm": "hostile"})
