"""What a screen must be for everybody: axe finds nothing, and nothing scrolls sideways."""

from functools import cache
from typing import Any, Final

from playwright.async_api import Page

from tests.support.box import ROOT

AXE: Final = ROOT / "appliance" / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RUN: Final = """(rules) => axe.run(document, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules,
})"""
RUN_ONE: Final = """(rule) => axe.run(document, {
  resultTypes: ["violations"],
  runOnly: { type: "rule", values: [rule] },
})"""
CONTRAST: Final = "color-contrast"
OVERFLOW: Final = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const page = wide > 0 ? [`the page by ${wide}px`] : [];
  const places = document.querySelectorAll("main, dialog[open], dialog[open] .body");
  for (const place of places) {
    const over = place.scrollWidth - place.clientWidth;
    if (over > 1) page.push(`${place.className || place.localName} by ${over}px`);
  }
  return page;
}"""


@cache
def axe() -> str:
    return AXE.read_text()


async def complaints(page: Page) -> list[str]:
    """What axe finds on the page as it stands, a line for each element."""
    return await _run(page, RUN, {})


async def contrast_complaints(page: Page) -> list[str]:
    """The same of colours alone: all that another theme can change."""
    return await _run(page, RUN_ONE, CONTRAST)


async def layout_complaints(page: Page) -> list[str]:
    """The same without colours: all that another width can change."""
    return await _run(page, RUN, {CONTRAST: {"enabled": False}})


async def _run(page: Page, script: str, argument: object) -> list[str]:
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(axe())
    found: dict[str, Any] = await page.evaluate(script, argument)
    return [_told(one, node) for one in found["violations"] for node in one["nodes"]]


async def overflows(page: Page) -> list[str]:
    """What is wider than its place."""
    found: list[str] = await page.evaluate(OVERFLOW)
    return [f"scrolls sideways: {each}" for each in found]


def _told(violation: dict[str, Any], node: dict[str, Any]) -> str:
    why = (node.get("failureSummary") or "").replace("\n", " ")
    return f"{violation['id']}: {node['html'][:160]} — {why[:240]}"
