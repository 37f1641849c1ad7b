"""Fixtures of crashes, floods and torture."""

from tests.support.fixtures import box, peers, tls_material, unharmed

__all__ = ["box", "peers", "tls_material", "unharmed"]
