"""The unit of work: one place commits, expected refusals keep their writes, bugs leave nothing."""

from threading import Thread

import pytest
import sqlalchemy as sa

from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.database import CommittingError, Database, Origin, Transaction

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
