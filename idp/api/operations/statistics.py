"""Figures of the funds and portals of a program: how often something happened, by the hour or by the day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from idp.api.operation import Call, Operation
from idp.api.rights import STATISTICS_READ
from idp.database import Transaction
from idp.settings import Section
from idp.statistics import figures
from idp.statistics.figures import FigureRead

MOST = {"hour": timedelta(days=2), "day": timedelta(days=366)}


class FigureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Either `portal` is set or `fund`. `label` says more of the measure: a method, a reason, a channel.

    `seconds` is what deliveries took together.
    """

    begins_at: datetime
    portal: str | None
    fund: str | None
    measure: str
    label: str
    count: int
    seconds: float


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest figures first."""

    span: str
    items: tuple[FigureRecord, ...]


class StatisticsQuery(Section, frozen=True, kw_only=True):
    span: Annotated[
        Literal["hour", "day"], msgspec.Meta(description="Figures of hours, of two days; or of days, of a year.")
    ] = "day"
    measure: Annotated[str, msgspec.Meta(max_length=40, description="Only this measure.")] = ""


def read_statistics(call: Call, tx: Transaction) -> Statistics:
    asked, reach = call.query(StatisticsQuery), call.caller.access
    since = tx.now - MOST[asked.span]

    def find(copy: Transaction) -> Sequence[FigureRead]:
        return figures.read(copy, asked.span, since=since, portals=reach.portals, funds=reach.funds)

    read = call.provider.replica.read(tx, find)
    wanted = (each for each in read if asked.measure in ("", each.measure))
    return Statistics(span=asked.span, items=tuple(map(_record, wanted)))


def _record(each: FigureRead) -> FigureRecord:
    return FigureRecord(
        begins_at=each.begins_at,
        portal=each.portal or None,
        fund=each.fund or None,
        measure=each.measure,
        label=each.label,
        count=each.count,
        seconds=round(each.seconds, 3),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/statistics",
        scope=STATISTICS_READ,
        summary="Read statistics",
        description="How often something happened at your funds and portals. The measures are migrations, activations, "
        "sign-ins, failures, codes-sent, codes-redeemed, delivered and codes-issued. Figures lag by three minutes.",
        query=StatisticsQuery,
        answer=Statistics,
        act=read_statistics,
    ),
)
