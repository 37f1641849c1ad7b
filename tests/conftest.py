"""For every test: anyio runs the async ones, and what says most soonest comes first."""

from typing import Final

import pytest

LATER: Final = ("attack", "browser", "interop", "slow", "packaging")
"""Marks in the order in which their tests run, after all that bear none."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "attack":
            item.add_marker("attack")
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return max(
        (LATER.index(mark.name) + 1 for mark in item.iter_markers() if mark.name in LATER),
        default=0,
    )
