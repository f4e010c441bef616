"""The unit of work: one place commits, expected refusals keep their writes, bugs leave nothing."""

import tomllib
from pathlib import Path
from threading import Thread

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.clock import SystemClock
from idp.database import CommittingError, Database, Origin, Transaction, open_database
from idp.resources import CONFIG
from idp.sealing import Sealer
from idp.settings import DatabaseSettings

pytestmark = pytest.mark.both_databases


def names(tx: Transaction) -> list[str]:
    return list(tx.session.scalars(sa.select(AuditEvent.person_id).order_by(AuditEvent.id)))


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    with database.transaction(Origin(actor="cli:test")) as tx:
        record(tx, Event(person_id="p1"))

    with database.reading() as tx:
        assert names(tx) == ["p1"]


def test_a_bug_rolls_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        record(tx, Event(person_id="p1"))
        raise ZeroDivisionError

    with database.reading() as tx:
        assert names(tx) == []


def test_an_expected_refusal_keeps_what_was_written(database: Database) -> None:
    with pytest.raises(CommittingError), database.transaction() as tx:
        record(tx, Event(person_id="p1"))
        raise CommittingError

    with database.reading() as tx:
        assert names(tx) == ["p1"]


def test_a_savepoint_undoes_its_own_part_only(database: Database) -> None:
    with database.transaction() as tx:
        record(tx, Event(person_id="before"))
        with pytest.raises(ValueError, match="undo"), tx.savepoint():
            record(tx, Event(person_id="inside"))
            raise ValueError("undo")
        record(tx, Event(person_id="after"))

    with database.reading() as tx:
        assert names(tx) == ["before", "after"]


def test_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    failures: list[Exception] = []

    def write_often() -> None:
        try:
            for _ in range(10):
                with database.transaction() as tx:
                    count = len(names(tx))
                    record(tx, Event(person_id=str(count)))
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=write_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with database.reading() as tx:
        assert len(names(tx)) == 40


def test_a_commit_of_the_embedded_database_is_on_the_disk(tmp_path: Path) -> None:
    """As shipped: a code that was spent stays spent after a power cut (`synchronous` FULL is 2)"""
    shipped = msgspec.convert(tomllib.loads((CONFIG / "defaults.toml").read_text())["database"], DatabaseSettings)
    settings = msgspec.structs.replace(shipped, url=f"sqlite:///{tmp_path / 'idp.sqlite3'}")
    database = open_database(Flask("idp"), settings, SystemClock(), Sealer({"k": b"k" * 32}, "k"))

    with database.transaction() as tx:
        assert tx.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    database.dispose()


def test_plans_of_milliseconds_are_not_compiled_first(database: Database) -> None:
    """PostgreSQL compiles a plan that it believes to be costly: a tenth of a second for a search of a hundredth."""
    with database.reading() as tx:
        if tx.dialect == "postgresql":
            assert tx.connection.exec_driver_sql("SHOW jit").scalar() == "off"
            assert tx.connection.exec_driver_sql("SHOW statement_timeout").scalar() != "0"
