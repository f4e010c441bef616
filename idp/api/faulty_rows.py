"""The rows of a job that brought nothing, page by page: each by its JSON pointer into the request."""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import msgspec

from idp.api.paging import PageQuery, ResultPage, page_of


class FaultyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the request that brings nothing: a JSON pointer into its body, and why."""

    pointer: str
    detail: str


class RowFault(NamedTuple):
    """A fault of a row; `place` counts those of the same row."""

    row: int
    place: int
    shown: FaultyRow


def page(asked: PageQuery, faults: Sequence[RowFault]) -> ResultPage[FaultyRow]:
    """Return the faults behind the cursor, in the order of their rows."""
    behind = _place(asked.cursor)
    rows = sorted((each for each in faults if (each.row, each.place) > behind), key=lambda each: each[:2])
    return page_of(
        rows[: asked.limit + 1],
        asked.limit,
        cursor=lambda each: f"{each.row}.{each.place}",
        shown=lambda each: each.shown,
    )


def _place(cursor: str) -> tuple[float, float]:
    """Return the row and place of a cursor; one that nobody gave stands before all."""
    row, _, place = cursor.partition(".")
    numbers = [int(part) for part in (row, place) if part.isascii() and part.isdigit() and len(part) < 10]
    return (numbers[0], numbers[1] if len(numbers) > 1 else inf) if numbers else (-1, -1)
