"""The table behind the limits: rows of hits, read and written together, however many a debit or a refund concerns.

Rows are locked in the order of their digests, so that two who need the same ones never wait for each other crosswise.
Each function takes one statement.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler

from idp.database import Base, Transaction
from idp.hot_statements import HotStatement
from idp.statements import upsert


class RateLimit(Base):
    """The hits of one limit and one set of keys, as milliseconds since the epoch, oldest first."""

    __tablename__ = "rate_limits"
    __table_args__ = (sa.Index("ix_rate_limits_expires_at", "expires_at"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    hits: Mapped[list[int]] = mapped_column(sa.JSON)
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class StoredHits:
    """The content of a row."""

    name: str
    hits: Sequence[int]
    expires_at: datetime


COLUMNS = (RateLimit.digest, RateLimit.name, RateLimit.hits, RateLimit.expires_at)


class _WithoutNewest(sa.sql.functions.FunctionElement[list[int]]):
    """A list of hits without its last one."""

    type = sa.JSON()
    inherit_cache = True


@compiles(_WithoutNewest, "postgresql")
def _postgresql(element: _WithoutNewest, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(element.clauses, **options)}::jsonb - (-1))::json"


@compiles(_WithoutNewest, "sqlite")
def _sqlite(element: _WithoutNewest, compiler: SQLCompiler, **options: object) -> str:
    return f"json_remove({compiler.process(element.clauses, **options)}, '$[#-1]')"


def look(tx: Transaction, rows: Collection[str]) -> dict[str, list[int]]:
    """Return the hits of those rows that exist, by their digest. Locks nothing."""
    if not rows:
        return {}
    return {row.digest: row.hits for row in tx.run(_looking(len(rows)), _named("row", list(rows)))}


def lock(tx: Transaction, empty: Mapping[str, StoredHits]) -> dict[str, list[int]]:
    """Return the hits of each row; nobody else reads or writes them until this transaction ends.

    Those that do not exist are made, `empty`.
    """
    return {row.digest: row.hits for row in tx.run(_locking(len(empty)), _values(empty))}


def store(tx: Transaction, rows: Mapping[str, StoredHits]) -> None:
    """Write rows that are locked."""
    tx.run(_storing(len(rows)), _values(rows))


def give_back(tx: Transaction, refunded: Collection[str], forgotten: Collection[str] = ()) -> None:
    """Drop the newest hit of the `refunded` rows, where there is one, and every hit of the `forgotten` ones."""
    rows = [*{*refunded, *forgotten}]
    if not rows:
        return
    named = {**_named("row", rows), **_named("forgotten", list(forgotten))}
    tx.run(_giving_back(len(rows), len(forgotten)), {**named, "none": []} if forgotten else named)


def _values(rows: Mapping[str, StoredHits]) -> dict[str, object]:
    return {
        f"{column}{place}": value
        for place, (digest, row) in enumerate(sorted(rows.items()))
        for column, value in (
            ("digest", digest),
            ("name", row.name),
            ("hits", row.hits),
            ("expires_at", row.expires_at),
        )
    }


def _among(name: str, number: int) -> sa.ColumnElement[bool]:
    return RateLimit.digest.in_([sa.bindparam(f"{name}{place}", type_=sa.Text) for place in range(number)])


def _named(name: str, digests: Sequence[str]) -> dict[str, object]:
    return {f"{name}{place}": digest for place, digest in enumerate(digests)}


@cache
def _looking(number: int) -> HotStatement:
    return HotStatement(sa.select(RateLimit.digest, RateLimit.hits).where(_among("row", number)))


@cache
def _giving_back(rows: int, forgotten: int) -> HotStatement:
    held = sa.select(RateLimit.digest).where(_among("row", rows)).order_by(RateLimit.digest).with_for_update()
    kept: sa.ColumnElement[list[int]] = _WithoutNewest(RateLimit.hits)
    if forgotten:
        kept = sa.case((_among("forgotten", forgotten), sa.bindparam("none", type_=sa.JSON)), else_=kept)
    return HotStatement(
        sa.update(RateLimit).where(RateLimit.digest.in_(held.subquery("held").select())).values(hits=kept)
    )


@cache
def _locking(number: int) -> HotStatement:
    """An upsert that changes nothing: it makes what is absent and locks what is there, both in the one order."""
    unchanged = {"name": RateLimit.name}
    upserted = _inserting(upsert(RateLimit, ["digest"], [], also=unchanged), number)
    return HotStatement(upserted.returning(RateLimit.digest, RateLimit.hits))


@cache
def _storing(number: int) -> HotStatement:
    return HotStatement(_inserting(upsert(RateLimit, ["digest"], ["hits", "expires_at"]), number))


def _inserting(insert: sa.Insert, number: int) -> sa.Insert:
    """Take the rows from SELECTs: SQLAlchemy compiles a longer list of VALUES each time anew."""
    rows = [
        sa.select(*(sa.bindparam(f"{column.key}{place}", type_=column.type) for column in COLUMNS)).where(sa.true())
        for place in range(number)
    ]
    source = sa.union_all(*rows) if number > 1 else rows[0]
    return insert.from_select([column.key for column in COLUMNS], source)
