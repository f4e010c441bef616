"""Statements that go to the driver as they were compiled once."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import readings
from idp.audit.log import AuditEvent
from idp.database import Base, Database, DatabaseUnavailable, UTCDateTime
from idp.hot_statements import HotStatement
from idp.limits.counts import RateLimit
from tests.support.counting import counting

pytestmark = pytest.mark.both_databases

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
ROW = {"digest": "d", "name": "network", "hits": [1, 2], "expires_at": NOON}
INSERT = HotStatement(sa.insert(RateLimit))
FIND = HotStatement(sa.select(RateLimit.hits, RateLimit.expires_at).where(RateLimit.digest == sa.bindparam("wanted")))
EXTEND = HotStatement(
    sa.update(RateLimit)
    .where(RateLimit.digest == sa.bindparam("wanted"))
    .values(expires_at=sa.bindparam("until"))
    .returning(RateLimit.expires_at)
)
END = HotStatement(sa.delete(RateLimit).where(RateLimit.digest == sa.bindparam("wanted")))
SUCCESSOR = HotStatement(sa.select(sa.bindparam("number", type_=sa.BigInteger) + 1))
ECHO = HotStatement(sa.select(sa.bindparam("moment", type_=UTCDateTime)))
COUNT = HotStatement(sa.select(sa.func.count()).select_from(RateLimit))


def test_values_and_rows_have_the_types_of_their_columns(database: Database) -> None:
    with database.transaction() as tx:
        tx.run(INSERT, ROW)

        found = tx.run(FIND, {"wanted": "d"}).first()

        assert (found.hits, found.expires_at) == ([1, 2], NOON)
        assert tx.run(EXTEND, {"wanted": "d", "until": NOON.replace(hour=13)}).scalar() == NOON.replace(hour=13)
        assert tx.run(END, {"wanted": "d"}).rowcount == 1
        assert list(tx.run(FIND, {"wanted": "d"})) == []


def test_a_row_that_is_not_there_is_none_and_where_one_is_expected_an_error(database: Database) -> None:
    with database.reading() as tx:
        assert tx.run(FIND, {"wanted": "nobody's"}).first() is None
        assert tx.run(FIND, {"wanted": "nobody's"}).scalar() is None
        with pytest.raises(LookupError):
            tx.run(FIND, {"wanted": "nobody's"}).one()


def test_it_shares_the_fate_of_its_transaction(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        tx.run(INSERT, ROW)
        raise ZeroDivisionError

    with database.reading() as tx:
        assert tx.run(COUNT, {}).scalar() == 0


def test_it_sees_what_the_session_wrote(database: Database) -> None:
    with database.transaction() as tx:
        tx.session.add(RateLimit(**ROW))

        assert tx.run(COUNT, {}).scalar() == 1


def test_listeners_hear_it(database: Database) -> None:
    with counting(database) as asked, database.transaction() as tx:
        tx.run(COUNT, {}).scalar()

    assert (asked.statements, asked.transactions) == (1, 1)


def test_a_change_ends_remembered_readings_and_a_reading_does_not(database: Database) -> None:
    with database.transaction() as tx:
        before = tx.connection.info.get(readings.WRITTEN, 0)
        tx.run(COUNT, {}).scalar()
        assert tx.connection.info.get(readings.WRITTEN, 0) == before

        tx.run(INSERT, ROW)
        assert tx.connection.info[readings.WRITTEN] == before + 1


@pytest.mark.postgresql
def test_a_statement_that_is_prepared_needs_no_cursor_of_the_driver(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as tx:
        tx.run(COUNT, {}).scalar()
        monkeypatch.setattr("psycopg.RawCursor.execute", None)

        assert tx.run(COUNT, {}).scalar() == 0


def test_it_runs_on_after_a_part_of_its_transaction_was_undone(database: Database) -> None:
    """psycopg drops every prepared statement then"""
    for _ in range(2):
        with database.transaction() as tx:
            for _ in range(7):
                tx.session.execute(sa.select(RateLimit.digest))
            tx.run(INSERT, ROW)
            with pytest.raises(ZeroDivisionError), tx.savepoint():
                tx.run(END, {"wanted": "d"})
                raise ZeroDivisionError

            assert tx.run(COUNT, {}).scalar() == 1
            tx.run(END, {"wanted": "d"})


def test_numbers_of_any_size_and_absent_values_find_their_columns(database: Database) -> None:
    """A driver may take a small number and a large one, or a value and none, for two statements"""
    numbers = (1, 40_000, 2**40)
    with database.transaction() as tx:
        for _ in range(2):
            assert [tx.run(SUCCESSOR, {"number": number}).scalar() for number in numbers] == [2, 40_001, 2**40 + 1]
            assert [tx.run(ECHO, {"moment": moment}).scalar() for moment in (None, NOON, None)] == [None, NOON, None]


def test_a_fault_is_sqlalchemys_and_hides_the_values(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as raised, database.transaction() as tx:
        tx.run(INSERT, ROW)
        tx.run(INSERT, ROW | {"name": "a secret"})

    assert "a secret" not in str(raised.value)


@pytest.mark.postgresql
def test_a_database_that_went_away_is_an_outage(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable), database.transaction() as tx:
        number = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with database.session_engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({number})").scalar()
        tx.run(COUNT, {})

    with database.transaction() as tx:
        assert tx.run(COUNT, {}).scalar() == 0


@pytest.mark.postgresql
def test_a_database_that_goes_away_between_two_statements_is_an_outage(database: Database) -> None:
    for begin in (database.transaction, database.reading):
        with pytest.raises(DatabaseUnavailable), begin() as tx:
            tx.run(COUNT, {}).scalar()
            number = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with database.session_engine.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 5000)").scalar()
            tx.run(COUNT, {})

        with begin() as tx:
            assert tx.run(COUNT, {}).scalar() == 0


class WithDefault(Base):
    __tablename__ = "with_default"

    id: Mapped[str] = mapped_column(primary_key=True, default="made by SQLAlchemy")


Base.metadata.remove(WithDefault.__table__)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "statement",
    [
        sa.insert(WithDefault).values({}),
        sa.select(AuditEvent.id).where(AuditEvent.name.in_(sa.bindparam("names", expanding=True))),
    ],
    ids=["default", "list"],
)
def test_a_statement_that_differs_from_use_to_use_is_refused(database: Database, statement: sa.Executable) -> None:
    with pytest.raises(ValueError, match="different"), database.reading() as tx:
        tx.run(HotStatement(statement), {"names": ["a"]})
