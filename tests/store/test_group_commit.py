import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from appliance.store import group_commit
from appliance.store.group_commit import GroupCommit


class FakeWriter:
    """Takes work, and does it when the test says so; `broken` stands for a full disk."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[Any], object], Future[Any]]] = []
        self.broken = False
        self.rows: list[str] = []

    def call(self, work: Callable[[Any], object]) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((work, future))
        return future

    def turn(self) -> None:
        for work, future in self.waiting:
            if self.broken:
                future.set_exception(OSError("disk full"))
            else:
                future.set_result(work(None))
        self.waiting.clear()


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


def group(writer: FakeWriter, delay: float = 0.0) -> GroupCommit[str, str]:
    def encode(rows: Sequence[str]) -> str:
        return "+".join(rows)

    def write(_database: object, rows: str) -> None:
        writer.rows.append(rows)

    return GroupCommit(writer, encode, write, delay)  # type: ignore[arg-type]


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not reached():
            await asyncio.sleep(0)


async def test_rows_that_the_disk_refuses_are_tried_again(
    writer: FakeWriter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.0)
    rows = group(writer)
    writer.broken = True
    rows.put("a", "old")
    rows.put("b", "only")
    await until(lambda: writer.waiting)
    rows.put("a", "new")
    writer.turn()
    writer.broken = False
    for _ in range(2):
        await until(lambda: writer.waiting)
        writer.turn()
    assert writer.rows == ["only", "new"]
    assert "not committed" in caplog.text


async def test_rows_refused_for_too_long_are_lost_the_oldest_first(
    writer: FakeWriter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(group_commit, "MOST_WAITING", 2)
    rows = group(writer)
    writer.broken = True
    for name in "abc":
        rows.put(name, name)
    await until(lambda: writer.waiting)
    writer.turn()
    writer.broken = False
    await until(lambda: writer.waiting)
    writer.turn()
    assert writer.rows == ["b+c"]
    assert "rows lost" in caplog.text


async def test_rows_of_a_short_time_go_in_one_commit(writer: FakeWriter) -> None:
    rows = group(writer)
    rows.put("a", "1")
    rows.put("b", "2")
    rows.put("a", "3")
    await until(lambda: writer.waiting)
    writer.turn()
    assert writer.rows == ["3+2"]


async def test_forgotten_row_is_not_written(writer: FakeWriter) -> None:
    rows = group(writer, delay=60)
    rows.put("a", "1")
    rows.forget("a")
    await rows.flush()
    assert writer.rows == []


async def test_large_group_goes_in_parts(
    writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(group_commit, "PAUSE_SECONDS", 0.0)
    rows = group(writer)
    for name in "abc":
        rows.put(name, name)
    await until(lambda: writer.waiting)
    rows.put("d", "d")
    writer.turn()
    await until(lambda: writer.waiting)
    writer.turn()
    assert writer.rows == ["a+b", "c"]


async def test_flush_returns_when_the_disk_refuses(writer: FakeWriter) -> None:
    rows = group(writer, delay=60)
    writer.broken = True
    rows.put("a", "1")
    flushing = asyncio.ensure_future(rows.flush())
    await until(lambda: writer.waiting)
    writer.turn()
    await flushing
    assert writer.rows == []


async def test_row_forgotten_while_the_disk_refuses_it_is_not_tried_again(
    writer: FakeWriter,
) -> None:
    rows = group(writer)
    writer.broken = True
    rows.put("a", "1")
    await until(lambda: writer.waiting)
    rows.forget("a")
    writer.turn()
    writer.broken = False
    await rows.flush()
    assert writer.rows == []


async def test_refusing_disk_is_told_until_it_takes_rows_again(
    writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", 0.0)
    rows = group(writer)
    writer.broken = True
    rows.put("a", "row")
    await until(lambda: writer.waiting)
    assert not rows.failing
    writer.turn()
    await until(lambda: rows.failing)
    writer.broken = False
    await until(lambda: writer.waiting)
    writer.turn()
    await until(lambda: not rows.failing)
