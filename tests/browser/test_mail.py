"""Mail settings, the test mail, and what is kept while there is no relay."""

import asyncio
import re

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import shows
from tests.support.box import Box
from tests.support.operator import Operator
from tests.support.smtp import mailroom


async def test_without_a_relay_mails_are_kept_and_read(console: Arrival, box: Box) -> None:
    visitor = await console("platform", "/mail")
    await visitor.sees("No mail relay is set. Mails are kept here; nobody has been sent anything.")
    await visitor.button("Send test email").click()
    dialog = visitor.dialog("Send test email")
    await dialog.get_by_label("To").fill("kept@platform.example")
    await visitor.button("Send test email", dialog).click()
    await expect(dialog.get_by_text("the test email is kept here")).to_be_visible()
    await visitor.button("Close", dialog).last.click()
    row = visitor.row("kept@platform.example")
    await shows(row, "kept")
    await row.get_by_role("button", name=re.compile("^Open")).click()
    drawer = visitor.page.get_by_role("dialog")
    await expect(drawer.get_by_text("kept@platform.example").first).to_be_visible()
    await visitor.picture("mail-text")
    await drawer.get_by_role("tab", name="HTML").click()
    await expect(drawer.locator(".letter")).to_be_visible()
    await visitor.picture("mail-html")
    await visitor.button("Discard", drawer).click()
    await visitor.button("Discard", visitor.dialog("Discard this mail")).click()
    await visitor.told("The mail to kept@platform.example is discarded.")
    async with Operator(box, "platform") as platform:
        left = await platform.get("/mail/messages", q="kept@platform.example")
        assert left["data"] == []


async def test_relay_is_set_tried_and_removed(console: Arrival, box: Box) -> None:
    async with mailroom() as room, Operator(box, "platform") as platform:
        visitor = await console("platform", "/mail")
        form = visitor.page.get_by_role("main")
        await form.get_by_label("Host", exact=True).fill("127.0.0.1")
        await form.get_by_label("Security", exact=True).select_option("none")
        await form.get_by_label("Port", exact=True).fill(str(room.port))
        await form.get_by_label("From address", exact=True).fill("pbx@byondvoice.example")
        await visitor.button("Save relay").click()
        await visitor.told("Mail relay 127.0.0.1 saved.")
        settings = await platform.get("/mail/settings")
        assert (settings["configured"], settings["port"]) == (True, room.port)
        await visitor.button("Send test email").click()
        dialog = visitor.dialog("Send test email")
        await dialog.get_by_label("To").fill("sara@platform.example")
        await visitor.button("Send test email", dialog).click()
        await expect(dialog.get_by_text("The relay has taken the test email")).to_be_visible()
        async with asyncio.timeout(10):
            await room.arrived.wait()
        assert room.recipients == ["sara@platform.example"]
        await visitor.button("Close", dialog).last.click()
        await shows(visitor.row("sara@platform.example").first, "sent")
        await visitor.button("Remove the relay").click()
        await visitor.button("Remove the relay", visitor.dialog("Remove the mail relay")).click()
        await visitor.told("Mail relay removed. Mails are kept here.")
        assert (await platform.get("/mail/settings"))["configured"] is False
