"""Manual § 25.6.2: webhooks, made and tried in the console, received by a real receiver."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import shows
from tests.support.box import Box
from tests.support.operator import Operator
from tests.support.receiver import receiver, verified


async def test_webhook_is_made_tried_sent_again_and_deleted(console: Arrival, box: Box) -> None:
    async with receiver() as hooks, Operator(box, "platform") as platform:
        visitor = await console("platform", "/api?tab=webhooks")
        await visitor.button(re.compile("^Rate limit")).click()
        settings = visitor.dialog("API settings")
        await settings.get_by_label(re.compile("^Private networks")).fill("127.0.0.0/8")
        await settings.get_by_role("switch", name="Webhooks without TLS").check()
        await visitor.button("Save settings", settings).click()
        await visitor.told("API settings saved. They are in force at once.")
        assert (await platform.get("/api-settings"))["webhook_networks"] == ["127.0.0.0/8"]

        await visitor.button("New webhook").first.click()
        dialog = visitor.dialog("New webhook")
        await dialog.get_by_label("URL").fill("http://10.0.0.7/hooks")
        await dialog.get_by_label("Label").fill("CRM hooks")
        await dialog.get_by_role("checkbox", name=re.compile("call.completed")).check()
        await visitor.button("Create webhook", dialog).click()
        await expect(dialog.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
        await dialog.get_by_label("URL").fill(hooks.url)
        await visitor.button("Create webhook", dialog).click()
        once = visitor.dialog("Webhook created · copy the secret now")
        await visitor.button("Copy", once).click()
        secret = await visitor.clipboard()
        await visitor.button("I’ve copied it — close", once).click()

        await visitor.button("Open CRM hooks").click()
        drawer = visitor.dialog("CRM hooks")
        await visitor.button("Send test event", drawer).click()
        await hooks.came(1)
        assert verified(secret, hooks.headers[0]["x-byondvoice-signature"], hooks.bodies[0])
        delivery = drawer.locator("details").first
        await shows(delivery, "delivered")
        await delivery.locator("summary").click()
        await visitor.picture("webhook-delivery")
        await visitor.button("Resend", delivery).click()
        await hooks.came(2)
        assert hooks.bodies[1] == hooks.bodies[0]

        await visitor.act("More for CRM hooks", "Pause", drawer)
        await visitor.told("Webhook CRM hooks paused.")
        listed = (await platform.get("/webhooks"))["data"]
        assert [each["state"] for each in listed if each["label"] == "CRM hooks"] == ["paused"]
        await visitor.act("More for CRM hooks", "Delete webhook", drawer)
        await visitor.button("Delete webhook", visitor.dialog("Delete CRM hooks")).click()
        await visitor.told("Webhook CRM hooks deleted.")
        assert all(
            each["label"] != "CRM hooks" for each in (await platform.get("/webhooks"))["data"]
        )
        shut = {"requests_per_minute": 600, "webhook_networks": [], "webhook_plain_http": False}
        await platform.ask("PUT", "/api-settings", shut)
