"""Readings that a transaction remembers until it writes."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.database import Database, Transaction
from idp.people.person import Person
from idp.readings import until_written

pytestmark = pytest.mark.both_databases
COUNT = sa.select(sa.func.count()).select_from(Person)


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["provider"].database
    return found


class Question:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.ask = until_written(self._ask)

    def _ask(self, tx: Transaction, _about: str) -> int:
        self.asked += 1
        return int(tx.execute(COUNT).scalar_one())


def _write(tx: Transaction) -> None:
    tx.execute(sa.update(Person).values(updated_at=tx.now))


def _person(tx: Transaction) -> Person:
    return Person(id="anne", created_at=tx.now, updated_at=tx.now)


def test_a_reading_is_asked_once_for_each_id(database: Database) -> None:
    question = Question()

    with database.reading() as tx:
        answers = [question.ask(tx, "anne"), question.ask(tx, "anne"), question.ask(tx, "luca")]

    assert answers == [0, 0, 0]
    assert question.asked == 2


def test_a_reading_is_asked_again_after_the_transaction_wrote(database: Database) -> None:
    question = Question()

    with database.transaction() as tx:
        question.ask(tx, "anne")
        _write(tx)
        question.ask(tx, "anne")

    assert question.asked == 2


def test_a_reading_is_asked_again_after_text_that_may_write(database: Database) -> None:
    question = Question()

    with database.transaction() as tx:
        question.ask(tx, "anne")
        tx.execute(sa.text("UPDATE people SET updated_at = updated_at"))
        question.ask(tx, "anne")

    assert question.asked == 2


def test_a_reading_is_asked_again_after_a_lock(database: Database) -> None:
    """Whoever waited for a lock must see what its former holder wrote."""
    question = Question()

    with database.transaction() as tx:
        tx.add(_person(tx))
        question.ask(tx, "anne")
        tx.execute(sa.select(Person.id).with_for_update())
        question.ask(tx, "anne")
        tx.session.get_one(Person, "anne", with_for_update=True, populate_existing=True)
        question.ask(tx, "anne")

    assert question.asked == 3


def test_a_reading_sees_what_was_added_and_not_written_yet(database: Database) -> None:
    question = Question()

    with database.transaction() as tx:
        before = question.ask(tx, "anne")
        tx.session.add(_person(tx))
        after = question.ask(tx, "anne")

    assert (before, after) == (0, 1)


def test_a_reading_inside_an_undone_savepoint_is_forgotten(database: Database) -> None:
    question = Question()

    with database.transaction() as tx:
        with pytest.raises(ValueError, match="undo"), tx.savepoint():
            tx.add(_person(tx))
            inside = question.ask(tx, "anne")
            raise ValueError("undo")
        outside = question.ask(tx, "anne")

    assert (inside, outside) == (1, 0)


def test_a_reading_is_not_remembered_by_the_next_transaction(database: Database) -> None:
    question = Question()

    for _ in range(2):
        with database.reading() as tx:
            question.ask(tx, "anne")

    assert question.asked == 2
