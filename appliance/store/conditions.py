"""Conditions of queries, put together: our own text with its values, no caller's words in it."""

from typing import Final


class Condition:
    """A piece of SQL and the values of its question marks. `a & b` wants both, `a | b` one of
    them."""

    __slots__ = ("sql", "values")

    def __init__(self, sql: str, *values: object) -> None:
        self.sql = sql
        self.values = values

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql}) AND ({other.sql})", *self.values, *other.values)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql}) OR ({other.sql})", *self.values, *other.values)

    @property
    def where(self) -> str:
        return f"WHERE {self.sql}"


ALL: Final = Condition("1")
NONE: Final = Condition("0")


def like(text: str) -> str:
    """The text as a pattern's inside: `%` and `_` stand for themselves with ESCAPE '\\\\'."""
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return text
