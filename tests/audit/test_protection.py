"""The database itself keeps audit events as they were written."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from idp.audit import protection
from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.database import Base, Database
from idp.migrations import upgrading
from tests.commands.conftest import CommandLine, idp
from tests.support.clock import MovableClock
from tests.support.purging import purge

__all__ = ["idp"]

CHANGE = "UPDATE audit_events SET actor = 'nobody'"
DELETE = "DELETE FROM audit_events"


@pytest.fixture
def event(database: Database) -> str:
    with database.transaction() as tx:
        record(tx, Event(person_id="anne"))
        return str(tx.session.scalars(sa.select(AuditEvent.id)).one())


@pytest.mark.parametrize("statement", [CHANGE, DELETE, "UPDATE audit_events SET at = '2000-01-01'"])
def test_sqlite_refuses_to_change_or_delete_an_event(database: Database, event: str, statement: str) -> None:
    """ASVS 16.4.2"""
    with pytest.raises(sa.exc.IntegrityError, match="audit events are"), database.writing_engine.begin() as connection:
        connection.exec_driver_sql(statement)

    with database.reading() as tx:
        assert tx.session.scalars(sa.select(AuditEvent)).one().actor == ""


def test_retention_deletes_what_is_over_and_opens_nothing_else(
    database: Database, event: str, clock: MovableClock
) -> None:
    clock.forward(days=366)
    with database.transaction() as tx:
        record(tx, Event(person_id="beat"))
        assert purge(tx, "audit") == 1
        assert [each.person_id for each in tx.session.scalars(sa.select(AuditEvent))] == ["beat"]

    with pytest.raises(sa.exc.IntegrityError, match="kept for"), database.writing_engine.begin() as connection:
        connection.exec_driver_sql(DELETE)


def test_every_table_is_granted_to_both_roles() -> None:
    statements = protection.grants(Base.metadata.tables, serving="a", worker="b")

    for table in Base.metadata.tables:
        assert any(f'ON "{table}" TO "a"' in statement for statement in statements)
        assert any(f'ON "{table}" TO "b"' in statement for statement in statements)


def test_the_statements_can_be_printed_and_read(idp: CommandLine) -> None:
    refused = idp("db", "grants", "--serving", "a", "--worker", "b")

    assert refused.exit_code == 1
    assert "SQLite has no roles" in refused.output
    with pytest.raises(ValueError, match="no plain name"):
        protection.grants([], serving='a" ; DROP', worker="b")


def test_an_upgraded_database_has_the_same_triggers(tmp_path: Path) -> None:
    by_model, by_history = (sa.create_engine(f"sqlite:///{tmp_path / name}") for name in ("model", "history"))
    Base.metadata.create_all(by_model)
    with by_history.begin() as connection:
        config = upgrading.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    model, history = (triggers(engine) for engine in (by_model, by_history))

    assert len(model) == 2
    assert model == history


def triggers(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars()
        return {" ".join(text.split()) for text in rows}
