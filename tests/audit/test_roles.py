"""The two PostgreSQL roles of an installation, on a real cluster: one adds audit events, one deletes what is over."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from idp.audit.events.event import Event
from idp.audit.log import record
from idp.database import Database
from tests.commands.conftest import CommandLine, idp

__all__ = ["idp"]

SERVING, WORKER = "idp_serving", "idp_worker"
CHANGE = "UPDATE audit_events SET actor = 'nobody'"
DELETE = "DELETE FROM audit_events"
COPY = """INSERT INTO audit_events SELECT 'copy', at, name, reference, person_id, organisation_id, client_id, actor,
request_id, address, user_agent, details FROM audit_events"""
NOT_ALLOWED = ("permission denied", "must be owner")


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


@pytest.fixture
def event(database: Database) -> None:
    with database.transaction() as tx:
        tx.connection.exec_driver_sql(DELETE)
        record(tx, Event(person_id="anne"))


class Roles:
    """The database as each of its roles sees it."""

    def __init__(self, url: sa.URL) -> None:
        self._url = url

    def try_as(self, role: str, statement: str) -> str:
        """Empty, or why PostgreSQL refused."""
        engine = sa.create_engine(self._url.set(username=role))
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(statement)
        except sa.exc.ProgrammingError as error:
            return str(error.orig)
        finally:
            engine.dispose()
        return ""


@pytest.fixture
def roles(postgresql_url: str, idp: CommandLine) -> Iterator[Roles]:
    admin = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {SERVING} LOGIN; CREATE ROLE {WORKER} LOGIN")
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)")
    applied = idp("db", "grants", "--serving", SERVING, "--worker", WORKER, "--apply")
    assert applied.exit_code == 0, applied.output
    yield Roles(sa.make_url(postgresql_url))
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {SERVING}, {WORKER}; DROP ROLE {SERVING}, {WORKER}")
        connection.exec_driver_sql("DROP TABLE alembic_version")
    admin.dispose()


def test_the_serving_role_adds_events_and_changes_none(event: None, roles: Roles) -> None:
    """ASVS 16.4.2, 13.2.2: on a real cluster, with roles of their own"""
    assert roles.try_as(SERVING, COPY) == ""
    for refused in (CHANGE, DELETE, "UPDATE audit_events SET line = 7", "TRUNCATE audit_events", "DROP TABLE people"):
        assert roles.try_as(SERVING, refused).startswith(NOT_ALLOWED)
    for table in ("audit_chain", "alembic_version"):
        assert roles.try_as(SERVING, f"DELETE FROM {table}").startswith(NOT_ALLOWED)
    assert roles.try_as(SERVING, "DELETE FROM sessions") == ""


def test_the_workers_role_numbers_and_deletes_events_and_changes_nothing_they_say(event: None, roles: Roles) -> None:
    assert roles.try_as(WORKER, CHANGE).startswith(NOT_ALLOWED)
    assert roles.try_as(WORKER, "UPDATE audit_events SET line = 7") == ""
    assert roles.try_as(WORKER, "UPDATE audit_chain SET written = 7") == ""
    assert roles.try_as(WORKER, DELETE) == ""
