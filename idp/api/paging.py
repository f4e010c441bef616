"""Lists in pages: the caller follows `next` until there is none."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec

from idp.settings import Section

LARGEST = 200

Cursor = Annotated[
    str, msgspec.Meta(max_length=200, description="The `next` of the page before; without it, the first page.")
]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=LARGEST, description="How many at most.")]

T = TypeVar("T")
R = TypeVar("R")


class PageQuery(Section, frozen=True, kw_only=True):
    cursor: Cursor = ""
    limit: PageSize = 50


class ResultPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """`next` is the cursor of the page that follows; null on the last one."""

    items: tuple[T, ...]
    next: str | None = None


def page_of(rows: Sequence[R], limit: int, *, cursor: Callable[[R], str], shown: Callable[[R], T]) -> ResultPage[T]:
    """Return a page of at most `limit` items; `rows` holds one more where another page follows."""
    more = len(rows) > limit
    return ResultPage(items=tuple(map(shown, rows[:limit])), next=cursor(rows[limit - 1]) if more else None)
