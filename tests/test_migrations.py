"""The history of the schema leads to exactly the tables of the code, on both databases."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from idp import migrations
from idp.database import Base, Database
from idp.migrations import upgrading
from idp.people.email_address import email_key
from idp.settings import Settings

pytestmark = pytest.mark.both_databases

BY_EXPRESSION = ("ix_organisations_name",)
NOW = "'2026-11-01 00:00:00'"
ORGANISATION = dict.fromkeys(("id", "fund", "number", "name", "language", "state"), "''") | {
    "address": "'[]'",
    "topics": "'[]'",
    "created_at": NOW,
    "updated_at": NOW,
}
MEMBERSHIP = {
    "organisation_id": "''",
    "state": "'invited'",
    "is_administrator": "false",
    "topics": "'[]'",
    "invited_as_given_name": "''",
    "invited_as_family_name": "''",
    "invited_as_phone": "''",
    "created_at": NOW,
    "updated_at": NOW,
}


def values(row: dict[str, str]) -> str:
    return f"({', '.join(row)}) VALUES ({', '.join(row.values())})"


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """An empty database: no table at all."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    url = request.getfixturevalue("postgresql_url")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE empty")
    yield url.replace("/postgres?", "/empty?")
    engine.dispose()


def compared(_item: object, name: str | None, kind: str, *_others: object) -> bool:
    """Of indexes by expressions the comparison knows no collation on PostgreSQL, and nothing on SQLite."""
    return kind != "index" or name not in BY_EXPRESSION


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index:UserWarning")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index:sqlalchemy.exc.SAWarning")
def test_an_empty_database_becomes_the_schema_of_the_code(database: Database) -> None:
    before, after = upgrading.upgrade(database)

    with database.writing_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_object": compared})
        differences = compare_metadata(context, Base.metadata)
    assert (before, after) == ("", migrations.NEWEST)
    assert differences == []
    assert not migrations.pending(database)


def test_an_index_by_an_expression_is_the_one_of_the_code(database: Database) -> None:
    upgrading.upgrade(database)

    with database.writing_engine.connect() as connection:
        dialect = connection.dialect
        source = {
            "sqlite": "SELECT sql FROM sqlite_master WHERE name = :name",
            "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = :name",
        }[dialect.name]
        made = {name: connection.scalar(sa.text(source), {"name": name}) for name in BY_EXPRESSION}

    indexes = {index.name: index for table in Base.metadata.tables.values() for index in table.indexes}
    told = {name: str(sa.schema.CreateIndex(indexes[name]).compile(dialect=dialect)) for name in BY_EXPRESSION}
    assert {name: columns_of(text) for name, text in made.items()} == {
        name: columns_of(text) for name, text in told.items()
    }


def columns_of(index: str) -> str:
    """What stands between the brackets of an index, without its spelling."""
    return "".join(c for c in index.partition("(")[2] if c not in " ()").lower()


def test_upgrading_twice_changes_nothing(database: Database, settings: Settings) -> None:
    upgrading.upgrade(database)

    before, after = upgrading.upgrade(database)

    assert before == after


def test_invitations_that_were_doubled_before_survive_and_the_oldest_counts(database: Database) -> None:
    """B-48"""
    emails = ["New@example.ch", "new@example.ch", "other@example.ch", "Neu@MÜLLER.example", "neu@xn--mller-kva.example"]
    config = upgrading.configuration()
    with database.writing_engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO organisations " + values(ORGANISATION))
        for line, email in enumerate(emails, start=1):
            membership = MEMBERSHIP | {"id": f"'{line}'", "invited_as_email": f"'{email}'"}
            connection.exec_driver_sql("INSERT INTO memberships " + values(membership))

    upgrading.upgrade(database)

    with database.writing_engine.connect() as connection:
        keys = connection.exec_driver_sql("SELECT invited_as_key FROM memberships ORDER BY id").scalars().all()
    assert keys == [email_key(emails[0]), "", email_key(emails[2]), email_key(emails[3]), ""]


IDENTIFIER = {"person_id": "'p'", "portal": "'portal'", "kind": "'customer'", "attached_at": NOW}
PERSON = dict.fromkeys(("given_name", "family_name", "honorific", "language", "state"), "''") | {
    "id": "'p'",
    "claims": "'{}'",
    "created_at": NOW,
    "updated_at": NOW,
}
FORMER_LOGIN = dict.fromkeys(("scheme", "hash", "email", "email_key", "phone", "state", "line_digest"), "''") | {
    "portal": "'portal'",
    "wrapped": "false",
    "known": "'{}'",
    "imported_at": NOW,
}


def with_identifiers(database: Database, numbers: list[str], logins: list[str]) -> None:
    """Fill a database of revision 0030, whose keys have the dashes and dots that people typed."""
    config = upgrading.configuration()
    with database.session_engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0030")
    with database.writing_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO people " + values(PERSON))
        for line, number in enumerate(numbers):
            row = IDENTIFIER | {"id": f"'{line}'", "value": f"'{number}'", "key": f"'{number.lower()}'"}
            connection.exec_driver_sql("INSERT INTO portal_identifiers " + values(row))
        for line, login in enumerate(logins):
            row = FORMER_LOGIN | {"id": f"'{line}'", "identifier": f"'{login}'", "key": f"'{login.lower()}'"}
            connection.exec_driver_sql("INSERT INTO legacy_accounts " + values(row))


def keys_of(database: Database, table: str) -> list[str]:
    with database.writing_engine.connect() as connection:
        return list(connection.exec_driver_sql(f"SELECT key FROM {table} ORDER BY id").scalars())


def test_identifiers_of_before_are_found_however_they_are_typed(database: Database) -> None:
    """A-02, D-03"""
    with_identifiers(database, ["CMP-204817", "CMP–2.048.18", "4711"], ["CVCI00-1", "CVCI00000002"])

    upgrading.upgrade(database)

    assert keys_of(database, "portal_identifiers") == ["cmp204817", "cmp204818", "4711"]
    assert keys_of(database, "legacy_accounts") == ["cvci001", "cvci00000002"]


def test_identifiers_that_only_dashes_tell_apart_stop_the_upgrade_and_lose_nothing(database: Database) -> None:
    with_identifiers(database, ["CMP-204817", "CMP204817", "12-345", "123-45", "4711"], ["CVCI-1"])

    with pytest.raises(migrations.CannotUpgrade, match="4 in portal_identifiers"):
        upgrading.upgrade(database)

    assert keys_of(database, "portal_identifiers") == ["cmp-204817", "cmp204817", "12-345", "123-45", "4711"]
    assert keys_of(database, "legacy_accounts") == ["cvci-1"]
    assert migrations.current(database) in {"", "0030"}


def test_the_number_of_the_last_step_is_the_end_of_the_history() -> None:
    """Readiness asks for it without Alembic."""
    history = ScriptDirectory.from_config(upgrading.configuration())

    assert history.get_heads() == [migrations.NEWEST]


def test_a_database_that_is_ahead_of_the_code_is_good_enough(database: Database) -> None:
    """Rulings 36: the next version upgraded it while this one serves; steps only add"""
    upgrading.upgrade(database)
    with database.writing_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert not migrations.pending(database)
    assert upgrading.upgrade(database) == ("9999", "9999")


def test_steps_that_arrive_in_the_folder_of_a_running_process_are_not_its_own(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Rulings 36"""
    upgrading.upgrade(database)
    (tmp_path / "9999_of_the_next_version.py").write_text("")
    monkeypatch.setattr(migrations, "VERSIONS", tmp_path)

    assert not migrations.pending(database)
