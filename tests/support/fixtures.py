"""Fixtures that the tests with real peers share; each folder's conftest names those it uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support.box import Box
from tests.support.sipp import Peers

SHORT_RING = 3
"""Seconds that 1004 rings in these tests; the others have the product's own time."""


@pytest.fixture(scope="session")
def tls_material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate with its key for the loopback, and the CA that signed it."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "phone.pem")
    return folder / "phone.pem", folder / "ca.pem"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One running box with the demo cast for all tests of a module; 1004 rings only shortly. At the
    end it must stop in good order."""
    made = Box.demo(tmp_path_factory.mktemp("box"))
    made.change("UPDATE extensions SET ring_seconds = ? WHERE number = ?", SHORT_RING, "1004")
    made.change("UPDATE devices SET media_security = ? WHERE username = ?", "required", "1090-desk")
    made.start()
    yield made
    made.close()


@pytest.fixture
def peers(box: Box, tmp_path: Path) -> Peers:
    return Peers(box, tmp_path)


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that had the module's box: it runs, and logged no exception."""
    yield
    if "box" in request.fixturenames:
        made = request.getfixturevalue("box")
        made.assert_unharmed()
