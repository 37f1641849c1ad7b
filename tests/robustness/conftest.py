"""Fixtures of crashes, floods and torture."""

from tests.support.fixtures import anyio_backend, box, peers, tls_material, unharmed

__all__ = ["anyio_backend", "box", "peers", "tls_material", "unharmed"]
