"""Fixtures of the interop rows."""

from tests.support.fixtures import box, peers, tls_material, unharmed

__all__ = ["box", "peers", "tls_material", "unharmed"]
