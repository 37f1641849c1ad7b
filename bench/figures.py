"""Figures of several runs, and the table that shows them with their spread."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Figures = Mapping[str, float]
"""What one run of one measure found: a name with its unit (`idle, MB`), and a value."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What issue 2 asks of our box: at least or at most that much."""

    limit: float
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {_number(self.limit)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one target over all runs."""

    measure: str
    target: str
    figure: str
    runs: tuple[float, ...]
    aim: Aim | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def verdict(self) -> str:
        if self.aim is None:
            return ""
        return f"{self.aim} {'met' if self.aim.met_by(self.median) else 'MISSED'}"


def rows(measure: str, target: str, runs: Sequence[Figures], aims: Mapping[str, Aim]) -> list[Row]:
    """A row for each figure, in the order in which the runs name them."""
    names = dict.fromkeys(name for run in runs for name in run)
    return [
        Row(measure, target, name, tuple(run[name] for run in runs if name in run), aims.get(name))
        for name in names
    ]


def table(found: Iterable[Row]) -> str:
    """Columns: measure, figure, target, median, [min … max], runs, aim."""
    head = ("measure", "figure", "target", "median", "min … max", "runs", "aim")
    lines = [head, *map(_cells, found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(_line(line, widths) for line in lines)


def as_json(found: Iterable[Row]) -> list[dict[str, object]]:
    return [
        {
            "measure": row.measure,
            "figure": row.figure,
            "target": row.target,
            "median": row.median,
            "min": min(row.runs),
            "max": max(row.runs),
            "runs": len(row.runs),
            "aim": str(row.aim) if row.aim else None,
            "met": row.aim.met_by(row.median) if row.aim else None,
        }
        for row in found
    ]


def _cells(row: Row) -> tuple[str, ...]:
    spread = f"{_number(min(row.runs))} … {_number(max(row.runs))}"
    count = str(len(row.runs))
    return (row.measure, row.figure, row.target, _number(row.median), spread, count, row.verdict)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = {3, 4, 5}
    padded = (
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
