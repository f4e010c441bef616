"""`idp doctor` and `idp purge`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from idp import outages
from idp.audit.events.event import Event
from idp.audit.log import record
from idp.database import Database
from idp.messages import outbox
from idp.provider import Provider
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock


@contextmanager
def hidden(database: Database, table: str) -> Iterator[None]:
    """The table is not there while the block runs."""
    with database.transaction() as tx:
        tx.connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO hidden")
    try:
        yield
    finally:
        with database.transaction() as tx:
            tx.connection.exec_driver_sql(f"ALTER TABLE hidden RENAME TO {table}")


def test_the_doctor_says_when_the_schema_is_not_current(idp: CommandLine) -> None:
    """The test's tables were made without the history of migrations."""
    shown = idp("doctor")

    assert shown.exit_code == 1
    assert "idp db upgrade" in shown.output


def test_the_doctor_sees_a_message_that_nobody_delivers(
    idp: CommandLine, database: Database, clock: MovableClock
) -> None:
    with database.transaction() as tx:
        outbox.enqueue_call(tx, "backchannel_logout", {"sub": "anne"})
    clock.forward(minutes=2)

    shown = idp("doctor")

    assert "1 waiting in logout" in shown.output


@pytest.mark.both_databases
def test_the_doctor_of_a_broken_database_still_says_what_else_is_wrong(idp: CommandLine, database: Database) -> None:
    with hidden(database, "outbox"):
        shown = idp("doctor")

    assert shown.exit_code == 1
    assert "idp db upgrade" in shown.output
    assert re.search("^queue +broken +cannot be told", shown.output, re.MULTILINE)
    assert re.search("^settings +weak", shown.output, re.MULTILINE)


def test_the_doctor_can_answer_in_json(idp: CommandLine) -> None:
    shown = idp("doctor", "--json")

    assert shown.stdout.startswith("[{")


def test_purging_keeps_a_year_of_events(idp: CommandLine, provider: Provider, clock: MovableClock) -> None:
    with provider.database.transaction() as tx:
        record(tx, Event(person_id="old"))
    clock.forward(days=300)
    with provider.database.transaction() as tx:
        record(tx, Event(person_id="young"))
    clock.forward(days=66)

    shown = idp("purge")

    assert shown.exit_code == 0, shown.output
    with provider.database.reading() as tx:
        left = [row.person_id for row in tx.connection.exec_driver_sql("SELECT person_id FROM audit_events")]
    assert left == ["young"]


@pytest.mark.both_databases
def test_a_database_that_is_gone_is_one_sentence(idp: CommandLine, database: Database) -> None:
    assert outages.fault_of(database.reading_engine) == ""
    with hidden(database, "email_addresses"):
        shown = idp("people", "show", "anne@example.ch")

    assert shown.exit_code == 1
    assert "the database cannot be used" in shown.output
    assert "Traceback" not in shown.output
