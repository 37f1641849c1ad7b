"""Fixtures of the calls between real phones."""

from tests.support.fixtures import box, peers, tls_material, unharmed

__all__ = ["box", "peers", "tls_material", "unharmed"]
