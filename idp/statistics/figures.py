"""The table of figures: how often something happened in an hour or on a day, at a portal or fund."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import statements
from idp.database import Base, Transaction, UTCDateTime

Span = Literal["hour", "day"]


class Measure(StrEnum):
    """The things that are counted. The label of a figure says more: a method, a reason, a channel."""

    MIGRATIONS = "migrations"
    ACTIVATIONS = "activations"
    SIGN_INS = "sign-ins"
    FAILURES = "failures"
    CODES_SENT = "codes-sent"
    CODES_REDEEMED = "codes-redeemed"
    DELIVERED = "delivered"
    CODES_ISSUED = "codes-issued"


class Figure(Base):
    """`count` of a measure since `begins_at`, for as long as `span`. `seconds`: of all deliveries together.

    Either `portal` is set, or `fund`, or neither.
    """

    __tablename__ = "figures"
    __table_args__ = (sa.Index("ix_figures_span_begins_at", "span", "begins_at"),)

    span: Mapped[str] = mapped_column(primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(sa.BigInteger)
    seconds: Mapped[float]


class FigureKey(NamedTuple):
    """Everything of a figure but its sums; `begins_at` is that of its span."""

    span: Span
    begins_at: datetime
    portal: str
    fund: str
    measure: Measure
    label: str


@dataclass(frozen=True)
class FigureRead:
    """A figure as it is shown."""

    begins_at: datetime
    portal: str
    fund: str
    measure: str
    label: str
    count: int
    seconds: float


@dataclass(frozen=True)
class FigureSum:
    """The sums of a measure and label in one bucket of time; buckets are numbered from 0, the oldest first."""

    bucket: int
    measure: str
    label: str
    count: int
    seconds: float


KEY = ["span", "begins_at", "portal", "fund", "measure", "label"]
ADD = statements.add_up(Figure, KEY, ["count", "seconds"])
ASKED = (
    Figure.span == sa.bindparam("of_span"),
    Figure.begins_at >= sa.bindparam("since", type_=UTCDateTime),
    sa.or_(
        Figure.portal.in_(sa.bindparam("portals", expanding=True)),
        Figure.fund.in_(sa.bindparam("funds", expanding=True)),
    ),
)
READ = (
    sa.select(*(getattr(Figure, name) for name in FigureRead.__dataclass_fields__))
    .where(*ASKED)
    .order_by(Figure.begins_at, Figure.measure, Figure.label)
)


def add(tx: Transaction, new: Iterable[tuple[FigureKey, int, float]]) -> None:
    """Add to figures, in the order of their keys, so that two workers never wait for each other crosswise."""
    rows = [{**key._asdict(), "count": count, "seconds": seconds} for key, count, seconds in sorted(new)]
    if rows:
        tx.execute(ADD, rows)


def read(
    tx: Transaction, span: Span, *, since: datetime, portals: Collection[str], funds: Collection[str]
) -> Sequence[FigureRead]:
    """Return the figures of these portals and funds since then, the oldest first."""
    asked = {"of_span": span, "since": since, "portals": sorted(portals), "funds": sorted(funds)}
    rows = tx.execute(READ, asked)
    return [FigureRead(*row) for row in map(tuple, rows)]


def sums(
    tx: Transaction, span: Span, begins: Sequence[datetime], *, portals: Collection[str], funds: Collection[str]
) -> Sequence[FigureSum]:
    """Return the sums of these portals and funds in buckets of time that begin at these moments, the oldest first.

    The database adds them up: a year has thousands of figures, and twelve buckets.
    """
    asked = {"of_span": span, "since": begins[0], "portals": sorted(portals), "funds": sorted(funds)}
    ends = {f"end{number}": end for number, end in enumerate(begins[1:])}
    rows = tx.execute(_sums_of(len(begins)), {**asked, **ends})
    return [FigureSum(*row) for row in map(tuple, rows)]


@cache
def _sums_of(buckets: int) -> sa.Select[tuple[int, str, str, int, float]]:
    """Select the sums of as many buckets; `end0` is the end of the first one, and the last one has none."""
    ends = (sa.bindparam(f"end{number}", type_=UTCDateTime) for number in range(buckets - 1))
    bucket = sa.case(*((Figure.begins_at < end, number) for number, end in enumerate(ends)), else_=buckets - 1)
    return (
        sa.select(
            bucket.label("bucket"),
            Figure.measure,
            Figure.label,
            sa.cast(sa.func.sum(Figure.count), sa.BigInteger),
            sa.func.sum(Figure.seconds),
        )
        .where(*ASKED)
        .group_by("bucket", Figure.measure, Figure.label)
    )
