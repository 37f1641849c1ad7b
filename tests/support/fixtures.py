"""Fixtures that the tests with real peers share; each folder's conftest names those it uses."""

import ipaddress
from pathlib import Path

import pytest
import trustme


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def tls_material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate with its key for the loopback, and the CA that signed it."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert(str(ipaddress.ip_address("127.0.0.1")))
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "phone.pem")
    return folder / "phone.pem", folder / "ca.pem"
