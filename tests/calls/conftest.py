"""Fixtures of the calls between real phones."""

from tests.support.fixtures import anyio_backend, tls_material

__all__ = ["anyio_backend", "tls_material"]
