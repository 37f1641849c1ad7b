"""Fixtures of crashes, floods and torture."""

from tests.support.fixtures import box, peers, unharmed

__all__ = ["box", "peers", "unharmed"]
