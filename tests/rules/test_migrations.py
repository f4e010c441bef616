"""No step of the schema's history holds up a table with a million rows, and none breaks the version before it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from idp import migrations
from idp.clock import SystemClock
from idp.database import Database
from idp.migrations import steps, upgrading
from idp.sealing import Sealer
from tests.rules.migrations import holding_up

HARMLESS = {
    "0009": "one row for each portal",
    "0021": "the changes of three days",
    "0031": "only keys with dashes or dots, one statement for each table",
    "0034": "a row for each appointment of staff",
}
"""Steps that write rows of a table which is never large."""
WAITS_FOR_PEOPLE = "SELECT 1 FROM pg_locks WHERE relation = 'people'::regclass AND NOT granted"


@pytest.fixture(scope="module")
def empty(postgresql_url: str) -> Iterator[sa.Engine]:
    admin = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS stepped WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE stepped")
    admin.dispose()
    engine = sa.create_engine(postgresql_url.replace("/postgres?", "/stepped?"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def history(empty: sa.Engine) -> dict[str, list[str]]:
    """The statements of each step, as PostgreSQL gets them."""
    said: dict[str, list[str]] = {}
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        heard.append(statement)

    sa.event.listen(empty, "before_cursor_execute", hear)
    config = upgrading.configuration()
    for step in reversed([*ScriptDirectory.from_config(config).walk_revisions()]):
        with empty.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, step.revision)
        said[step.revision] = heard[:]
        heard.clear()
    sa.event.remove(empty, "before_cursor_execute", hear)
    return said


def test_no_step_holds_up_a_table_that_has_rows(history: dict[str, list[str]]) -> None:
    faults = {step: holding_up(statements) for step, statements in history.items()}

    assert {step: found for step, found in faults.items() if found and step not in HARMLESS} == {}


def test_the_exceptions_are_no_more_than_needed(history: dict[str, list[str]]) -> None:
    assert [step for step in HARMLESS if not holding_up(history[step])] == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX ix_people_name ON people (family_name)",
        "CREATE UNIQUE INDEX ix_people_name ON people (family_name) WHERE line IS NULL",
        "ALTER TABLE people ALTER COLUMN birth_date TYPE TEXT",
        "ALTER TABLE people ALTER COLUMN birth_date SET NOT NULL",
        "ALTER TABLE people ADD COLUMN title TEXT NOT NULL",
        "ALTER TABLE people ADD COLUMN number UUID DEFAULT gen_random_uuid() NOT NULL",
        "ALTER TABLE people ADD COLUMN seen TIMESTAMP DEFAULT clock_timestamp()",
        "ALTER TABLE people ADD COLUMN number BIGSERIAL",
        "ALTER TABLE people ADD COLUMN boss TEXT REFERENCES people (id)",
        "ALTER TABLE people ADD CONSTRAINT fk_people_boss FOREIGN KEY(boss) REFERENCES people (id)",
        "ALTER TABLE people ADD CONSTRAINT ck_people_name CHECK (family_name <> '')",
        "ALTER TABLE people ADD CONSTRAINT uq_people_name UNIQUE (family_name)",
        "ALTER TABLE people DROP COLUMN birth_date",
        "ALTER TABLE people RENAME birth_date TO born",
        "ALTER TABLE people SET UNLOGGED",
        "DROP INDEX ix_people_name",
        "REINDEX TABLE people",
        "DROP TABLE people",
        "UPDATE people SET family_name = lower(family_name)",
        "DELETE FROM people",
        "LOCK TABLE people IN SHARE MODE",
        "VACUUM FULL people",
        "TRUNCATE people",
    ],
)
def test_a_statement_that_holds_others_up_is_found(statement: str) -> None:
    assert len(holding_up(["CREATE TABLE others (id TEXT)", statement])) == 1


def test_what_holds_nobody_up_passes() -> None:
    step = [
        "CREATE TABLE others (id TEXT)",
        "CREATE INDEX ix_others ON others (id)",
        "ALTER TABLE others ADD CONSTRAINT fk_others FOREIGN KEY(id) REFERENCES people (id)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_people_name ON people (family_name)",
        "ALTER TABLE people ADD COLUMN title TEXT",
        "ALTER TABLE people ADD COLUMN failures INTEGER DEFAULT '0' NOT NULL",
        "ALTER TABLE people ADD COLUMN proofs JSON DEFAULT '[]' NOT NULL",
        "ALTER TABLE people ADD COLUMN known BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE people ADD CONSTRAINT ck_title CHECK (title IS NOT NULL) NOT VALID",
        "ALTER TABLE people VALIDATE CONSTRAINT ck_title",
        "ALTER TABLE people ALTER COLUMN title SET NOT NULL",
        "UPDATE alembic_version SET version_num='0002'",
    ]

    assert holding_up(step) == []


def test_what_an_interrupted_build_left_of_an_index_is_built_anew(
    empty: sa.Engine, history: dict[str, list[str]]
) -> None:
    valid = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_people_family_name'::regclass")
    with empty.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_people_family_name'::regclass"
        )

    with empty.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            steps.add_index("ix_people_family_name", "people", ["family_name"])

    with empty.connect() as connection:
        assert connection.scalar(valid)


@pytest.fixture
def last_step_missing(empty: sa.Engine, history: dict[str, list[str]]) -> Database:
    config = upgrading.configuration()
    with empty.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    return Database(empty, empty, SystemClock(), Sealer({"a": bytes(32)}, "a"))


def test_a_step_that_gets_no_lock_gives_way_and_is_tried_again(
    last_step_missing: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PATIENCE", "50ms")
    gave_way = []
    with last_step_missing.writing_engine.connect() as other:
        other.exec_driver_sql("LOCK TABLE alembic_version IN SHARE MODE")

        def meanwhile(_seconds: float) -> None:
            gave_way.append(migrations.pending(last_step_missing))
            other.rollback()

        monkeypatch.setattr(upgrading.time, "sleep", meanwhile)
        upgrading.upgrade(last_step_missing)

    assert set(gave_way) == {True}  # also once more, where the server itself was in the way
    assert not migrations.pending(last_step_missing)


def test_a_step_that_is_given_up_in_a_deadlock_is_tried_again(
    last_step_missing: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLSTATE 40P01: a server may look for deadlocks before the step gives way, and building an index waits"""
    engine = last_step_missing.writing_engine
    gave_way: list[str] = []
    with engine.connect() as other, ThreadPoolExecutor(1) as thread:
        other.exec_driver_sql("SET deadlock_timeout = '1h'; LOCK TABLE alembic_version IN SHARE MODE")
        waiting: list[Future[None]] = []

        def lock_people() -> None:
            other.exec_driver_sql("LOCK TABLE people")
            other.rollback()

        def meet(_connection: object, cursor: Any, statement: str, *_others: object) -> None:
            if statement.startswith("UPDATE alembic_version") and not waiting:
                cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL deadlock_timeout = '50ms'; LOCK TABLE people")
                waiting.append(thread.submit(lock_people))
                while not cursor.execute(WAITS_FOR_PEOPLE).fetchone():
                    pass

        def meanwhile(_seconds: float) -> None:
            waiting[0].result()
            gave_way.append(migrations.current(last_step_missing))

        monkeypatch.setattr(upgrading.time, "sleep", meanwhile)
        sa.event.listen(engine, "before_cursor_execute", meet)
        upgrading.upgrade(last_step_missing)
        sa.event.remove(engine, "before_cursor_execute", meet)

    assert len(gave_way) == 1
    assert gave_way[0] < migrations.NEWEST
    assert not migrations.pending(last_step_missing)


def test_two_upgrades_do_not_run_at_once(last_step_missing: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    monkeypatch.setattr(upgrading.time, "sleep", waits.append)
    with last_step_missing.writing_engine.connect() as other:
        other.scalar(sa.select(sa.func.pg_try_advisory_lock(upgrading.ALONE)))

        with pytest.raises(migrations.CannotUpgrade, match="another upgrade"):
            upgrading.upgrade(last_step_missing)
        other.invalidate()

    assert len(waits) == upgrading.ATTEMPTS
    assert migrations.pending(last_step_missing)
