"""The database, and the one place that commits.

`Database.transaction()` opens one unit of work and commits it at the end; `Database.reading()` is its read-only
twin. Both hand out a `Transaction`, which carries what every change needs: the open session, the time of the
operation (taken once), where the change comes from, and the sealer.

- An exception rolls back, unless it is a `CommittingError`: an expected refusal whose writes must stay.
- `Transaction.savepoint()` undoes a part and keeps the rest.
- SQLite: WAL, and `BEGIN IMMEDIATE` for writers, so that a writer waits instead of failing half-way.
- Observers of the database hear, inside a transaction, each fact that it is told; their writes share its fate.
- Hot paths use `tx.run(<HotStatement>)`, or `tx.execute(<module-level Core statement>)`: neither builds an ORM session.
- A reading marked `until_written` is asked once per transaction, and again only after that transaction wrote something.
- A row that is locked shows what is stored now, even if it was read before: its former holder may have changed it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session

from idp import autocommit, commits, embedded, outages, prepared_cursor, readings
from idp.autocommit import READING
from idp.clock import Clock, deviation, difference, is_off
from idp.hot_statements import HotResult, HotStatement
from idp.outages import Unavailable
from idp.sealing import Sealer
from idp.settings import HOME, DatabaseSettings

READ_BIND = "read"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime on every database; a naive one is a bug and is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base of every table: ids are UUIDv7 texts, times aware UTC, dicts and lists JSON."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012
        datetime: UTCDateTime,
        dict[str, object]: sa.JSON,
        dict[str, object]: sa.JSON,
        dict[str, str]: sa.JSON,
        dict[str, dict[str, object]]: sa.JSON,
        dict[str, dict[str, str]]: sa.JSON,
        list[str]: sa.JSON,
        str: sa.Text,
    }


class CommittingError(Exception):
    """A refusal whose writes stay: counters, audit, a revoked family. All other exceptions roll back."""


class DatabaseUnavailable(Unavailable):
    """The database is locked, gone or takes no writes; the request can be repeated later."""


@dataclass(frozen=True)
class Origin:
    """The origin of a change, for the audit trail. `actor` is a person id, or `cli:<user>`, or `worker`."""

    actor: str = ""
    request_id: str = ""
    address: str = ""
    user_agent: str = ""
    client_id: str = ""


class SharedTime(NamedTuple):
    """The time by the database's clock, and how far that is ahead of this process's own."""

    now: datetime
    ahead: timedelta

    @property
    def is_off(self) -> bool:
        """Return whether this process's clock is so wrong that it may not take what others wrote."""
        return is_off(self.ahead)

    @property
    def fault(self) -> str:
        """The error of this machine's clock and its cure; empty if the clock can be trusted."""
        return f"this machine's clock is {deviation(self.ahead)}: run NTP on both" if self.is_off else ""


class _Session(Session):
    """The ORM session of a transaction. Rows of the `held` table are not written as long as nothing else changed."""

    held: type[Base] | None = None

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.held is None or self.new or self.deleted or not all(isinstance(row, self.held) for row in self.dirty):
            super().flush(objects)


@sa.event.listens_for(_Session, "do_orm_execute")
def _show_locked_rows(execution: ORMExecuteState) -> None:
    """Read locked rows anew. Those of the `held` table keep what is not written yet."""
    if readings.locks(execution.statement):
        session, mapper = execution.session, execution.bind_mapper
        is_held = isinstance(session, _Session) and mapper is not None and mapper.class_ is session.held
        if not is_held:
            execution.update_execution_options(populate_existing=True)


