"""Whether a channel works: a circuit breaker in the database, the same for every node and every person (X-27).

A channel is a kind of delivery (`email`, `sms`). After `TOLERATED` failures of the channel in a row its circuit opens:
nothing is tried before `retry_at`, then one worker tries again. One success closes it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from idp.audit.events.messages import ChannelFailed, ChannelRecovered
from idp.audit.log import record
from idp.database import Base, Transaction, UTCDateTime

TOLERATED = 3
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)


class ChannelHealth(Base):
    """The failures of one channel since its last success."""

    __tablename__ = "channel_health"

    channel: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime]
    retry_at: Mapped[datetime]
    fault: Mapped[str]


@dataclass(frozen=True)
class ChannelState:
    """`down` since `since`; the next trial is at `retry_at`."""

    channel: str
    down: bool
    since: datetime | None = None
    retry_at: datetime | None = None


NOW = sa.bindparam("now", type_=UTCDateTime)
THE_CHANNEL = ChannelHealth.channel == sa.bindparam("of", type_=sa.Text)
LOOK = sa.select(ChannelHealth.__table__).where(THE_CHANNEL)
LOCK = LOOK.with_for_update()
INSERT_IF_ABSENT = {
    "sqlite": sqlite.insert(ChannelHealth).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(ChannelHealth).on_conflict_do_nothing(),
}
UPDATE = sa.update(ChannelHealth).where(THE_CHANNEL)
# One worker of all wins the trial: the others see a later `retry_at`.
TRY = UPDATE.where(ChannelHealth.retry_at <= NOW)
BLOCKED = sa.select(ChannelHealth.channel).where(ChannelHealth.failures >= TOLERATED, ChannelHealth.retry_at > NOW)
CLOSE = sa.delete(ChannelHealth).where(THE_CHANNEL).returning(ChannelHealth.failures)


def channel_state(tx: Transaction, channel: str) -> ChannelState:
    """The state of `email`, `sms` or another kind of delivery. Reads only."""
    row = tx.execute(LOOK, {"of": channel}).first()
    if row is None or row.failures < TOLERATED:
        return ChannelState(channel, down=False)
    return ChannelState(channel, down=True, since=row.since, retry_at=row.retry_at)


def blocked(tx: Transaction) -> set[str]:
    """The channels that nobody should try now. Reads only."""
    return set(tx.execute(BLOCKED, {"now": tx.now}).scalars())


def may_try(tx: Transaction, channel: str) -> bool:
    """Whether this worker may deliver now: the circuit is closed, or this is the one trial of an open one."""
    state = channel_state(tx, channel)
    if not state.down:
        return True
    return tx.execute(TRY, {"of": channel, "now": tx.now, "retry_at": tx.now + FIRST_PAUSE}).rowcount == 1


def failed(tx: Transaction, channel: str, fault: str) -> None:
    """Count a failure of the channel itself; record the event when that opens the circuit."""
    fresh = {"channel": channel, "failures": 0, "since": tx.now, "retry_at": tx.now, "fault": fault}
    tx.execute(INSERT_IF_ABSENT[tx.dialect], fresh)
    row = tx.execute(LOCK, {"of": channel}).one()
    failures = row.failures + 1
    pause = min(FIRST_PAUSE * 2 ** max(failures - TOLERATED, 0), LONGEST_PAUSE)
    tx.execute(UPDATE, {"of": channel, "failures": failures, "retry_at": tx.now + pause, "fault": fault})
    if failures == TOLERATED:
        record(tx, ChannelFailed(channel=channel, fault=fault))


def succeeded(tx: Transaction, channel: str) -> None:
    """Forget the failures; record the event if the circuit was open."""
    failures = tx.execute(CLOSE, {"of": channel}).scalar()
    if failures is not None and failures >= TOLERATED:
        record(tx, ChannelRecovered(channel=channel))
