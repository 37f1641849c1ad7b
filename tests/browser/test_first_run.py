"""The first run: whoever has the code that the box printed becomes its first operator."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessibility import complaints
from tests.browser.tenancy import PASSWORD
from tests.browser.visitor import Visitor, base_of
from tests.support.box import Box
from tests.support.journal import eventually

CODE = re.compile(r"setup page: (\S+)")


@pytest.fixture
def empty_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("first") / "data", {}).start()
    yield made
    made.close()


async def test_first_operator_is_made_with_the_printed_code(
    chromium: Browser, empty_box: Box
) -> None:
    printed = await eventually(lambda: CODE.search(empty_box.log_path.read_text()), "the code")
    assert printed
    context = await chromium.new_context(
        base_url=base_of(empty_box), ignore_https_errors=True, reduced_motion="reduce"
    )
    visitor = Visitor(empty_box, await context.new_page())
    page = visitor.page
    try:
        await visitor.open("/setup")
        await page.get_by_label("One-time code").fill("AAAA-AAAA-AAAA")
        await page.get_by_label("Full name").fill("Sara Alvarez")
        await page.get_by_label("Username").fill("sara")
        await page.get_by_label("Email").fill("sara@platform.example")
        await page.get_by_label("Password").fill(PASSWORD)
        await visitor.picture("first-run")
        assert not await complaints(page)
        await visitor.button("Create the operator").click()
        await expect(
            page.locator("[aria-invalid=true], .notice, [role=alert]").first
        ).to_be_visible()
        await page.get_by_label("One-time code").fill(printed.group(1))
        await visitor.button("Create the operator").click()
        await visitor.sees("Set up a second factor")
        secret = page.locator("code").first
        await expect(secret).to_be_visible()
        await visitor.picture("first-run-factor")
        code = pyotp.TOTP((await secret.inner_text()).replace(" ", "")).now()
        await page.get_by_label("Authenticator code").fill(code)
        await visitor.button("Confirm and sign in").click()
        await visitor.sees("Recovery codes")
        await visitor.button("Copy").click()
        await visitor.button("Go on to the console").click()
        await visitor.inside()
        await visitor.picture("first-run-inside")
        await visitor.open("/setup")
        await visitor.sees("This box has its first operator.")
        assert not visitor.faults
    except AssertionError:
        await visitor.failure_picture("first-run")
        raise
    finally:
        await visitor.leave()
