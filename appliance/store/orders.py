"""The order of a list, and where a page of it goes on: by one column, then by the row's key."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.store.conditions import ALL, Condition
from appliance.store.database import Database, connection
from appliance.store.group_commit import to_json


@dataclass(frozen=True, slots=True)
class Order:
    """`expression` and `key` are our own SQL; the expression is never null."""

    expression: str
    key: str
    descending: bool = False

    def beyond(self, last: tuple[object, object] | None) -> Condition:
        """What comes after the row whose expression and key are given; all for the first page."""
        if last is None:
            return ALL
        value, key = last
        sign = "<" if self.descending else ">"
        sql = f"{self.expression} {sign} ? OR ({self.expression} = ? AND {self.key} > ?)"
        return Condition(sql, value, value, key)

    @property
    def sql(self) -> str:
        return f"ORDER BY {self.expression}{' DESC' if self.descending else ''}, {self.key}"


def page_of_keys(
    database: Database,
    source: str,
    wanted: Condition,
    order: Order,
    last: tuple[object, object] | None,
    limit: int,
) -> tuple[dict[int, object], int]:
    """Up to `limit` + 1 keys of the rows wanted, each with its value of the order, and how many
    rows there are on all pages. `source` is what stands after FROM."""
    file = connection(database)
    total = file.execute(f"SELECT count(*) FROM {source} {wanted.where}", wanted.values).get  # noqa: S608
    here = wanted & order.beyond(last)
    rows = file.execute(
        f"SELECT {order.key}, {order.expression} FROM {source} {here.where} {order.sql} LIMIT ?",  # noqa: S608
        (*here.values, limit + 1),
    )
    return dict(rows), int(total)


def among(column: str, keys: Iterable[int]) -> Condition:
    """The column is one of these keys, however many."""
    return Condition(f"{column} IN (SELECT value FROM json_each(?))", to_json(list(keys)))  # noqa: S608
