"""Fixtures of the calls between real phones."""

from tests.support.fixtures import anyio_backend, box, peers, tls_material, unharmed

__all__ = ["anyio_backend", "box", "peers", "tls_material", "unharmed"]