class Transaction:
    """One unit of work. Made by `Database` only."""

    def __init__(
        self,
        connect: Callable[[], sa.Connection],
        clock: Clock,
        origin: Origin,
        sealer: Sealer,
        observers: Sequence["Observer"] = (),
    ) -> None:
        self._connect = connect
        self._observers = observers
        self.now = clock.now()
        self.origin = origin
        self.sealer = sealer
        self._clock = clock
        self._session: _Session | None = None
        self.readings = readings.RememberedReadings()

    @cached_property
    def connection(self) -> sa.Connection:
        """The open connection. A reading takes one from the pool with its first statement only."""
        return self._connect()

    @cached_property
    def shared(self) -> "SharedTime":
        """The time by the database's clock, asked for once: for what processes hand to each other (rulings 37)."""
        return SharedTime(*difference(self._clock, lambda: _time_of(self.connection)))

    @property
    def session(self) -> Session:
        """The ORM session on this connection, made at first use."""
        return self._session_of_orm

    @property
    def _session_of_orm(self) -> _Session:
        if self._session is None:
            self._session = _Session(bind=self.connection, expire_on_commit=False, autoflush=True)
        return self._session

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    ) -> sa.CursorResult[Any]:
        """Run a Core statement, seeing what the session wrote."""
        self.flush()
        return self.connection.execute(statement, parameters)

    def run(self, statement: HotStatement, parameters: Mapping[str, object]) -> HotResult:
        """Run a statement of a hot path, seeing what the session wrote."""
        self.flush()
        return statement.run(self.connection, parameters)

    def add(self, row: Base) -> None:
        """Store a new row immediately, so that a conflict shows here and not at the commit."""
        self.session.add(row)
        self.session.flush()

    def flush(self) -> None:
        if self._session is not None:
            self._session.flush()

    def tell(self, fact: object) -> None:
        """Let the observers of the database know what has just been written: an event of the audit trail, or a fact."""
        for observer in self._observers:
            observer(self, fact)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside if it raises; what came before stays."""
        with self.readings.of_savepoint(), self._holding_back(None), self.session.begin_nested():
            self.session.connection()  # SQLAlchemy begins the savepoint only when the connection is asked for
            yield

    def holding_back(self, table: type[Base]) -> AbstractContextManager[None]:
        """Write changed rows of this table once, after the block, unless another change has to be written before."""
        return self._holding_back(table)

    @contextmanager
    def _holding_back(self, table: type[Base] | None) -> Iterator[None]:
        session = self._session_of_orm
        before, session.held = session.held, table
        try:
            yield
        finally:
            session.held = before

    def close(self) -> None:
        if self._session is not None:
            self._session.close()


Observer = Callable[[Transaction, object], None]
"""Hears what a transaction was told, and may write in it."""


class Database:
    """The engines of this process, made through Flask-SQLAlchemy, and the way to a transaction."""

    def __init__(
        self, writing: sa.Engine, reading: sa.Engine, clock: Clock, sealer: Sealer, direct: sa.Engine | None = None
    ) -> None:
        """`direct` leads past a pooler that hands connections on after each transaction."""
        self.writing_engine = writing
        self.reading_engine = reading
        self.session_engine = direct or writing
        """For the few that keep a connection: upgrades, and the thread that listens for notifications."""
        self.clock = clock
        self.sealer = sealer
        self._observers: tuple[Observer, ...] = ()

    def observe(self, observer: Observer) -> None:
        """Let it hear what every transaction from now on is told."""
        self._observers = (*self._observers, observer)

    @contextmanager
    def transaction(self, origin: Origin = Origin()) -> Iterator[Transaction]:
        """Give a unit of work that is committed at the end, or rolled back as the module's rules say.

        Raises `DatabaseUnavailable` when the database is locked or gone, or takes no writes.
        """
        with _availability(), self.writing_engine.connect() as connection:
            tx = Transaction(lambda: connection, self.clock, origin, self.sealer, self._observers)
            connection.begin()
            try:
                yield tx
                tx.flush()
            except CommittingError:
                tx.flush()
                connection.commit()
                raise
            finally:
                tx.close()
            connection.commit()

    @contextmanager
    def reading(self, origin: Origin = Origin()) -> Iterator[Transaction]:
        """Give a read-only transaction. Writing through it fails on SQLite and is a bug everywhere."""
        with _availability(), ExitStack() as opened:
            tx = Transaction(
                lambda: opened.enter_context(self.reading_engine.connect()), self.clock, origin, self.sealer
            )
            try:
                yield tx
            finally:
                tx.close()

    def dispose(self) -> None:
        """Drop pooled connections (after a fork, at shutdown)."""
        for engine in (self.writing_engine, self.reading_engine, self.session_engine):
            engine.dispose()


def open_database(app: Flask, settings: DatabaseSettings, clock: Clock, sealer: Sealer) -> Database:
    """Attach Flask-SQLAlchemy to the application and make the engines. Connects to nothing yet."""
    url = sa.make_url(settings.url)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and url.database:
        # Flask-SQLAlchemy would look for a relative file in an instance folder; ours are relative to the checkout.
        path = HOME / url.database
        embedded.prepare_file(path)
        url = url.set(database=str(path))
    options: dict[str, object] = {"pool_size": settings.pool_size, "max_overflow": settings.pool_size}
    options["pool_timeout"] = settings.busy_timeout
    options["hide_parameters"] = True  # errors quote statements, never what was bound to them
    pooled = bool(settings.direct_url) and not sqlite
    if sqlite:
        options["connect_args"] = {"timeout": settings.busy_timeout, "check_same_thread": False}
    else:
        options["skip_autocommit_rollback"] = True  # a reading has nothing to roll back
    if pooled:
        options["connect_args"] = {"prepare_threshold": None}  # the next transaction meets another server process
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_BINDS"] = {READ_BIND: {"url": url, **options}} if sqlite else {}
    extension = SQLAlchemy(app, metadata=Base.metadata)
    with app.app_context():
        writing = extension.engine
        reading = extension.engines[READ_BIND] if sqlite else writing.execution_options(**{READING: True})
    if sqlite:
        embedded.prepare(writing, settings, begin="BEGIN IMMEDIATE", query_only=False)
        embedded.prepare(reading, settings, begin="BEGIN", query_only=True)
    else:
        prepare_postgresql(writing, settings, limits=not pooled)
        commits.watch(writing, settings.busy_timeout)
    readings.watch(writing)
    direct = sa.create_engine(settings.direct_url, poolclass=sa.NullPool, hide_parameters=True) if pooled else None
    return Database(writing, reading, clock, sealer, direct)


def prepare_postgresql(engine: sa.Engine, settings: DatabaseSettings, *, limits: bool) -> None:
    """Nothing waits indefinitely, for a lock or a statement that went astray; no plan is compiled before it runs.

    A database that cannot hold every name is refused as soon as it answers. Behind a pooler a session has no settings
    of its own: there the role has them (docs/operations.md).
    """

    def on_connect(raw: DBAPIConnection, _record: object) -> None:
        lock, statement = settings.busy_timeout, settings.statement_timeout
        raw.cursor().execute(f"SET lock_timeout = '{lock}s'; SET statement_timeout = '{statement}s'; SET jit = off")

    def refuse_other_encodings(raw: Any, _record: object) -> None:
        encoding = raw.info.parameter_status("server_encoding")
        if encoding not in (None, "UTF8"):
            reason = f"the database's encoding is {encoding}, not UTF8: make it with createdb --encoding UTF8"
            raise engine.dialect.loaded_dbapi.OperationalError(reason)

    sa.event.listen(engine, "connect", refuse_other_encodings, insert=True)  # before SQLAlchemy reads anything
    autocommit.rest(engine)
    prepared_cursor.keep(engine)
    if limits:
        sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "handle_error", outages.drop_connection)
    outages.watch_pool(engine)


TIME = {
    "postgresql": HotStatement(sa.select(sa.func.clock_timestamp(type_=UTCDateTime))),
    "sqlite": HotStatement(sa.select(sa.func.strftime("%Y-%m-%d %H:%M:%f", "now", type_=UTCDateTime))),
}


def _time_of(connection: sa.Connection) -> datetime:
    """Return the database's time. SQLite uses its machine's clock."""
    moment: datetime = TIME[connection.dialect.name].run(connection, {}).scalar()
    return moment


@contextmanager
def _availability() -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        if not outages.is_outage(error):
            raise
        raise DatabaseUnavailable(_reason(error)) from error


def _reason(error: BaseException) -> str:
    """Return the database's first message. A full disk also makes it lose savepoints, and it reports that last."""
    reason, earlier = error, error.__context__
    while earlier is not None:
        reason = earlier if isinstance(earlier, sa.exc.DBAPIError) else reason
        earlier = earlier.__context__
    return str(reason.__cause__ or reason).splitlines()[0]
