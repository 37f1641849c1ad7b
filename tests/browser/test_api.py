"""Manual § 25.3.1: the first authenticated call."""

import re
import ssl

import httpx2
from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.browser.lines import shows
from tests.browser.visitor import base_of
from tests.support.box import Box
from tests.support.operator import Operator


def bearing(box: Box, key: str) -> httpx2.AsyncClient:
    """An integration that has a key and nothing else."""
    trusted = ssl.create_default_context(cafile=str(box.ca_file))
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(base_url=base_of(box), verify=trusted, headers=headers)


async def test_25_3_1_the_first_call_with_a_key(console: Arrival, box: Box) -> None:
    visitor = await console("platform", "/api")
    await visitor.sees("ENV: PROD")
    await expect(visitor.page.get_by_text("/v1", exact=True).first).to_be_visible()
    await visitor.button("New API key").first.click()
    dialog = visitor.dialog("New API key")
    await dialog.get_by_label("Label").fill("CRM sync")
    await dialog.get_by_label("Scope (tier)").select_option("tenant")
    await visitor.choose("Tenant", "acme", re.compile("Acme Corp"), dialog)
    await dialog.get_by_role("checkbox", name=re.compile("pbx:read")).check()
    await visitor.button("Create key", dialog).click()
    once = visitor.dialog("API key created · copy it now")
    await visitor.picture("key-once")
    await visitor.button("Copy", once).click()
    key = await visitor.clipboard()
    assert key.startswith("sk_live_acme_")
    await visitor.button("I’ve copied it — close", once).click()
    await shows(visitor.row("CRM sync"), "active")

    async with bearing(box, key) as integration:
        answer = await integration.get("/v1/tenants/acme/extensions", params={"limit": 200})
        assert answer.status_code == 200
        listed = answer.json()
        assert (await integration.get("/v1/tenants/helios/extensions")).status_code == 403
        await visitor.open("/extensions?tenant=acme")
        total = listed["page"]["total"]
        await visitor.sees(f"{total} extensions")
        for line in listed["data"]:
            row = visitor.row(re.compile(rf"{line['extension']}.*{re.escape(line['name'])}"))
            await expect(row).to_be_visible()

        async with Operator(box, "platform") as platform:
            keys = (await platform.get("/api-keys"))["data"]
            made = next(each for each in keys if each["label"] == "CRM sync")
            assert (made["tier"], made["scopes"]) == ("tenant", ["pbx:read"])
        await visitor.open("/api")
        await visitor.act("More for CRM sync", "Revoke")
        await visitor.button("Revoke", visitor.dialog("Revoke CRM sync")).click()
        await shows(visitor.row("CRM sync"), "revoked")
        assert (await integration.get("/v1/tenants/acme/extensions")).status_code == 401


async def test_reference_reads_offline(console: Arrival) -> None:
    visitor = await console("acme")
    requested: list[str] = []
    visitor.page.on("request", lambda request: requested.append(request.url))
    await visitor.page.goto("/v1/reference")
    await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    await visitor.picture("reference")
    assert all(url.startswith(base_of(visitor.box)) for url in requested), requested
