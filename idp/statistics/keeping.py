"""The figures are kept: the worker reads what happened since it last did, and adds it up.

- Events are read in the order of their ids, which begin with their time, once they are `SETTLED`: no transaction that
  began earlier is still open then. The place is noted in the transaction that adds, on the condition that nobody noted
  another meanwhile. So every event counts once, however many workers there are, and whenever one is killed.
- Deliveries are read from the outbox, whose rows stay for a day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.log import AuditEvent
from idp.database import Base, Database, Origin, Transaction, UTCDateTime
from idp.invitations.registration_code import RegistrationCode
from idp.messages.outbox import OutboxRow
from idp.statements import insert_if_absent
from idp.statistics import figures
from idp.statistics.counting import OF_A_FUND, measures_of
from idp.statistics.figures import FigureKey, Measure

BATCH = 1000
SETTLED = timedelta(minutes=2)
THE_ROW = 1
LONG_AGO = datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))


class FigureCursor(Base):
    """The one row: events up to `event_id` are counted, deliveries up to `delivered_at`."""

    __tablename__ = "figure_cursor"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[str]
    delivered_at: Mapped[datetime]


class EventRead(NamedTuple):
    """The part of an event that counts."""

    id: str
    at: datetime
    name: str
    client_id: str
    details: dict[str, object]


class DeliveryRead(NamedTuple):
    """A code that was delivered, and since when it waited."""

    kind: str
    client_id: str
    created_at: datetime
    done_at: datetime


FIRST = insert_if_absent(FigureCursor)
CURSOR = sa.select(FigureCursor.event_id, FigureCursor.delivered_at)
MOVE = sa.update(FigureCursor).where(
    FigureCursor.event_id == sa.bindparam("was_id"),
    FigureCursor.delivered_at == sa.bindparam("was_at", type_=UTCDateTime),
)
EVENTS = (
    sa.select(AuditEvent.id, AuditEvent.at, AuditEvent.name, AuditEvent.client_id, AuditEvent.details)
    .where(AuditEvent.id > sa.bindparam("after"), AuditEvent.at <= sa.bindparam("until", type_=UTCDateTime))
    .order_by(AuditEvent.id)
    .limit(BATCH)
)
DELIVERED = sa.select(OutboxRow.kind, OutboxRow.client_id, OutboxRow.created_at, OutboxRow.done_at).where(
    OutboxRow.done_at > sa.bindparam("after", type_=UTCDateTime),
    OutboxRow.done_at <= sa.bindparam("until", type_=UTCDateTime),
    OutboxRow.lane == "codes",
    OutboxRow.outcome == "sent",
)
FUNDS = sa.select(RegistrationCode.id, RegistrationCode.fund).where(
    RegistrationCode.id.in_(sa.bindparam("codes", expanding=True))
)


class Sums:
    """Figures that are being added up: each thing that happened counts for its hour and for its day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._sums: dict[FigureKey, tuple[int, float]] = defaultdict(lambda: (0, 0.0))

    def add(
        self, at: datetime, measure: Measure, label: str, *, portal: str = "", fund: str = "", seconds: float = 0.0
    ) -> None:
        """Count something that happened at a portal or fund."""
        day = at.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        hour = at.replace(minute=0, second=0, microsecond=0)
        for key in (
            FigureKey("hour", hour, portal, fund, measure, label),
            FigureKey("day", day.astimezone(hour.tzinfo), portal, fund, measure, label),
        ):
            count, total = self._sums[key]
            self._sums[key] = count + 1, total + seconds

    def rows(self) -> Iterable[tuple[FigureKey, int, float]]:
        return [(key, count, seconds) for key, (count, seconds) in self._sums.items()]


def keep(database: Database, zone: ZoneInfo, origin: Origin) -> int:
    """Count at most one batch of what happened; answers how many events it was."""
    with database.reading() as tx:
        cursor = tx.execute(CURSOR).one_or_none()
        after, since = (cursor.event_id, cursor.delivered_at) if cursor is not None else ("", LONG_AGO)
        until = tx.now - SETTLED
        events = [EventRead._make(row) for row in tx.execute(EVENTS, {"after": after, "until": until})]
        delivered = [
            DeliveryRead._make(row) for row in tx.execute(DELIVERED, {"after": since, "until": max(since, until)})
        ]
        sums = _added_up(events, delivered, _funds_of(tx, events), zone)
    if not events and not delivered:
        return 0
    with database.transaction(origin) as tx:
        tx.execute(FIRST, {"id": THE_ROW, "event_id": "", "delivered_at": LONG_AGO})
        new = {"event_id": events[-1].id if events else after, "delivered_at": max(since, until)}
        if tx.execute(MOVE, {"was_id": after, "was_at": since, **new}).rowcount != 1:
            return 0  # another worker has counted them
        figures.add(tx, sums.rows())
    return len(events)


def _added_up(
    events: Sequence[EventRead], delivered: Sequence[DeliveryRead], funds: Mapping[str, str], zone: ZoneInfo
) -> Sums:
    sums = Sums(zone)
    for event in events:
        for measure, label in measures_of(event.name, event.details):
            if event.client_id:
                sums.add(event.at, measure, label, portal=event.client_id)
            fund = funds.get(str(event.details.get("code_id", ""))) if event.name in OF_A_FUND else ""
            if fund:
                sums.add(event.at, measure, label, fund=fund)
    for row in delivered:
        waited = (row.done_at - row.created_at).total_seconds()
        sums.add(row.done_at, Measure.DELIVERED, row.kind, portal=row.client_id, seconds=max(0.0, waited))
    return sums


def _funds_of(tx: Transaction, events: Sequence[EventRead]) -> dict[str, str]:
    """Return the funds of the letters and invitations of these events, by the id of the code."""
    codes = [str(event.details.get("code_id", "")) for event in events if event.name in OF_A_FUND]
    return {row.id: row.fund for row in tx.execute(FUNDS, {"codes": codes})} if codes else {}
