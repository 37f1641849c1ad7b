"""Lists by the page: a cursor says where the last page ended (manual § 25.6.1).

A cursor is the sort key of the last row, opaque to callers; a page costs the same wherever it is.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

from appliance.control.errors import Invalid
from appliance.store.orders import Order

T = TypeVar("T")

_Part = str | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None

LONGEST_PAGE: Final = 200
USUAL_PAGE: Final = 50


class PageInfo(msgspec.Struct):
    """`next` is the cursor of the next page, null on the last one; `total` counts all pages."""

    next: str | None
    total: int


class Page(msgspec.Struct, Generic[T]):
    data: list[T]
    page: PageInfo


class PageQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every list takes. `q` searches; `sort` names a column, `-` before it turns it round."""

    cursor: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_PAGE)] = USUAL_PAGE
    q: Annotated[str, msgspec.Meta(max_length=100)] = ""
    sort: Annotated[str, msgspec.Meta(max_length=40)] = ""


def cursor_of(*key: object) -> str:
    """The cursor after the row with that sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def key_of(cursor: str, length: int) -> tuple[Any, ...] | None:
    """The sort key in a cursor; None for the first page. Raises Invalid."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[_Part])
    except (ValueError, msgspec.DecodeError):
        key = []
    if len(key) != length:
        raise Invalid.of(cursor="This is no cursor of this list.")
    return tuple(key)


def order_of(sort: str, sorts: Mapping[str, str], key: str) -> Order:
    """The order that `sort` asks for: a name of `sorts`, whose values are our own SQL, the first of
    them where nothing is asked for; `key` is the column that breaks ties. Raises Invalid."""
    name = sort.removeprefix("-") or next(iter(sorts))
    if name not in sorts:
        raise Invalid.of(sort=f"One of: {', '.join(sorts)}; with - before it the other way round.")
    return Order(sorts[name], key, sort.startswith("-"))


def page_of(rows: Sequence[T], limit: int, total: int, cursor: Any) -> Page[T]:
    """From up to `limit` + 1 rows: one more says that there is a next page. `cursor(row)` gives the
    cursor after a row."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page(shown, PageInfo(cursor(shown[-1]) if more and shown else None, total))
