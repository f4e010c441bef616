"""Every test that asks for `database_url` gets an empty, migrated database of its own.

SQLite: a copy of a template file. PostgreSQL: one database per test process, emptied before each test, and connections
that the applications of one process hand on.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import flows  # noqa: F401  (imports every table of journeys)
import idp.commands  # noqa: F401  (imports every other table)
from idp.database import Base
from tests.support.kept_connections import KeptConnections
from tests.support.postgresql import Cluster, find_binaries


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", _kinds(metafunc.definition), scope="session")


def _kinds(test: pytest.Item) -> list[str]:
    if test.get_closest_marker("postgresql") is not None:
        return ["postgresql"]
    return ["sqlite", "postgresql"] if test.get_closest_marker("both_databases") is not None else ["sqlite"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")  # kept by the file, so that no test has to change it
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        Base.metadata.create_all(connection)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    binaries = find_binaries()
    if binaries is None:
        pytest.fail("PostgreSQL is needed: apt-get install postgresql")
    cluster = Cluster(binaries)
    cluster.start()
    try:
        engine = sa.create_engine(cluster.url())
        Base.metadata.create_all(engine)
        _prepare_emptying(engine)
        engine.dispose()
        with KeptConnections(cluster.url()).shared():
            yield cluster.url()
    finally:
        cluster.stop()


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if database_kind == "sqlite":
        path = tmp_path / "idp.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgresql_url")
    request.getfixturevalue("_emptying").exec_driver_sql("SELECT test.empty()")
    return url


@pytest.fixture(scope="session")
def _emptying(postgresql_url: str) -> Iterator[sa.Connection]:
    """One connection for the whole run: PostgreSQL plans what empties the tables once for each connection."""
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def _prepare_emptying(engine: sa.Engine) -> None:
    """Make the function that empties every table, whatever refers to it, and forgets what a test applied to them."""
    deletes = "DROP TABLE IF EXISTS public.alembic_version;"
    deletes += "".join(f'DELETE FROM public."{table.name}";' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA test")
        connection.exec_driver_sql(
            "CREATE FUNCTION test.empty() RETURNS void LANGUAGE plpgsql"
            f" SET session_replication_role = replica AS $$BEGIN {deletes} END$$"
        )
