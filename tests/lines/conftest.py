"""Fixtures of the tests of lines with real phones."""

from tests.support.fixtures import box, unharmed

__all__ = ["box", "unharmed"]
