"""The health of a channel: a circuit breaker in the database, the same for every node and every person (X-27).

A channel is a kind of delivery (`email`, `sms`). The rule is that of `idp.outbound.breaker`: one incident counts once,
after `RULES.tolerated` failures nothing is tried before `retry_at`, then one worker tries. One success closes it. The
pauses are short, because a person waits for the code: a gateway that is back is used again within half a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.messages import ChannelFailed, ChannelRecovered
from idp.audit.log import record
from idp.database import Base, Transaction, UTCDateTime
from idp.outbound import breaker
from idp.outbound.breaker import BreakerRules, Circuit
from idp.statements import insert_if_absent

RULES = BreakerRules(tolerated=3, pause=timedelta(seconds=15), longest=timedelta(seconds=30))


class ChannelHealth(Base):
    """The failures of one channel since its last success."""

    __tablename__ = "channel_health"

    channel: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime]
    retry_at: Mapped[datetime]
    fault: Mapped[str]
    counted_at: Mapped[datetime | None]
    """When the newest failure was counted; empty in rows that an older version wrote."""


@dataclass(frozen=True)
class ChannelState:
    """`down` since `since`; the next trial is at `retry_at`."""

    channel: str
    down: bool
    since: datetime | None = None
    retry_at: datetime | None = None


THE_CHANNEL = ChannelHealth.channel == sa.bindparam("of", type_=sa.Text)
LOOK = sa.select(ChannelHealth.__table__).where(THE_CHANNEL)
LOCK = LOOK.with_for_update()
INSERT_IF_ABSENT = insert_if_absent(ChannelHealth)
UPDATE = sa.update(ChannelHealth).where(THE_CHANNEL)
# One worker of all wins the trial: the others see a later `retry_at`.
TRY = UPDATE.where(ChannelHealth.retry_at == sa.bindparam("seen", type_=UTCDateTime))
OPEN = sa.select(ChannelHealth.__table__).where(ChannelHealth.failures >= RULES.tolerated)
CLOSE = sa.delete(ChannelHealth).where(THE_CHANNEL).returning(ChannelHealth.failures)


def channel_state(tx: Transaction, channel: str) -> ChannelState:
    """Return the state of `email`, `sms` or another kind of delivery. Reads only."""
    row = tx.execute(LOOK, {"of": channel}).first()
    if row is None or not breaker.is_open(RULES, _circuit(row)):
        return ChannelState(channel, down=False)
    return ChannelState(channel, down=True, since=row.since, retry_at=row.retry_at)


def down(tx: Transaction) -> list[ChannelState]:
    """Return the channels that are down, by name. Reads only."""
    rows = sorted(tx.execute(OPEN), key=lambda row: str(row.channel))
    return [ChannelState(row.channel, down=True, since=row.since, retry_at=row.retry_at) for row in rows]


def blocked(tx: Transaction) -> set[str]:
    """Return the channels that nobody should try now. Reads only."""
    return {row.channel for row in tx.execute(OPEN) if breaker.after_claim(RULES, _circuit(row), tx.shared.now) is None}


def may_try(tx: Transaction, channel: str) -> bool:
    """Return whether this worker may deliver now: the circuit is closed, or this is the one trial of an open one."""
    row = tx.execute(LOOK, {"of": channel}).first()
    if row is None or not breaker.is_open(RULES, _circuit(row)):
        return True
    claimed = breaker.after_claim(RULES, _circuit(row), tx.shared.now)
    if claimed is None:
        return False
    return tx.execute(TRY, {"of": channel, "seen": row.retry_at, "retry_at": claimed.retry_at}).rowcount == 1


def failed(tx: Transaction, channel: str, fault: str, *, began: datetime) -> None:
    """Count a failure of the channel itself, in a delivery that `began` then; record the event when that opens the
    circuit."""
    now = tx.shared.now
    fresh = {"channel": channel, "failures": 0, "since": now, "retry_at": now, "fault": fault, "counted_at": None}
    tx.execute(INSERT_IF_ABSENT, fresh)
    row = tx.execute(LOCK, {"of": channel}).one()
    before = _circuit(row) if row.failures else None
    after = breaker.after_failure(RULES, before, began=began, now=now)
    if after is before:
        return
    changes = {"failures": after.failures, "retry_at": after.retry_at, "counted_at": after.counted_at, "fault": fault}
    tx.execute(UPDATE, {"of": channel, **changes})
    if after.failures == RULES.tolerated:
        record(tx, ChannelFailed(channel=channel, fault=fault))


def succeeded(tx: Transaction, channel: str) -> None:
    """Forget the failures; record the event if the circuit was open."""
    failures = tx.execute(CLOSE, {"of": channel}).scalar()
    if failures is not None and failures >= RULES.tolerated:
        record(tx, ChannelRecovered(channel=channel))


def _circuit(row: sa.Row[Any]) -> Circuit:
    return Circuit(row.failures, row.counted_at or row.since, row.retry_at)
