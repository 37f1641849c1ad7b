"""One browser and one box for all browser tests; a fresh context for each person in each."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.visitor import PATIENCE_MS, Visitor
from tests.support.box import Box

PROGRAM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = Path(__file__).parent

Arrival = Callable[..., Awaitable[Visitor]]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="package")
async def chromium(box: Box) -> AsyncIterator[Browser]:
    """Debian's own, nothing is downloaded. It trusts the box's certificate, and no other."""
    expect.set_options(timeout=PATIENCE_MS)
    trust = f"--ignore-certificate-errors-spki-list={key_hash(box)}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, trust])
        yield browser
        await browser.close()


def key_hash(box: Box) -> str:
    """Of the box's public key, as Chromium's option wants it."""
    certificate = x509.load_pem_x509_certificate((box.folder / "tls" / "server.pem").read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@pytest.fixture(scope="package")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One box with the demo cast. Tests make what they change, and leave the cast as it is."""
    made = Box.demo(tmp_path_factory.mktemp("box")).start()
    yield made
    made.close()


@pytest.fixture
async def console(
    request: pytest.FixtureRequest, box: Box, chromium: Browser
) -> AsyncIterator[Arrival]:
    """`visitor = await console("acme")` is inside as the cast's owner of acme; `console()` stands
    before the door. More arguments are `Visitor.arrive`'s. Whatever a page did wrong fails the
    test, as does an exception of the box."""
    visitors: list[Visitor] = []

    async def arrive(name: str = "", path: str = "/", **how: int | bool) -> Visitor:
        visitor = await Visitor.arrive(chromium, box, **how)  # type: ignore[arg-type]
        visitors.append(visitor)
        await (visitor.enter(name, path) if name else visitor.open(path))
        return visitor

    yield arrive
    failed = request.node.stash.get(FAILED, False)
    for number, visitor in enumerate(visitors, 1):
        if failed:
            name = re.sub(r"\W+", "-", request.node.name).strip("-")
            await visitor.failure_picture(f"{name}-{number}")
        await visitor.leave()
    faults = [fault for visitor in visitors for fault in visitor.faults]
    assert not faults, "\n".join(faults)
    await asyncio.to_thread(box.assert_unharmed)
