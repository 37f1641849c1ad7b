from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.settings import DataFolder
from appliance.store import Store


class StillClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "box")


@pytest.fixture
def reopen(folder: DataFolder, clock: StillClock) -> Callable[[], Store]:
    return lambda: Store.open(folder, clock)


@pytest.fixture
async def store(folder: DataFolder, clock: StillClock) -> AsyncIterator[Store]:
    opened = Store.open(folder, clock)
    yield opened
    await opened.close()
