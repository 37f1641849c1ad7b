"""Manual § 23.4: calls as they go on, and what is known of each afterwards."""

import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import shows
from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.operator import Operator


async def test_call_is_seen_live_then_as_a_record(
    console: Arrival, box: Box, tmp_path: Path
) -> None:
    visitor = await console("acme", "/calls")
    lines = box.line("1001-desk"), box.line("1002-desk")
    async with phones(tmp_path, *lines, speak=(440, 620)) as (alice, ben):
        call = await alice.dial("1002")
        answered = await (await ben.rung()).accept()
        await call.established()
        live = visitor.page.get_by_role("region", name="In progress").or_(
            visitor.page.locator("section", has_text="In progress")
        )
        await expect(live.first).to_contain_text("1001")
        await expect(live.first).to_contain_text("1002")
        await visitor.picture("call-live")
        await call.hears(620)
        await answered.hears(440)
        await call.hang_up()
    row = visitor.row(re.compile("1001.*1002"))
    await shows(row, "answered")
    await row.get_by_role("button", name=re.compile("^Open")).click()
    await expect(visitor.heading("Call detail")).to_be_visible()
    await visitor.sees(re.compile("Call timeline · 1001 ↔ 1002"))
    main = visitor.page.get_by_role("main")
    for words in ("Answered", "Cleared", "caller"):
        await expect(main.get_by_text(words, exact=True).first).to_be_visible()
    await visitor.picture("call-detail", whole=True)
    async with Operator(box, "acme") as owner:
        record = (await owner.get("/tenants/acme/calls", q="1002"))["data"][0]
        assert record["id"] in visitor.page.url
        assert (record["disposition"], record["ended_by"]) == ("answered", "caller")


async def test_calls_are_exported(console: Arrival, box: Box) -> None:
    visitor = await console("helios", "/calls")
    async with visitor.page.expect_download() as download:
        await visitor.button("Download as CSV").click()
    path = await (await download.value).path()
    head, *rows = path.read_text().splitlines()
    assert "disposition" in head.lower()
    assert not [row for row in rows if "acme" in row.lower()], "a neighbour's calls"
