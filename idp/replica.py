"""A replica of the database, asked only for what may be a little old: the figures of overviews. Off as shipped.

It follows its primary a moment later, or much later, or is away. So nothing that decides anything is read there, and
the primary answers whatever the replica does not.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import sqlalchemy as sa
import structlog

from idp.autocommit import READING
from idp.database import Database, DatabaseUnavailable, Transaction, prepare_postgresql
from idp.settings import DatabaseSettings

PAUSE = 30.0  # seconds in which a replica that failed is not asked
CONNECTING = 2  # seconds, unless its address says otherwise
LONGEST_LAG = timedelta(minutes=1)
NEWEST = sa.text("SELECT CAST(pg_current_wal_lsn() AS TEXT)")
LAG = sa.text(
    "SELECT pg_is_in_recovery() AS follows, CASE WHEN pg_last_wal_replay_lsn() >= CAST(:newest AS pg_lsn) THEN 0"
    " ELSE extract(epoch FROM clock_timestamp()"
    " - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())) END AS seconds"
)
"""The age of the newest transaction that it has, unless it has everything that the primary has."""

log = structlog.get_logger()
T = TypeVar("T")


class Replica:
    """Reads what may be old in the replica, if there is one. One for each process; every thread may use it."""

    def __init__(self, engine: sa.Engine | None, primary: Database) -> None:
        self.engine = engine
        self._primary = primary
        self._copy = Database(engine, engine, primary.clock, primary.sealer) if engine is not None else None
        self._asked_from = primary.clock.monotonic()

    def read(self, tx: Transaction, ask: Callable[[Transaction], T]) -> T:
        """Return what `ask` finds in the replica; in `tx` where there is none, it does not answer, or it failed lately.

        `ask` may run twice.
        """
        clock = self._primary.clock
        if self._copy is not None and clock.monotonic() >= self._asked_from:
            try:
                with self._copy.reading(tx.origin) as copy:
                    return ask(copy)
            except (DatabaseUnavailable, sa.exc.DBAPIError) as error:
                self._asked_from = clock.monotonic() + PAUSE
                log.warning("replica_unavailable", reason=str(error).partition("\n")[0])
        return ask(tx)

    def fault(self) -> str:
        """Return what is wrong with the replica; empty if nothing is, or there is none."""
        if self.engine is None:
            return ""
        with self._primary.reading() as tx:
            newest = tx.execute(NEWEST).scalar_one()
        try:
            with self.engine.connect() as connection:
                follows, seconds = connection.execute(LAG, {"newest": newest}).one()
        except sa.exc.SQLAlchemyError:
            return "it cannot be reached: the primary answers in its place"
        if not follows:
            return "database.replica leads to a database that follows no other"
        lag = timedelta(seconds=float(seconds))
        return f"it is {lag.total_seconds():.0f} s behind its primary" if lag > LONGEST_LAG else ""

    def dispose(self) -> None:
        """Drop pooled connections."""
        if self.engine is not None:
            self.engine.dispose()


def open_replica(settings: DatabaseSettings, primary: Database) -> Replica:
    """Return the replica that the settings name, or one that always asks the primary. Connects to nothing yet."""
    if not settings.replica:
        return Replica(None, primary)
    url = sa.make_url(settings.replica)
    pooled = bool(settings.direct_url)
    arguments: dict[str, object] = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECTING}
    if pooled:
        arguments["prepare_threshold"] = None  # as in `idp.database`
    engine = sa.create_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=settings.pool_size,
        pool_timeout=settings.busy_timeout,
        hide_parameters=True,
        skip_autocommit_rollback=True,
        connect_args=arguments,
    )
    prepare_postgresql(engine, settings, limits=not pooled)
    return Replica(engine.execution_options(**{READING: True}), primary)
