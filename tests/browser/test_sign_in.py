"""Manual § 1.4.1: signing in."""

from playwright.async_api import expect

from tests.browser.conftest import Arrival
from tests.support.box import Box
from tests.support.operator import Operator


async def test_wrong_password_is_told_in_the_manuals_words(console: Arrival) -> None:
    visitor = await console()
    await visitor.sign_in("sara", "not-the-password")
    await visitor.sees("Incorrect username or password")
    await expect(visitor.page.get_by_role("navigation", name="Console")).to_have_count(0)


async def test_1_4_1_signing_in(console: Arrival, box: Box) -> None:
    visitor = await console()
    await expect(visitor.heading("Operator sign-in")).to_be_visible()
    await visitor.picture("sign-in")
    who = box.secrets["platform"]
    await visitor.sign_in(who["username"], who["password"])
    await visitor.inside()
    await visitor.sees("ENV: PROD")
    await expect(visitor.heading("Platform overview")).to_be_visible()
    async with Operator(box, "platform") as platform:
        logins = await platform.get("/me/logins")
        assert any("Chrom" in str(login) for login in logins["data"]), logins
