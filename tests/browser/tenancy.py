"""What the tests of resellers, tenants and users do more than once."""

import re
from typing import Any

from tests.browser.visitor import Visitor
from tests.support.operator import Operator

PASSWORD = "plum-otter-Kayak-93"
"""A password that the policy lets through."""

LINK = re.compile(r"https://\S+?(/admin/(?:invitation|reset)/\S+)")
CODE = re.compile(r"\b(\d{6})\b")


async def mail(platform: Operator, recipient: str, kind: str) -> Any:
    """The newest mail of that kind that the box keeps for an address, with its text."""
    listed = await platform.get("/mail/messages", q=recipient, limit=50)
    newest = next(one for one in listed["data"] if one["kind"] == kind)
    return await platform.get(f"/mail/messages/{newest['id']}")


async def link_to(platform: Operator, recipient: str, kind: str) -> str:
    """Where the mail's link leads, from `/` on beneath /admin."""
    found = LINK.search((await mail(platform, recipient, kind))["text"])
    assert found, "no link in the mail"
    return found.group(1).removeprefix("/admin").rstrip(".>)")


async def code_to(platform: Operator, recipient: str, kind: str) -> str:
    found = CODE.search((await mail(platform, recipient, kind))["text"])
    assert found, "no code in the mail"
    return found.group(1)


async def set_password(visitor: Visitor, place: str, password: str = PASSWORD) -> None:
    """By the link of an invitation or a reset."""
    await visitor.open(place)
    await visitor.page.get_by_label("New password", exact=True).fill(password)
    await visitor.page.get_by_label("New password, again").fill(password)
    await visitor.button("Set password").click()
    await visitor.sees("Your password is set.")


async def new_tenant(
    platform: Operator, slug: str, name: str, *, reseller: str = "", **more: object
) -> Any:
    """A tenant whose owner signs in with PASSWORD."""
    body = {"name": name, "slug": slug, "owner_email": f"owner@{slug}.example", **more}
    wanted = body | {"owner_password": PASSWORD, "reseller": reseller}
    return await platform.ask("POST", "/tenants", wanted)
